"""Timelines as rows with columns, for CSV and Parquet: of utterances and gaps, or of steps."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from emostream.timelines.steps import Step
from emostream.timelines.timeline import Timeline, TimelineGap, TimelineUtterance

Value = str | float | bool | None
Row = dict[str, Value]
UTTERANCE, GAP = "utterance", "gap"
# Labels that were shown before the verdict stand in one cell.
_BETWEEN = ";"
VOICE = ("arousal", "pitch_hz", "pitch_range_semitones", "loudness_dbfs", "syllables_per_s")


class Column(NamedTuple):
    """A column's name, and what is in it: ``seconds`` have three decimals, ``whole`` numbers none."""

    name: str
    kind: Literal["text", "seconds", "number", "whole", "flag"]


def columns_of(timeline: Timeline) -> list[Column]:
    """The columns of ``rows_of``, in order."""
    first = [Column("file", "text")]
    times = [Column("start_s", "seconds"), Column("end_s", "seconds")]
    verdict = [Column("label", "text"), Column("confidence", "number")]
    verdict += [Column(f"p_{label}", "number") for label in timeline.labels]
    if timeline.steps is not None:
        measures = [Column("agreement", "number"), Column("speech", "flag"), Column("level_dbfs", "number")]
        return first + times + verdict + measures
    voice = [Column(name, "number") for name in VOICE]
    rest = [Column("earlier", "text"), Column("reason", "text"), Column("lost_s", "seconds"), Column("ts", "text")]
    return [*first, Column("type", "text"), *times, *verdict, *voice, *rest]


def rows_of(timeline: Timeline) -> Iterator[Row]:
    """A row for each step, where the timeline has steps; else one for each utterance and each gap."""
    empty: Row = dict.fromkeys((column.name for column in columns_of(timeline)), None)
    empty["file"] = timeline.source
    if timeline.steps is not None:
        for step in timeline.steps:
            yield empty | _step_row(step)
        return
    for span in timeline.spans:
        yield empty | (_gap_row(span) if isinstance(span, TimelineGap) else utterance_row(span))


def utterance_row(utterance: TimelineUtterance) -> Row:
    """What an utterance has of the columns."""
    voice = utterance.voice
    measures: Row = {name: getattr(voice, name) for name in VOICE} if voice else {}
    return {
        "type": UTTERANCE,
        **_times(utterance.start_ms, utterance.end_ms),
        **_verdict(utterance.label, utterance.confidence, utterance.p),
        **measures,
        "earlier": _BETWEEN.join(utterance.earlier) or None,
        "reason": None if utterance.p else utterance.name,
        "ts": utterance.ts,
    }


def _gap_row(gap: TimelineGap) -> Row:
    return {
        "type": GAP,
        **_times(gap.start_ms, gap.end_ms),
        "reason": gap.reason,
        "lost_s": gap.lost_ms / 1000,
    }


def _step_row(step: Step) -> Row:
    return {
        **_times(step.start_ms, step.end_ms),
        **_verdict(step.label, step.confidence, step.p),
        "agreement": step.agreement if step.p else None,
        "speech": step.speech,
        "level_dbfs": step.level_dbfs,
    }


def _times(start_ms: int, end_ms: int) -> Row:
    return {"start_s": start_ms / 1000, "end_s": end_ms / 1000}


def _verdict(label: str | None, confidence: float, p: dict[str, float]) -> Row:
    """Nothing where there are no probabilities: 0 would be one."""
    if not p:
        return {}
    return {"label": label, "confidence": confidence, **{f"p_{name}": value for name, value in p.items()}}
