"""The tiers of Praat and ELAN: intervals that do not overlap and none of which is empty, with a text each."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeVar

from emostream.sinks.printable import printable
from emostream.timelines.timeline import Timeline, TimelineGap, TimelineUtterance

Span = TypeVar("Span", TimelineUtterance, TimelineGap)

LABEL, CONFIDENCE, SPEECH, GAPS = "label", "confidence", "speech", "gaps"


class Interval(NamedTuple):
    """From ``start_ms`` to ``end_ms``, which is later."""

    start_ms: int
    end_ms: int
    text: str


def tiers_of(timeline: Timeline) -> dict[str, list[Interval]]:
    """The tiers by name, in order: labels, confidences (0 to 1; empty without a verdict), speech, and gaps."""
    spoken = list(_apart(timeline.utterances))
    return {
        LABEL: [Interval(start, end, printable(utterance.name)) for start, end, utterance in spoken],
        CONFIDENCE: [
            Interval(start, end, f"{utterance.confidence:.4f}" if utterance.p else "")
            for start, end, utterance in spoken
        ],
        SPEECH: [Interval(start, end, SPEECH) for start, end, _ in spoken],
        GAPS: [Interval(start, end, gap.reason) for start, end, gap in _apart(timeline.gaps)],
    }


def with_silence(intervals: Iterable[Interval], end_ms: int) -> Iterator[Interval]:
    """The intervals with empty ones between them, from 0 to ``end_ms``."""
    at_ms = 0
    for interval in intervals:
        if interval.start_ms > at_ms:
            yield Interval(at_ms, interval.start_ms, "")
        yield interval
        at_ms = interval.end_ms
    if end_ms > at_ms:
        yield Interval(at_ms, end_ms, "")


def _apart(spans: Iterable[Span]) -> Iterator[tuple[int, int, Span]]:
    """(start, end, span); one that begins before the end of the last, as in others' logs, begins there."""
    at_ms = 0
    for span in spans:
        start_ms = max(at_ms, span.start_ms)
        if span.end_ms > start_ms:
            yield start_ms, span.end_ms, span
            at_ms = span.end_ms
