"""The keys of the dashboard: what each of them does, and the overlay that they open and close."""

import time
from collections.abc import Callable
from dataclasses import replace

from emostream.errors import EmostreamError
from emostream.sinks.dashboard.help_page import MOST_CHOICES
from emostream.sinks.dashboard.keys import Controls, Overlay

ANSWER_S = 6.0
# Arrow keys and the like begin with it: several characters, and no keys of ours.
_ESCAPE = "\x1b"


class KeyHandler:
    """Acts on keys; ``overlay`` is what they have the dashboard show. One thread uses it.

    ``save_picture`` returns what to say of the picture that it saved.
    """

    def __init__(self, controls: Controls, save_picture: Callable[[], str]) -> None:
        self._controls = controls
        self._save_picture = save_picture
        self._answer_until_s = 0.0
        self.overlay = Overlay(has_keys=True)

    def look(self) -> None:
        """Act on the keys that were pressed since the last look, and take back an answer that was shown for long."""
        if self.overlay.answer and time.monotonic() > self._answer_until_s:
            self.overlay = replace(self.overlay, answer="")
        pressed = self._controls.pressed()
        for key in pressed[:1] if pressed.startswith(_ESCAPE) else pressed:
            self.press(key)

    def press(self, key: str) -> None:
        """Act on one key."""
        if self.overlay.kind == "devices" and key.isdecimal():
            self._choose(int(key))
        elif key == "q":
            self._controls.on_quit()
        elif self.overlay.kind != "none":
            self.overlay = Overlay(has_keys=True)
        elif key == " ":
            self._controls.on_pause()
        elif key == "?":
            self.overlay = Overlay("help", has_keys=True)
        elif key == "m":
            self._open_devices()
        elif key == "s":
            self._say(self._save_picture())

    def _open_devices(self) -> None:
        try:
            names = tuple(self._controls.devices()) if self._controls.devices else ()
        except EmostreamError as error:
            self._say(str(error))
            return
        self.overlay = Overlay("devices", names[:MOST_CHOICES], has_keys=True)

    def _choose(self, number: int) -> None:
        choices = self.overlay.choices
        self.overlay = Overlay(has_keys=True)
        if 1 <= number <= len(choices) and self._controls.on_device is not None:
            self._controls.on_device(choices[number - 1])
            self._say(f"changing to {choices[number - 1]}")

    def _say(self, answer: str) -> None:
        self._answer_until_s = time.monotonic() + ANSWER_S
        self.overlay = Overlay(answer=answer, has_keys=True)
