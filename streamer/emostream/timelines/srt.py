"""SubRip subtitles: a caption for each utterance and each gap."""

from typing import BinaryIO

from emostream.timelines.text_file import text_file
from emostream.timelines.timeline import Timeline
from emostream.timelines.wording import cues


def write_srt(timeline: Timeline, file: BinaryIO) -> None:
    """Numbers from 1, times with a comma, an empty line behind each."""
    with text_file(file) as text:
        for number, (start_ms, end_ms, words) in enumerate(cues(timeline), start=1):
            text.write(f"{number}\n{subtitle_time(start_ms, ',')} --> {subtitle_time(end_ms, ',')}\n{words}\n\n")


def subtitle_time(ms: int, point: str) -> str:
    """Hours of two digits or more, minutes, seconds, milliseconds.

    >>> subtitle_time(36_001_250, ",")
    '10:00:01,250'
    """
    seconds, ms = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{ms:03}"
