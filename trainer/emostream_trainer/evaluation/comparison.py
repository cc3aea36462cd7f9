"""A recorded session judged by two sets of models: the same rows, each through the path that live streams take."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from emostream.errors import SessionError, UsageError
from emostream.events import Estimate, Event, Utterance
from emostream.inference.batching import run_alone
from emostream.inference.step import Step
from emostream.inference.vad import SpeechChange
from emostream.pipeline.factory import StreamFactory
from emostream.sessions.session import Session

UNSURE = "unsure"
# Items that go through the networks at once: a minute's.
ITEMS_AT_ONCE = 240


@dataclass(frozen=True)
class Judged:
    """One utterance as both judge it, from ``start_ms`` to ``end_ms`` of the session."""

    start_ms: float
    end_ms: float
    first: Utterance
    second: Utterance

    @property
    def is_same(self) -> bool:
        """Whether both say the same label, or none."""
        return self.first.label == self.second.label

    @property
    def seconds(self) -> float:
        """How long it is."""
        return (self.end_ms - self.start_ms) / 1000

    @property
    def distance(self) -> float:
        """The total variation distance between the two probabilities, 0 to 1."""
        return sum(abs(p - self.second.p[label]) for label, p in self.first.p.items()) / 2


@dataclass
class Comparison:
    """What two sets of models, ``first`` and ``second``, say of a session.

    ``utterances`` are those that were long enough for the networks. ``steps`` counts, over the steps in speech, whether
    both showed the same. ``seconds`` is how long the session was up to its last step.
    """

    labels: tuple[str, ...]
    utterances: list[Judged] = field(default_factory=list)
    steps: Counter[bool] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def changed(self) -> list[Judged]:
        """The utterances of which they say different things."""
        return [judged for judged in self.utterances if not judged.is_same]

    @property
    def same_utterances(self) -> float:
        """The share of utterances of which both say the same."""
        return 1 - len(self.changed) / len(self.utterances)

    @property
    def same_time(self) -> float:
        """The share of the utterances' time of which both say the same."""
        return 1 - sum(judged.seconds for judged in self.changed) / sum(judged.seconds for judged in self.utterances)

    @property
    def same_steps(self) -> float:
        """The share of steps in speech at which both showed the same."""
        return self.steps[True] / max(self.steps.total(), 1)

    @property
    def distance(self) -> float:
        """The mean over utterances of the total variation distance between both."""
        return sum(judged.distance for judged in self.utterances) / len(self.utterances)

    def pairs(self) -> Counter[tuple[str, str]]:
        """How many utterances have which two labels, or ``UNSURE``."""
        return Counter((name_of(judged.first), name_of(judged.second)) for judged in self.utterances)


def name_of(utterance: Utterance) -> str:
    """An utterance's label, or ``UNSURE``."""
    return utterance.label or UNSURE


def compare(session: Session, first: StreamFactory, second: StreamFactory) -> Comparison:
    """Have two sets of models read the rows of a session.

    Raises ``UsageError`` for models with different labels, and ``SessionError`` for a session without the rows that
    they read, or without speech.
    """
    labels = first.models[0].card.labels
    others = second.models[0].card.labels
    if set(labels) != set(others):
        raise UsageError(
            f"the two name different things, {', '.join(labels)} and {', '.join(others)}: expected models of the same "
            "labels"
        )
    comparison = Comparison(labels)
    cards = [model.card for factory in (first, second) for model in factory.models]
    streams, of_stream = (first.step_stream(), second.step_stream()), 0
    for segment in session.segments(cards):
        if segment.stream != of_stream:  # as live, where other models begin anew
            streams, of_stream = (first.step_stream(), second.step_stream()), segment.stream
        for stream in streams:
            stream.start_segment(segment.start_ms)
        offset_ms = session.offset_ms(segment.stream)
        while items := list(islice(segment.items, ITEMS_AT_ONCE)):
            count = len(first.models)
            halves = _with_windows(items, slice(0, count)), _with_windows(items, slice(count, None))
            one, other = (
                run_alone(stream.push_requests(half), factory.models)
                for stream, half, factory in zip(streams, halves, (first, second), strict=True)
            )
            _count(comparison, one, other, offset_ms)
    if not comparison.utterances:
        raise SessionError(f"{session.folder} has no utterance to compare: nobody spoke for long enough")
    return comparison


def _with_windows(items: Sequence[SpeechChange | Step], chosen: slice) -> Iterator[SpeechChange | Step]:
    """The items, of whose windows only those of some models are left."""
    return (replace(item, windows=item.windows[chosen]) if isinstance(item, Step) else item for item in items)


def _count(comparison: Comparison, first: Sequence[Event], second: Sequence[Event], offset_ms: float) -> None:
    """Count in what both say of the same items: the same kinds of events, at the same times."""
    for one, other in zip(first, second, strict=True):
        comparison.seconds = max(comparison.seconds, (offset_ms + one.t_end_ms) / 1000)
        if isinstance(one, Utterance) and isinstance(other, Utterance) and one.p:
            times = (offset_ms + one.t_start_ms, offset_ms + one.t_end_ms)
            comparison.utterances.append(Judged(*times, one, other))
        elif isinstance(one, Estimate) and isinstance(other, Estimate) and one.speech and one.p:
            comparison.steps[one.label == other.label] += 1
