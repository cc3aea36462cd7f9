"""The current label in large letters, with its confidence."""

from rich.text import Text

from emostream.sinks.dashboard.block_letters import block_letters
from emostream.sinks.dashboard.state import DashboardState
from emostream.sinks.drawing import spread, words
from emostream.sinks.palette import UNSURE as UNSURE_COLOUR
from emostream.sinks.palette import label_colours
from emostream.sinks.wording import UNSURE, closest

BETWEEN = "   "


def headline(state: DashboardState, cells: int, tall: bool) -> list[Text]:
    """One line, or three with the word in block letters; a word without letters of that kind is written plainly."""
    word, figure, style = _word(state)
    letters, digits = block_letters(word), block_letters(figure)
    if not tall or letters is None or len(letters[0]) > cells:
        line = words(word, style).append(f"  {figure}", style="bold")
        return [spread(line, _voice(state), cells), *([Text(), Text()] if tall else [])]
    lines = [words(row, style) for row in letters]
    if digits is not None and len(letters[0] + BETWEEN + digits[0]) <= cells:
        for line, row in zip(lines, digits, strict=True):
            line.append(BETWEEN + row)
    elif figure and len(letters[0]) + 2 + len(figure) <= cells:
        lines[-1].append(f"  {figure}", style="bold")
    if lines[0].cell_len + _voice(state).cell_len + len(BETWEEN) <= cells:
        lines[0] = spread(lines[0], _voice(state), cells)
    return lines


def _word(state: DashboardState) -> tuple[str, str, str]:
    """The word, its probability or what is closest, and the word's style."""
    estimate = state.estimate
    if estimate is None and state.paused_by:
        return "paused", "", "dim"
    if estimate is None and not state.source_ok:
        return "no sound", "", "dim"
    if estimate is None:
        return "starting" if state.hello is None else "listening", "", "dim"
    if estimate.label is not None:
        return (
            estimate.label,
            f"{estimate.confidence:.0%}",
            f"bold {label_colours(state.labels).get(estimate.label, '')}".rstrip(),
        )
    return (UNSURE, closest(estimate.p), UNSURE_COLOUR) if estimate.speech else ("silence", "", "dim")


def _voice(state: DashboardState) -> Text:
    if state.estimate is not None and state.estimate.speech:
        return Text("● speech")
    return words("○ silence", "dim") if state.source_ok and not state.paused_by else Text()
