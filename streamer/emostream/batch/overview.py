"""A recording in one row: how long it is, how much of it is speech, its label, and how often each label was shown."""

import msgspec

from emostream.timelines.timeline import Timeline


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table at the end.

    ``label``, ``confidence`` and ``p`` are those of the whole recording; empty for the log of a live stream, which has
    no verdict over all of it. ``share`` is each label's share of the time in which one was shown or, in a log, of its
    utterances with a label. ``trouble`` is None, or one line about sound that the file promises and does not hold.
    """

    source: str
    seconds: float
    speech_s: float
    lost_s: float
    label: str | None
    confidence: float
    p: dict[str, float]
    share: dict[str, float]
    trouble: str | None = None


def overview(timeline: Timeline, trouble: str | None = None) -> Overview:
    """The row of a timeline."""
    summary = timeline.summary
    return Overview(
        source=timeline.source,
        seconds=timeline.length_ms / 1000,
        speech_s=timeline.speech_ms / 1000,
        lost_s=timeline.lost_ms / 1000,
        label=summary.label if summary else None,
        confidence=summary.confidence if summary else 0.0,
        p=summary.p if summary else {},
        share=summary.share if summary else _share_of_utterances(timeline),
        trouble=trouble,
    )


def _share_of_utterances(timeline: Timeline) -> dict[str, float]:
    spoken_ms = dict.fromkeys(timeline.labels, 0)
    for utterance in timeline.utterances:
        if utterance.label is not None:
            spoken_ms[utterance.label] += utterance.end_ms - utterance.start_ms
    total_ms = sum(spoken_ms.values())
    return {label: round(ms / total_ms, 4) if total_ms else 0.0 for label, ms in spoken_ms.items()}
