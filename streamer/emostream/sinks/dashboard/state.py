"""The dashboard's state: bounded in size, however long the stream runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from emostream.events import PAUSED, Error, Estimate, Event, Gap, Health, Hello, Utterance

HISTORY_MS = 90_000
HISTORY_MOMENTS = 2_000
UTTERANCES = 16
ERROR_MS = 10_000

MomentKind = Literal["label", "unsure", "silence", "gap", "paused"]


@dataclass(frozen=True, slots=True)
class Moment:
    """A piece of the recent past: ``confidence`` (0 to 1) is that of a label, or of the likeliest one when unsure."""

    start_ms: int
    end_ms: int
    kind: MomentKind
    label: str = ""
    confidence: float = 0.0


@dataclass(frozen=True, slots=True)
class DashboardState:
    """Immutable, so that the screen can read it while an event arrives; ``after`` gives the state that follows.

    ``shown_ms`` is for how long each label was shown while somebody spoke, with "" for none.
    """

    hello: Hello | None = None
    estimate: Estimate | None = None
    health: Health | None = None
    error: Error | None = None
    source_ok: bool = True
    now_ms: int = 0
    gap_ms: float = 0.0
    history: tuple[Moment, ...] = ()
    utterances: tuple[Utterance, ...] = ()
    utterance_count: int = 0
    shown_ms: Mapping[str, int] = field(default_factory=dict)
    gap_count: int = 0

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels in the order of the stream's ``hello``; those of the last estimate when there was no ``hello``."""
        if self.hello is not None:
            return self.hello.labels
        return tuple(self.estimate.p) if self.estimate is not None else ()

    @property
    def lost_ms(self) -> float:
        """Audio lost since the start: the daemon's count, or the gaps seen here when those are ahead of it."""
        return max(self.gap_ms, self.health.lost_ms if self.health is not None else 0.0)

    @property
    def paused_by(self) -> tuple[str, ...]:
        """Who keeps the stream paused, as in ``Health``."""
        return self.health.paused_by if self.health is not None else ()

    @property
    def on_air(self) -> bool:
        """Whether a voice is being read right now: the stream has begun, nobody paused and its source delivers."""
        return self.hello is not None and self.source_ok and not self.paused_by

    def after(self, event: Event) -> "DashboardState":
        """The state once ``event`` has been taken in."""
        now_ms = max(self.now_ms, event.t_end_ms)
        match event:
            case Hello():
                return DashboardState(hello=event, health=self.health, now_ms=event.t_end_ms)
            case Estimate():
                start_ms = self.history[-1].end_ms if self.history else event.t_end_ms
                moment = _moment(event, max(start_ms, event.t_start_ms))
                estimate = event if self.source_ok else None
                shown_ms = _with_moment(self.shown_ms, moment)
                state = replace(self, estimate=estimate, history=_recent(self.history, moment), shown_ms=shown_ms)
            case Gap():
                moment = Moment(event.t_start_ms, event.t_end_ms, "paused" if event.reason == PAUSED else "gap")
                state = replace(
                    self,
                    gap_ms=self.gap_ms + event.lost_ms,
                    gap_count=self.gap_count + (event.lost_ms > 0),
                    history=_recent(self.history, moment),
                )
            case Utterance():
                utterances = (event, *self.utterances)[:UTTERANCES]
                state = replace(self, utterances=utterances, utterance_count=self.utterance_count + 1)
            case Health():
                # What was heard last is not what is there now.
                estimate = self.estimate if event.source_ok and not event.paused_by else None
                state = replace(self, health=event, source_ok=event.source_ok, estimate=estimate)
            case Error():
                state = replace(self, error=event)
            case _:
                state = self
        if state.error is not None and now_ms - state.error.t_end_ms > ERROR_MS:
            state = replace(state, error=None)
        return replace(state, now_ms=now_ms)


def _moment(estimate: Estimate, start_ms: int) -> Moment:
    if estimate.label is not None:
        return Moment(start_ms, estimate.t_end_ms, "label", estimate.label, estimate.confidence)
    if estimate.speech:
        return Moment(start_ms, estimate.t_end_ms, "unsure", confidence=estimate.confidence)
    return Moment(start_ms, estimate.t_end_ms, "silence")


def _with_moment(shown_ms: Mapping[str, int], moment: Moment) -> Mapping[str, int]:
    if moment.kind == "silence":
        return shown_ms
    return {**shown_ms, moment.label: shown_ms.get(moment.label, 0) + moment.end_ms - moment.start_ms}


def _recent(history: tuple[Moment, ...], moment: Moment) -> tuple[Moment, ...]:
    oldest_ms = moment.end_ms - HISTORY_MS
    kept = (past for past in history[1 - HISTORY_MOMENTS :] if past.end_ms > oldest_ms)
    return (*kept, moment)
