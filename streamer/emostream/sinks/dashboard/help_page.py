"""The pages that cover the dashboard: its keys, with all that a line of it cut off, and the microphones."""

from rich.text import Text

from emostream.sinks.dashboard.history_strip import DASH, DOT, HATCH, SLASH
from emostream.sinks.dashboard.keys import HELP, Overlay
from emostream.sinks.dashboard.state import DashboardState
from emostream.sinks.drawing import words
from emostream.sinks.printable import printable

_KEY_CELLS = 7
MOST_CHOICES = 9


def overlay_lines(overlay: Overlay, state: DashboardState, cells: int, served_at: str | None) -> list[Text]:
    """The page of an overlay, wrapped to ``cells``."""
    return _devices(overlay, cells) if overlay.kind == "devices" else _help(state, cells, served_at)


def wrapped(text: str, cells: int, style: str = "") -> list[Text]:
    """Lines of at most ``cells`` cells, broken between words where there are any.

    >>> [line.plain for line in wrapped("a longer line", 8)]
    ['a longer', 'line']
    """
    lines: list[Text] = []
    line = ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > cells:
            lines.append(words(line, style))
            line = ""
        line = f"{line} {word}".strip()
        while len(line) > cells:
            lines.append(words(line[:cells], style))
            line = line[cells:]
    return [*lines, words(line, style)] if line else lines


def _help(state: DashboardState, cells: int, served_at: str | None) -> list[Text]:
    lines = [words(f"{key:<{_KEY_CELLS}}", "bold").append(what, style="default") for key, what in HELP]
    marks = f"{HATCH} unsure   {DOT} silence   {SLASH} lost   {DASH} paused; a column is as high as its label is sure"
    lines += [Text(), *wrapped(marks, cells, "dim"), Text()]
    facts: list[str] = []
    if state.hello is not None:
        facts.append(f"source: {printable(state.health.source if state.health else state.hello.source)}")
        facts += [f"model: {m.name}/{m.variant} {m.version} ({m.licence})" for m in state.hello.models]
        if state.hello.notice:
            facts.append(f"notice: {printable(state.hello.notice)}")
    if served_at:
        facts.append(f"served at {served_at}")
    if state.error is not None:
        facts.append(printable(state.error.message))
    for fact in facts:
        lines += wrapped(fact, cells)
    return lines


def _devices(overlay: Overlay, cells: int) -> list[Text]:
    if not overlay.choices:
        return wrapped("No other microphone can be chosen here; any key closes this.", cells)
    lines = [words("Which microphone? Its number chooses it, any other key closes this.", "bold"), Text()]
    for number, name in enumerate(overlay.choices[:MOST_CHOICES], start=1):
        lines.append(words(f"{number:<{_KEY_CELLS}}", "bold").append(printable(name), style="default"))
    return lines
