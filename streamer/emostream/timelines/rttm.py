"""RTTM (Rich Transcription Time Marked, NIST): emotions in the place of speakers, as emotion diarisation has them."""

import re
from pathlib import PurePath
from typing import BinaryIO

from emostream.sinks.printable import printable
from emostream.timelines.text_file import text_file
from emostream.timelines.timeline import Timeline, TimelineGap

_NONE = "<NA>"


def write_rttm(timeline: Timeline, file: BinaryIO) -> None:
    """``SPEAKER`` for each utterance, its label as the name and its confidence; ``NOSCORE`` for each gap.

    The fields are type, file, channel, start and duration in seconds, orthography, subtype, name, confidence and
    look-ahead; blanks part them, so names have none.
    """
    recording = _field(PurePath(timeline.source).stem or timeline.source)
    with text_file(file) as text:
        for span in timeline.spans:
            begin = f"{recording} 1 {span.start_ms / 1000:.3f} {(span.end_ms - span.start_ms) / 1000:.3f}"
            if isinstance(span, TimelineGap):
                text.write(f"NOSCORE {begin} {_NONE} {_NONE} {_NONE} {_NONE} {_NONE}\n")
            else:
                confidence = f"{span.confidence:.4f}" if span.p else _NONE
                text.write(f"SPEAKER {begin} {_NONE} {_NONE} {_field(span.name)} {confidence} {_NONE}\n")


def _field(name: str) -> str:
    """A name as one word.

    >>> _field("my talk"), _field("")
    ('my_talk', '<NA>')
    """
    return re.sub(r"\s+", "_", printable(name)) or _NONE
