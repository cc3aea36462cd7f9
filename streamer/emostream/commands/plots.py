"""``--plot``: one picture of all recordings of a command, which is written at the end."""

import argparse
import tempfile
from pathlib import Path

from emostream.commands.extras import require_extra
from emostream.commands.stderr import print_line
from emostream.drafts import draft, unwritable_is_one_line
from emostream.errors import EmostreamError, UsageError
from emostream.timelines.pictures.figure import MOST_RECORDINGS
from emostream.timelines.pictures.page import MOST_AUDIO_BYTES
from emostream.timelines.registry import FORMATS, PAGE, PICTURES
from emostream.timelines.timeline import Timeline

# All of them are held in memory until they are written.
MOST_IN_PAGE = 500
HOLDS_VOICES = "the voices can be heard in it: --no-audio leaves the sound out"


def add_plot_argument(parser: argparse.ArgumentParser) -> None:
    """``--plot``."""
    parser.add_argument(
        "--plot",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help=f"a picture of all recordings too, as its name ends: {', '.join(f'.{name}' for name in PICTURES)}",
    )


def add_audio_argument(parser: argparse.ArgumentParser) -> None:
    """``--no-audio``."""
    parser.add_argument(
        "--no-audio", action="store_true", help="leave the sound out of pages (.html), in which voices are heard else"
    )


class Plots:
    """The pictures that the options ask for. Raises ``EmostreamError`` where one could not be written."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._paths: dict[Path, str] = {path: _picture_format(path) for path in arguments.plot}
        self._timelines: list[Timeline] = []
        self._with_audio = not getattr(arguments, "no_audio", True)
        for path, name in self._paths.items():
            if extra := FORMATS[name].extra:
                require_extra(extra, f"emostream {arguments.command} --plot {path}")
        # To be told at the end of an hour would be late.
        with unwritable_is_one_line():
            for path in self._paths:
                path.parent.mkdir(parents=True, exist_ok=True)
                tempfile.TemporaryFile(dir=path.parent).close()

    @property
    def are_wanted(self) -> bool:
        """Whether there is a picture to be drawn."""
        return bool(self._paths)

    @property
    def audio_room(self) -> int:
        """How many bytes of the next recording's sound a page has room for; 0 where none plays it."""
        if not self._with_audio or PAGE not in self._paths.values():
            return 0
        return MOST_AUDIO_BYTES - sum(len(one.audio.data) for one in self._timelines if one.audio is not None)

    def require_room(self, recordings: int) -> None:
        """Raise ``UsageError`` for more recordings than a picture has room for."""
        for path, name in self._paths.items():
            most = MOST_IN_PAGE if name == PAGE else MOST_RECORDINGS
            if recordings > most:
                raise UsageError(
                    f"found {recordings} recordings for {path}, expected {most} at most in one .{name}: "
                    f"--format {name} --out DIR draws one of each"
                )

    def add(self, timeline: Timeline) -> None:
        """The next recording, in the order of the picture."""
        if self._paths:
            self._timelines.append(timeline)

    def write(self) -> None:
        """Write them; none where nothing could be read. Raises ``EmostreamError``, and ``OSError`` on a full disk."""
        if not self._timelines:
            return
        with unwritable_is_one_line():
            for path, name in self._paths.items():
                self.require_room(len(self._timelines))
                with draft(path) as file:
                    PICTURES[name](self._timelines, file)
        if self._with_audio and PAGE in self._paths.values():
            pages = ", ".join(str(path) for path, name in self._paths.items() if name == PAGE)
            silent = sum(timeline.audio is None for timeline in self._timelines)
            if silent < len(self._timelines):
                print_line(f"{pages}: {HOLDS_VOICES}")
            if silent:
                print_line(
                    f"{pages}: {silent} of {len(self._timelines)} recordings are too long for it to have their sound"
                )


def _picture_format(path: Path) -> str:
    """The format that a picture's name ends with. Raises ``UsageError``."""
    name = path.suffix.lower().removeprefix(".")
    if name not in PICTURES:
        endings = ", ".join(f".{known}" for known in PICTURES)
        raise UsageError(f"--plot {path} ends with no picture's suffix: expected one of {endings}")
    if path.is_dir():
        raise EmostreamError(f"{path} cannot be written (it is a directory): expected the name of a file")
    return name
