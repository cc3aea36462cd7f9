"""A made-up recording of ten hours with all that is hard to write down."""

from pathlib import Path
from typing import NamedTuple

import msgspec

from emostream.events import Estimate, Event, Gap, Summary, Utterance, UtteranceStart, encode
from emostream.timelines.builder import TimelineBuilder
from emostream.timelines.timeline import Timeline
from tests.support.stream_events import VOICE, hello

LABELS = ("angry", 'so "happy", too', "sad & <blue>", "שמח")
SOURCE = '/nowhere/a "name", with; <b>&amp; مرحبا --> \n\tbell\x07 caf\udce9.wav'
LENGTH_MS = 36_000_000
STEP_MS = 250
N_STEPS = 40


class Span(NamedTuple):
    """A stretch of time, and what is written there."""

    start_ms: int
    end_ms: int
    text: str


class Spoken(NamedTuple):
    """An utterance: its label, confidence, the name of its verdict, and the words of its subtitle."""

    start_ms: int
    end_ms: int
    label: str | None
    confidence: float
    name: str
    words: str


SPOKEN = (
    Spoken(1_000, 3_200, "angry", 0.82, "angry", "angry 82%"),
    Spoken(4_000, 6_500, None, 0.41, "unsure", 'unsure (closest is so "happy", too, 41%)'),
    Spoken(7_000, 7_180, None, 0.0, "too short", "too short"),
    Spoken(8_000, 9_001, "sad & <blue>", 0.7, "sad & <blue>", "sad & <blue> 70%"),
    Spoken(35_990_000, 35_999_250, "שמח", 0.9, "שמח", "שמח 90%"),
)
GAPS = (Span(9_001, 11_500, "lost"), Span(12_000, 3_612_000, "paused"))
NAMES = [Span(*spoken[:2], spoken.name) for spoken in SPOKEN]
WORDS = [Span(*spoken[:2], spoken.words) for spoken in SPOKEN]
# What a subtitle says of a gap.
GAP_WORDS = [Span(*gap[:2], f"[{gap.text}]") for gap in GAPS]


def write_log(path: Path, *events: Event) -> Path:
    """A log of these events."""
    path.write_bytes(b"".join(encode(event) + b"\n" for event in events))
    return path


def made_up_events(source: str = SOURCE, ts: str | None = None) -> list[Event]:
    """Forty steps, then hours without any; of the first utterance another label was shown before."""
    times = {"seq": 0, "stream": source, "ts": ts}
    events: list[Event] = []
    for end_ms in range(STEP_MS, (N_STEPS + 1) * STEP_MS, STEP_MS):
        spoken = next((one for one in SPOKEN if one.start_ms < end_ms <= one.end_ms and one.confidence), None)
        shown = "שמח" if end_ms < 2_000 else spoken and spoken.label
        events.append(
            Estimate(
                **times,
                t_start_ms=max(0, end_ms - 3_000),
                t_end_ms=end_ms,
                p=probabilities(spoken) if spoken else {},
                label=shown if spoken else None,
                confidence=spoken.confidence if spoken else 0.0,
                agreement=0.875,
                speech=spoken is not None,
                level_dbfs=-31.5,
            )
        )
    for one in SPOKEN:
        start, end = one.start_ms, one.end_ms
        events.append(UtteranceStart(**times, t_start_ms=start, t_end_ms=start + 100))
        events.append(
            Utterance(
                **times,
                t_start_ms=start,
                t_end_ms=end,
                p=probabilities(one) if one.confidence else {},
                label=one.label,
                confidence=one.confidence,
                voice=VOICE if one.label else None,
            )
        )
    for gap in GAPS:
        lost_ms = 2_499.0 if gap.text == "lost" else 0.0
        events.append(Gap(**times, t_start_ms=gap.start_ms, t_end_ms=gap.end_ms, reason=gap.text, lost_ms=lost_ms))
    events.sort(key=lambda event: event.t_end_ms)
    whole = Summary(
        **times,
        t_start_ms=0,
        t_end_ms=LENGTH_MS,
        source=source,
        p=probabilities(SPOKEN[0]),
        label="angry",
        confidence=0.82,
        seconds=LENGTH_MS / 1000,
        speech_seconds=15.131,
        share=dict.fromkeys(LABELS, 0.25),
    )
    begin = msgspec.structs.replace(hello(LABELS), stream=source, source=source, ts=ts)
    return [msgspec.structs.replace(event, seq=seq) for seq, event in enumerate([begin, *events, whole])]


def made_up_timeline(source: str = SOURCE, *, with_steps: bool = False) -> Timeline:
    """Its timeline."""
    return timeline_of(made_up_events(source), with_steps=with_steps)


def timeline_of(events: list[Event], *, with_steps: bool = False) -> Timeline:
    """The timeline of a stream's events."""
    builder = TimelineBuilder(with_steps=with_steps)
    for event in events:
        builder.emit(event)
    return builder.timeline()


def probabilities(spoken: Spoken) -> dict[str, float]:
    """The confidence for the label, or for the second one, and the rest for the others alike."""
    likeliest = spoken.label or LABELS[1]
    rest = round((1 - spoken.confidence) / 3, 4)
    return {label: spoken.confidence if label == likeliest else rest for label in LABELS}
