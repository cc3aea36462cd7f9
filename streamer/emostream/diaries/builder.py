"""Events of live streams in, a diary out. What is kept grows with utterances: some 100 bytes each."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from statistics import median

from emostream.diaries.diary import HOUR_S, Calm, Day, Diary, Hour, Manner
from emostream.events import PAUSED, Event, Gap, Hello, Utterance, VoiceMeasures
from emostream.sinks.wording import TOO_SHORT, UNSURE

# Speech from here on is excited: the middle of the scale (``VoiceMeasures.arousal``).
EXCITED = 0.5
# Who is silent for longer has ended what they were at.
LONGEST_SILENCE = timedelta(minutes=10)


@dataclass(slots=True)
class _Voices:
    """Measures of the utterances of one verdict on one day."""

    utterances: int = 0
    speech_s: float = 0.0
    measures: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, seconds: float, voice: VoiceMeasures | None) -> None:
        self.utterances += 1
        self.speech_s += seconds
        for name in ("loudness_dbfs", "pitch_hz", "syllables_per_s", "arousal"):
            if voice and (value := getattr(voice, name)) is not None:
                self.measures[name].append(value)

    def manner(self) -> Manner:
        def middle(name: str) -> float | None:
            return median(self.measures[name]) if self.measures[name] else None

        return Manner(
            utterances=self.utterances,
            speech_s=self.speech_s,
            loudness_dbfs=middle("loudness_dbfs"),
            pitch_hz=middle("pitch_hz"),
            syllables_per_s=middle("syllables_per_s"),
            arousal=middle("arousal"),
        )


@dataclass(slots=True)
class _Hour:
    listened_s: float = 0.0
    paused_s: float = 0.0
    lost_s: float = 0.0
    speech_s: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    loudness: list[float] = field(default_factory=list)


@dataclass(slots=True)
class _Stream:
    """How far a stream's clock is, and the calm that it is in."""

    clock_ms: int = 0
    calm: Calm | None = None


class DiaryBuilder:
    """Takes the events of live streams, each ``hello`` first, and gives their diary at any time.

    ``zone`` is the zone of its hours and days, None that of this machine. Events without ``ts`` tell no time of day and
    are left out; ``untimed`` counts them.
    """

    def __init__(self, zone: tzinfo | None = None) -> None:
        self._zone = zone
        self._labels: dict[str, None] = {}
        self._sources: dict[str, None] = {}
        self._speakers: dict[str, None] = {}
        self._streams: dict[object, _Stream] = {}
        self._hours: defaultdict[datetime, _Hour] = defaultdict(_Hour)
        self._voices: defaultdict[date, defaultdict[str, _Voices]] = defaultdict(lambda: defaultdict(_Voices))
        self._calms: dict[date, Calm] = {}
        self.untimed = 0

    def push(self, event: Event, stream: object) -> None:
        """Take the next event of a stream; ``stream`` is anything that tells it from others."""
        if isinstance(event, Hello):
            self._labels |= dict.fromkeys(event.labels)
            self._sources |= dict.fromkeys([event.source])
            self._speakers |= dict.fromkeys([event.speaker] if event.speaker else [])
            self._streams[stream] = _Stream()
            return
        if event.ts is None:
            self.untimed += 1
            return
        now, known = datetime.fromisoformat(event.ts), self._streams[stream]
        elapsed_ms = event.t_end_ms - known.clock_ms
        if isinstance(event, Utterance):
            # It is known some time after its end.
            behind = timedelta(milliseconds=max(0, -elapsed_ms))
            self._utterance(event, now - behind, known)
        if elapsed_ms > 0:
            known.clock_ms = event.t_end_ms
            for hour, seconds in self._by_hour(now - timedelta(milliseconds=elapsed_ms), now):
                if not isinstance(event, Gap):
                    hour.listened_s += seconds
                elif event.reason == PAUSED:
                    hour.paused_s += seconds
                else:
                    hour.lost_s += seconds

    def diary(self) -> Diary:
        """Of the events so far."""
        hours: defaultdict[date, list[Hour]] = defaultdict(list)
        for start, hour in sorted(self._hours.items()):
            hours[start.date()].append(
                Hour(
                    start=start,
                    listened_s=hour.listened_s,
                    paused_s=hour.paused_s,
                    lost_s=hour.lost_s,
                    speech_s=dict(hour.speech_s),
                    loudness_dbfs=median(hour.loudness) if hour.loudness else None,
                )
            )
        days = tuple(
            Day(
                date=day,
                hours=tuple(of_day),
                manners={name: voices.manner() for name, voices in self._voices[day].items()},
                calm=self._calms.get(day),
            )
            for day, of_day in hours.items()
        )
        found = {name for day in days for name in day.manners}
        return Diary(
            days=days,
            labels=tuple(self._labels),
            verdicts=tuple(name for name in (*self._labels, UNSURE, TOO_SHORT) if name in found),
            sources=tuple(self._sources),
            speakers=tuple(self._speakers),
        )

    def _utterance(self, event: Utterance, end: datetime, stream: _Stream) -> None:
        seconds = (event.t_end_ms - event.t_start_ms) / 1000
        start = self._local(end - timedelta(seconds=seconds))
        verdict = (event.label or UNSURE) if event.p else TOO_SHORT
        hour = self._hours[_hour_of(start)]
        hour.speech_s[verdict] += seconds
        self._voices[start.date()][verdict].add(seconds, event.voice)
        if event.voice:
            hour.loudness.append(event.voice.loudness_dbfs)
            if event.voice.arousal is not None:
                self._follow_calm(event.voice.arousal, Calm(start, self._local(end), seconds), stream)

    def _follow_calm(self, arousal: float, spoken: Calm, stream: _Stream) -> None:
        """Carry the stretch of calm speech on by an utterance, or end it; the longest of each day is kept."""
        if arousal >= EXCITED:
            stream.calm = None
            return
        if (calm := stream.calm) and spoken.start - calm.end <= LONGEST_SILENCE:
            spoken = Calm(calm.start, spoken.end, calm.speech_s + spoken.speech_s)
        stream.calm = spoken
        day = spoken.start.date()
        longest = self._calms.get(day)
        if longest is None or spoken.end - spoken.start > longest.end - longest.start:
            self._calms[day] = spoken

    def _by_hour(self, start: datetime, end: datetime) -> Iterator[tuple[_Hour, float]]:
        """The hours between two times, and how many seconds of each lie there."""
        while start < end:
            hour = _hour_of(self._local(start))
            stop = min(end, hour + timedelta(seconds=HOUR_S))
            yield self._hours[hour], (stop - start).total_seconds()
            start = stop

    def _local(self, time: datetime) -> datetime:
        return time.astimezone(self._zone)


def _hour_of(time: datetime) -> datetime:
    return time.replace(minute=0, second=0, microsecond=0)
