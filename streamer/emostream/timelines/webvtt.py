"""WebVTT subtitles: a cue for each utterance and each gap; utterances have their label as a class, for style sheets."""

import html
import re
from typing import BinaryIO

from emostream.sinks.printable import printable
from emostream.timelines.srt import subtitle_time
from emostream.timelines.text_file import text_file
from emostream.timelines.timeline import Timeline, TimelineUtterance
from emostream.timelines.wording import span_words


def write_webvtt(timeline: Timeline, file: BinaryIO) -> None:
    """A header, the source as a note, then the cues."""
    with text_file(file) as text:
        # No comment may hold the arrow of a cue.
        text.write(f"WEBVTT\n\nNOTE {printable(timeline.source).replace('-->', '->')}\n")
        for span in timeline.spans:
            if span.end_ms > span.start_ms:
                words = html.escape(span_words(span), quote=False)
                if isinstance(span, TimelineUtterance):
                    words = f"<c.{_class_name(span.label or span.name)}>{words}</c>"
                text.write(f"\n{subtitle_time(span.start_ms, '.')} --> {subtitle_time(span.end_ms, '.')}\n{words}\n")


def _class_name(label: str) -> str:
    """A label as the name of a class.

    >>> _class_name("too short")
    'too-short'
    """
    return re.sub(r"[^\w-]+", "-", label)
