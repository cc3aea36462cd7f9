"""Draws the dashboard at several sizes, without colours and paused: docs/images/dashboard-*.svg and .png.

emostream file demo/recording.flac --format jsonl | python docs/make_dashboard_captures.py -
"""

import argparse
import sys
from pathlib import Path

import msgspec
from make_dashboard_screenshot import IMAGES, dashboard, final_state
from terminal_picture import write_png

from emostream.events import Health, decode
from emostream.sinks.dashboard.state import DashboardState

SIZES = {"40x12": (40, 12), "80x24": (80, 24), "80x50": (80, 50), "200x50": (200, 50)}


def paused(state: DashboardState) -> DashboardState:
    """The state once a person has paused."""
    assert state.hello is not None
    now_ms = state.now_ms
    health = Health(
        seq=0,
        stream=state.hello.stream,
        t_start_ms=now_ms,
        t_end_ms=now_ms,
        source=state.hello.source,
        source_ok=True,
        lost_ms=0.0,
        lag_ms=0.0,
        clients=0,
        dropped_events=0,
    )
    return state.after(msgspec.structs.replace(health, paused_by=("person",)))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("events", help="a file of events, one JSON object per line, or - for standard input")
    parser.add_argument("--until", type=float, default=32.0, metavar="SECONDS", help="stop the clock here")
    parser.add_argument("--out", type=Path, default=IMAGES)
    given = parser.parse_args()
    text = sys.stdin.read() if given.events == "-" else Path(given.events).read_text(encoding="utf-8")
    state = final_state(map(decode, text.splitlines()), given.until * 1000)
    pictures = {name: dashboard(state, *size) for name, size in SIZES.items()}
    pictures["no-color"] = dashboard(state, *SIZES["80x24"], no_color=True)
    pictures["paused"] = dashboard(paused(state), *SIZES["80x24"])
    for name, picture in pictures.items():
        path = given.out / f"dashboard-{name}.svg"
        path.write_text(picture, encoding="utf-8")
        write_png(path, path.with_suffix(".png"))


if __name__ == "__main__":
    main()
