"""What large screens have beside the stream: shares per label since the start, losses, the last utterances."""

from rich.text import Text

from emostream.sinks.dashboard.state import DashboardState
from emostream.sinks.drawing import bar, clock, padded, words
from emostream.sinks.palette import UNSURE as UNSURE_COLOUR
from emostream.sinks.palette import WARNING, label_colours
from emostream.sinks.wording import UNSURE

_VALUE_CELLS = 5


def shares(state: DashboardState, cells: int) -> list[Text]:
    """For how much of all speech each label was shown, and none."""
    colours = label_colours(state.labels)
    spoken_ms = sum(state.shown_ms.values())
    lines = [words(f"shown in {clock(spoken_ms)[:-2]} of speech", "dim")]
    name_cells = max(len(UNSURE), *(len(label) for label in state.labels), 0)
    for label in (*state.labels, ""):
        share = state.shown_ms.get(label, 0) / spoken_ms if spoken_ms else 0.0
        filled, track = bar(share, max(cells - name_cells - 2 - _VALUE_CELLS, 0))
        line = Text(padded(label or UNSURE, name_cells) + "  ").append(filled, style=colours.get(label, UNSURE_COLOUR))
        lines.append(line.append(track, style="dim").append(f"{share:>{_VALUE_CELLS}.0%}"))
    return lines


def losses(state: DashboardState) -> list[Text]:
    """Every loss since the start."""
    dropped = state.health.dropped_events if state.health is not None else 0
    gaps = "1 gap" if state.gap_count == 1 else f"{state.gap_count} gaps"
    figures = (
        (f"{gaps}, {state.lost_ms / 1000:.1f} s of sound lost", state.lost_ms > 0),
        (f"{dropped} events dropped for slow readers", dropped > 0),
    )
    return [words(text, f"bold {WARNING}" if is_loss else "dim") for text, is_loss in figures]
