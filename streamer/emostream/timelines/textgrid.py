"""Praat's TextGrid, in its long text format: interval tiers for labels, confidences, speech and gaps."""

from typing import BinaryIO, TextIO

from emostream.timelines.text_file import text_file
from emostream.timelines.tiers import Interval, tiers_of, with_silence
from emostream.timelines.timeline import Timeline

_SHORTEST_MS = 1  # Praat reads no grid without length


def write_textgrid(timeline: Timeline, file: BinaryIO) -> None:
    """Every tier goes from 0 to the recording's end; silence has an empty text."""
    length_ms = max(timeline.length_ms, _SHORTEST_MS)
    tiers = tiers_of(timeline)
    with text_file(file) as text:
        text.write('File type = "ooTextFile"\nObject class = "TextGrid"\n\n')
        text.write(f"xmin = 0\nxmax = {_seconds(length_ms)}\ntiers? <exists>\nsize = {len(tiers)}\nitem []:\n")
        for number, (name, intervals) in enumerate(tiers.items(), start=1):
            text.write(f'    item [{number}]:\n        class = "IntervalTier"\n        name = {_quoted(name)}\n')
            text.write(f"        xmin = 0\n        xmax = {_seconds(length_ms)}\n")
            _write_intervals(list(with_silence(intervals, length_ms)), text)


def _write_intervals(intervals: list[Interval], text: TextIO) -> None:
    text.write(f"        intervals: size = {len(intervals)}\n")
    for number, (start_ms, end_ms, words) in enumerate(intervals, start=1):
        text.write(f"        intervals [{number}]:\n")
        text.write(f"            xmin = {_seconds(start_ms)}\n            xmax = {_seconds(end_ms)}\n")
        text.write(f"            text = {_quoted(words)}\n")


def _seconds(ms: int) -> str:
    return f"{ms / 1000:.3f}"


def _quoted(words: str) -> str:
    """A string of Praat's: quotes within it are doubled."""
    return '"' + words.replace('"', '""') + '"'
