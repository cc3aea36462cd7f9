"""Events of one stream in, its timeline out: what is kept are utterances, gaps and, where they are wanted, steps."""

from emostream.events import Estimate, Event, Gap, Hello, Summary, Utterance, UtteranceStart
from emostream.timelines.steps import StepCollector
from emostream.timelines.timeline import Timeline, TimelineGap, TimelineUtterance


class TimelineBuilder:
    """A sink that takes the events of one stream, its ``hello`` first, and gives their timeline at any time."""

    name = "timeline"
    dropped_events = 0

    def __init__(self, *, with_steps: bool = False) -> None:
        self._with_steps = with_steps
        self._hello: Hello | None = None
        self._labels: frozenset[str] = frozenset()
        self._summary: Summary | None = None
        self._length_ms = 0
        self._utterances: list[TimelineUtterance] = []
        self._gaps: list[TimelineGap] = []
        self._collector: StepCollector | None = None
        self._shown: list[str] = []
        self._open_ms: int | None = None
        self._dropped = 0

    def emit(self, event: Event) -> None:
        """Take the next event. Raises ``ValueError`` for one that the ``hello`` does not prepare for."""
        if self._hello is None:
            self._begin(event)
        if isinstance(event, Estimate | Utterance) and not event.p.keys() <= self._labels:
            strange = ", ".join(sorted(event.p.keys() - self._labels))
            raise ValueError(f"got probabilities of {strange}, expected those of {', '.join(sorted(self._labels))}")
        self._dropped += event.dropped
        self._length_ms = max(self._length_ms, event.t_end_ms)
        match event:
            case Estimate():
                if event.label and event.label not in self._shown:
                    self._shown.append(event.label)
                if self._collector is not None:
                    self._collector.append(event)
            case UtteranceStart():
                self._shown, self._open_ms = [], event.t_start_ms
            case Utterance():
                self._end_utterance(event)
            case Gap():
                self._gaps.append(TimelineGap(event.t_start_ms, event.t_end_ms, event.reason, event.lost_ms))
            case Summary():
                self._summary = event

    def close(self) -> None:
        """Nothing: the timeline can be had as before."""

    def timeline(self) -> Timeline:
        """Of the events so far; an utterance that has not ended stands as the last one, without a verdict.

        Raises ``ValueError`` without a ``hello``.
        """
        if self._hello is None:
            raise ValueError("a timeline needs the hello of its stream first")
        utterances = list(self._utterances)
        if self._open_ms is not None and self._open_ms < self._length_ms:
            earlier = tuple(self._shown)
            open_one = TimelineUtterance(self._open_ms, self._length_ms, None, {}, 0.0, None, earlier, is_ended=False)
            utterances.append(open_one)
        return Timeline(
            hello=self._hello,
            length_ms=self._length_ms,
            utterances=tuple(utterances),
            gaps=tuple(self._gaps),
            steps=self._collector.steps() if self._collector is not None else None,
            summary=self._summary,
            dropped=self._dropped,
        )

    def _begin(self, event: Event) -> None:
        if not isinstance(event, Hello):
            raise ValueError(f"got a {type(event).__name__} first, expected a hello")  # noqa: TRY004 - a wrong order
        self._hello = event
        self._labels = frozenset(event.labels)
        self._collector = StepCollector(event.labels) if self._with_steps else None

    def _end_utterance(self, event: Utterance) -> None:
        self._utterances.append(
            TimelineUtterance(
                start_ms=event.t_start_ms,
                end_ms=event.t_end_ms,
                label=event.label,
                p=event.p,
                confidence=event.confidence,
                voice=event.voice,
                earlier=tuple(label for label in self._shown if label != event.label),
                ts=event.ts,
            )
        )
        self._shown, self._open_ms = [], None
