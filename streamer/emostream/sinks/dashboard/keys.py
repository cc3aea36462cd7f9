"""What the keys of the dashboard do, and what it shows besides the stream."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

HELP = (
    ("space", "pause, and read again"),
    ("m", "the microphones: choose another"),
    ("s", "save the screen as a picture (SVG)"),
    ("?", "this help; any key closes it"),
    ("q", "end, as Ctrl-C does"),
)


@dataclass(frozen=True)
class Controls:
    """What a key can reach. ``pressed`` gives the keys since it was last called, none as an empty string.

    ``on_pause`` turns the pause of a person on and off. ``devices`` lists the microphones by name, and ``on_device``
    takes one of them; both are None where the source is no microphone. All but ``devices`` return at once.
    """

    pressed: Callable[[], str]
    on_quit: Callable[[], None]
    on_pause: Callable[[], None]
    devices: Callable[[], Sequence[str]] | None = None
    on_device: Callable[[str], None] | None = None


@dataclass(frozen=True)
class Overlay:
    """What covers the stream, and the line that answers a key. ``choices`` are the microphones of the menu."""

    kind: Literal["none", "help", "devices"] = "none"
    choices: tuple[str, ...] = ()
    answer: str = ""
    has_keys: bool = False
