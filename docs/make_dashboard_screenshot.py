"""Draws docs/images/dashboard.svg and .png: the dashboard as it stands after the events of a real stream.

emostream file demo/recording.flac --format jsonl | python docs/make_dashboard_screenshot.py -
"""

import argparse
import io
import sys
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.segment import Segment
from terminal_picture import svg, write_png

from emostream.events import AnyEvent, decode
from emostream.sinks.dashboard.keys import Overlay
from emostream.sinks.dashboard.screen import Screenful
from emostream.sinks.dashboard.state import DashboardState

IMAGES = Path(__file__).parent / "images"


def final_state(events: Iterable[AnyEvent], until_ms: float) -> DashboardState:
    """The state after all events that end at ``until_ms`` or before."""
    state = DashboardState()
    for event in events:
        if event.t_end_ms <= until_ms:
            state = state.after(event)
    return state


def dashboard(state: DashboardState, columns: int, rows: int, *, no_color: bool = False) -> str:
    """The dashboard in a drawn window, as a self-contained SVG; without colours where ``NO_COLOR`` is set."""
    console = Console(
        file=io.StringIO(),
        width=columns,
        height=rows,
        force_terminal=True,
        color_system="truecolor",
        no_color=no_color,
    )
    screen = Screenful(state, overlay=Overlay(has_keys=True))
    lines = console.render_lines(screen, console.options.update(height=rows), pad=False)
    if no_color:
        lines = [list(Segment.remove_color(line)) for line in lines]
    return svg(lines, columns, rows, "The emostream dashboard")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("events", help="a file of events, one JSON object per line, or - for standard input")
    parser.add_argument("--until", type=float, default=float("inf"), metavar="SECONDS", help="stop the clock here")
    parser.add_argument("--columns", type=int, default=96)
    parser.add_argument("--rows", type=int, default=26)
    parser.add_argument("--out", type=Path, default=IMAGES / "dashboard.svg")
    parser.add_argument("--no-png", action="store_true", help="write the SVG alone")
    given = parser.parse_args()
    text = sys.stdin.read() if given.events == "-" else Path(given.events).read_text(encoding="utf-8")
    state = final_state(map(decode, text.splitlines()), given.until * 1000)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(dashboard(state, given.columns, given.rows), encoding="utf-8")
    if not given.no_png:
        write_png(given.out, given.out.with_suffix(".png"))


if __name__ == "__main__":
    main()
