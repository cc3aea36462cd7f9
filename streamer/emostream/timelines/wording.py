"""What a person reads in subtitles, labels and tiers."""

from collections.abc import Iterator

from emostream.sinks.printable import printable
from emostream.sinks.wording import verdict
from emostream.timelines.timeline import Timeline, TimelineGap, TimelineUtterance


def span_words(span: TimelineUtterance | TimelineGap) -> str:
    """An utterance's verdict, or in brackets why there is no audio; on one line.

    >>> span_words(TimelineUtterance(0, 900, "sad", {"happy": 0.2, "sad": 0.8}, 0.8))
    'sad 80%'
    >>> span_words(TimelineUtterance(0, 900, None, {"happy": 0.4, "sad": 0.6}, 0.6))
    'unsure (closest is sad, 60%)'
    >>> span_words(TimelineUtterance(0, 90, None, {}, 0.0)), span_words(TimelineGap(0, 900, "lost", 900))
    ('too short', '[lost]')
    """
    if isinstance(span, TimelineGap):
        return f"[{span.reason}]"
    return printable(verdict(span.label, span.p) if span.p else span.name)


def cues(timeline: Timeline) -> Iterator[tuple[int, int, str]]:
    """(start, end, words) of each utterance and gap, in ms: none is empty."""
    for span in timeline.spans:
        if span.end_ms > span.start_ms:
            yield span.start_ms, span.end_ms, span_words(span)
