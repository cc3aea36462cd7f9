"""The formats of timelines by name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from emostream.errors import UsageError
from emostream.timelines.audacity import write_audacity
from emostream.timelines.csv import write_csv
from emostream.timelines.eaf import write_eaf
from emostream.timelines.emotionml import write_emotionml
from emostream.timelines.json import write_json
from emostream.timelines.parquet import write_parquet
from emostream.timelines.pictures.figure import draw_png, draw_svg
from emostream.timelines.pictures.page import write_page
from emostream.timelines.pictures.strip import write_strip
from emostream.timelines.rttm import write_rttm
from emostream.timelines.srt import write_srt
from emostream.timelines.textgrid import write_textgrid
from emostream.timelines.timeline import Timeline
from emostream.timelines.webvtt import write_webvtt


@dataclass(frozen=True, slots=True)
class Format:
    """How a timeline is written: ``suffix`` ends the file's name.

    ``has_steps`` is whether steps have a place in it: then a timeline with steps is written with them. ``extra`` is the
    optional dependency that it needs. ``is_picture`` is whether it shows all steps and the sound too.
    """

    write: Callable[[Timeline, BinaryIO], None]
    suffix: str
    has_steps: bool = False
    extra: str | None = None
    is_picture: bool = False


def _alone(draw: Callable[[Sequence[Timeline], BinaryIO], None]) -> Callable[[Timeline, BinaryIO], None]:
    return lambda timeline, file: draw([timeline], file)


# Of several timelines, one below the other or to choose from.
PICTURES: dict[str, Callable[[Sequence[Timeline], BinaryIO], None]] = {
    "png": draw_png,
    "svg": draw_svg,
    "html": write_page,
}
PAGE = "html"
STRIP = "timeline"

FORMATS = {
    "csv": Format(write_csv, ".csv", has_steps=True),
    "json": Format(write_json, ".json", has_steps=True),
    "srt": Format(write_srt, ".srt"),
    "vtt": Format(write_webvtt, ".vtt"),
    "audacity": Format(write_audacity, ".audacity.txt"),
    "rttm": Format(write_rttm, ".rttm"),
    "textgrid": Format(write_textgrid, ".TextGrid"),
    "eaf": Format(write_eaf, ".eaf"),
    "emotionml": Format(write_emotionml, ".emotionml"),
    "parquet": Format(write_parquet, ".parquet", has_steps=True, extra="archive"),
    STRIP: Format(write_strip, ".timeline.txt"),
    "png": Format(_alone(draw_png), ".png", extra="pictures", is_picture=True),
    "svg": Format(_alone(draw_svg), ".svg", extra="pictures", is_picture=True),
    PAGE: Format(_alone(write_page), ".html", is_picture=True),
}
# With steps, these hold nothing else.
ROWS = ("csv", "parquet")
# Written as the events come, and not of the timeline.
STREAMED = {"text": ".txt", "jsonl": ".jsonl"}
NAMES = (*STREAMED, *FORMATS)
# Several recordings one behind the other are a file of the same format.
JOINABLE = ("text", "jsonl", "csv", "rttm", STRIP)
# Not text.
BINARY = ("parquet", "png")


def write_timeline(name: str, timeline: Timeline, file: BinaryIO, *, is_first: bool = True) -> None:
    """Write a timeline in the format of that name, which is not a streamed one; if not the first, behind others."""
    if name == "csv":
        write_csv(timeline, file, with_header=is_first)
    else:
        FORMATS[name].write(timeline, file)


def format_of(path: Path) -> str:
    """The format that a file's name ends with. Raises ``UsageError``.

    >>> format_of(Path("talk.srt")), format_of(Path("talk.audacity.txt")), format_of(Path("talk.txt"))
    ('srt', 'audacity', 'text')
    """
    suffixes = {file_suffix(name): name for name in NAMES}
    for suffix in sorted(suffixes, key=len, reverse=True):
        if path.name.lower().endswith(suffix.lower()):
            return suffixes[suffix]
    raise UsageError(f"{path} ends with no format's suffix: expected one of {', '.join(suffixes)}")


def file_suffix(name: str, *, with_steps: bool = False) -> str:
    """What the name of a file in the format ends with. Rows of steps are not those of utterances.

    >>> file_suffix("csv"), file_suffix("csv", with_steps=True), file_suffix("text")
    ('.csv', '.steps.csv', '.txt')
    """
    suffix = STREAMED[name] if name in STREAMED else FORMATS[name].suffix
    return f".steps{suffix}" if with_steps and name in ROWS else suffix
