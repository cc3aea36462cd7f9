"""Events of a made-up day of live listening, some of them over midnight, paused or lost."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from emostream.events import PAUSED, Event, Gap, Health, Utterance, VoiceMeasures
from tests.support.stream_events import hello

BEGIN = datetime(2026, 3, 6, 22, 50, tzinfo=UTC)  # a Friday
MINUTE_MS = 60_000
KNOWN_AFTER_MS = 1000  # so long after its end an utterance is known to have ended


def live(event: Event, known_after_ms: int = 0) -> Event:
    """The event with the wall clock at its end, or so much later."""
    at = BEGIN + timedelta(milliseconds=event.t_end_ms + known_after_ms)
    return msgspec.structs.replace(event, ts=at.isoformat().replace("+00:00", "Z"))


def spoken(
    start_s: float, seconds: float, label: str | None, arousal: float | None = 0.3, loud: float = -20.0
) -> Event:
    """An utterance, which is known a second after its end; with ``arousal`` None it has no voice."""
    voice = VoiceMeasures(
        pitch_hz=120.0, pitch_range_semitones=4.0, loudness_dbfs=loud, syllables_per_s=4.0, arousal=arousal
    )
    start_ms = round(1000 * start_s)
    utterance = Utterance(
        seq=1,
        stream="live",
        t_start_ms=start_ms,
        t_end_ms=start_ms + round(1000 * seconds),
        p={"angry": 0.4, "happy": 0.6} if label != "too short" else {},
        label=label if label != "too short" else None,
        confidence=0.6,
        voice=None if arousal is None else voice,
    )
    return live(utterance, KNOWN_AFTER_MS)


def health(at_ms: int) -> Event:
    """What a daemon says of itself every few seconds: here it carries the clock on."""
    return live(
        Health(seq=1, stream="live", t_start_ms=at_ms, t_end_ms=at_ms, source="", source_ok=True, lost_ms=0, lag_ms=0)
    )


def a_day() -> Iterator[Event]:
    """From 22:50 to 0:30: 20 minutes paused from 23:10 on, one minute lost at 0:10."""
    yield msgspec.structs.replace(live(hello()), speaker="Ada")
    paused = Gap(seq=1, stream="live", t_start_ms=20 * MINUTE_MS, t_end_ms=40 * MINUTE_MS, lost_ms=0, reason=PAUSED)
    lost = Gap(seq=1, stream="live", t_start_ms=80 * MINUTE_MS, t_end_ms=81 * MINUTE_MS, lost_ms=MINUTE_MS)
    utterances = [
        spoken(60, 30, "happy", arousal=0.2),
        spoken(300, 30, "happy", arousal=0.4),
        spoken(450, 6, "too short", arousal=None),
        spoken(690, 12, "angry", arousal=0.9, loud=-10.0),
        spoken(870, 6, None, arousal=0.1),
        spoken(5_940, 24, "happy", arousal=0.3, loud=-30.0),
    ]
    minutes = [*range(1, 21), *range(41, 81), *range(82, 101)]
    told = [health(minute * MINUTE_MS) for minute in minutes]
    told += [health(utterance.t_end_ms + KNOWN_AFTER_MS) for utterance in utterances]
    yield from sorted([*told, *utterances, live(paused), live(lost)], key=lambda event: event.ts or "")
