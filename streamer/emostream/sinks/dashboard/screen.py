"""The full-screen dashboard: shows the events of the last minute."""

import threading
from datetime import datetime
from typing import Final

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.segment import Segment

from emostream.events import Event
from emostream.sinks.dashboard.key_handler import KeyHandler
from emostream.sinks.dashboard.keys import Controls, Overlay
from emostream.sinks.dashboard.picture import save_picture
from emostream.sinks.dashboard.state import DashboardState
from emostream.sinks.dashboard.view import NO_OVERLAY, dashboard_lines
from emostream.sinks.drawing import clock

REFRESH_S: Final = 0.1
CLOSE_TIMEOUT_S: Final = 1.0


class Screenful:
    """A state as something that Rich can print, filling the size it is given."""

    def __init__(self, state: DashboardState, served_at: str | None = None, overlay: Overlay = NO_OVERLAY) -> None:
        self._state = state
        self._served_at = served_at
        self._overlay = overlay

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        height = options.height or console.height
        for line in dashboard_lines(self._state, options.max_width, height, self._served_at, self._overlay):
            yield from line.render(console)
            yield Segment.line()


class Dashboard:
    """Shows a live stream on a terminal until closed; the screen opens with the first event.

    ``emit`` only replaces a small state and may be called from any thread; a thread of the dashboard's own looks at it
    ten times a second and draws when the state or the terminal's size has changed. A terminal that takes no output
    holds up that thread alone. ``served_at`` is the address that clients connect to, shown with their number.
    ``controls`` is what keys reach, which that thread looks at too; None where nobody can press any.
    """

    name = "dashboard"
    dropped_events = 0  # a state that is replaced before it was drawn is no loss

    def __init__(self, console: Console, served_at: str | None = None, controls: Controls | None = None) -> None:
        self._console = console
        self._keys = KeyHandler(controls, self._save_picture) if controls else None
        self._served_at = served_at
        self._state = DashboardState()
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._live = Live(console=console, screen=True, auto_refresh=False, get_renderable=self._screenful)
        self._thread: threading.Thread | None = None

    def emit(self, event: Event) -> None:
        """Takes the event in and returns at once."""
        with self._lock:
            self._state = self._state.after(event)
            if self._thread is None and not self._done.is_set():
                self._thread = threading.Thread(target=self._draw_until_done, name="dashboard", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Gives the terminal back and prints one line: time, utterances and losses."""
        with self._lock:
            already_done, thread = self._done.is_set(), self._thread
            self._done.set()
        if already_done or thread is None:
            return
        thread.join(CLOSE_TIMEOUT_S)
        if not thread.is_alive():
            self._console.print(farewell(self._state), highlight=False)

    def _screenful(self) -> Screenful:
        return Screenful(self._state, self._served_at, self._overlay)

    @property
    def _overlay(self) -> Overlay:
        return self._keys.overlay if self._keys else NO_OVERLAY

    def _save_picture(self) -> str:
        """Save the screen as it is, without an overlay; returns what to say of it."""
        return save_picture(Screenful(self._state, self._served_at), self._console.size, datetime.now())

    def _draw_until_done(self) -> None:
        drawn: object = None
        with self._live:
            while not self._done.is_set():
                if self._keys:
                    self._keys.look()
                wanted = (self._state, self._console.size, self._overlay)
                if wanted != drawn:
                    self._live.refresh()
                    drawn = wanted
                self._done.wait(REFRESH_S)


def farewell(state: DashboardState) -> str:
    """The line that stays on the terminal after the dashboard has closed."""
    plural = "" if state.utterance_count == 1 else "s"
    text = f"{clock(state.now_ms)[:-2]} heard, {state.utterance_count} utterance{plural}, {state.lost_ms:.0f} ms lost"
    dropped = state.health.dropped_events if state.health is not None else 0
    return text + (f", {dropped} events dropped" if dropped else "")
