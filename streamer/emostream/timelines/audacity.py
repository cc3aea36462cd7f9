"""Audacity's label track: start and end in seconds, and the words, with tabs between them."""

from typing import BinaryIO

from emostream.timelines.text_file import text_file
from emostream.timelines.timeline import Timeline
from emostream.timelines.wording import cues


def write_audacity(timeline: Timeline, file: BinaryIO) -> None:
    """A line for each utterance and each gap."""
    with text_file(file) as text:
        for start_ms, end_ms, words in cues(timeline):
            text.write(f"{start_ms / 1000:.6f}\t{end_ms / 1000:.6f}\t{words}\n")
