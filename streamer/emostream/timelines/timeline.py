"""The timeline of one recording: who spoke when and in which emotion, what was lost, how long it all was."""

from collections.abc import Iterator
from dataclasses import dataclass

from emostream.events import GapReason, Hello, Summary, VoiceMeasures
from emostream.sinks.wording import NOT_ENDED, TOO_SHORT, UNSURE
from emostream.timelines.sound import Envelope, PlayedAudio
from emostream.timelines.steps import Steps


@dataclass(frozen=True, slots=True)
class TimelineUtterance:
    """One stretch of speech with its verdict, from ``start_ms`` to ``end_ms``.

    ``p`` maps each label to its probability and is empty where there is no verdict: it was too short for one, or had
    not ended when the events did (``is_ended``). ``label`` is None there, and where no probability is high enough.
    ``confidence`` is the highest probability, ``voice`` says how it was spoken. ``earlier`` are the other labels that
    were shown while it went on, in order, which the verdict revised; it is empty where there were no estimates to see.
    ``ts`` is the wall clock at its end, of live streams alone.
    """

    start_ms: int
    end_ms: int
    label: str | None
    p: dict[str, float]
    confidence: float
    voice: VoiceMeasures | None = None
    earlier: tuple[str, ...] = ()
    ts: str | None = None
    is_ended: bool = True

    @property
    def name(self) -> str:
        """The label, or why there is none."""
        if not self.is_ended:
            return NOT_ENDED
        return (self.label or UNSURE) if self.p else TOO_SHORT


@dataclass(frozen=True, slots=True)
class TimelineGap:
    """Audio that is not there: ``reason`` is ``lost`` or ``paused``; ``lost_ms`` is 0 in a pause."""

    start_ms: int
    end_ms: int
    reason: GapReason
    lost_ms: float


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """All that is known of one recording, or of one run of a live stream. Times are ms of its own clock, from 0.

    ``hello`` says which models read it, with which labels, from which source. ``utterances`` and ``gaps`` are in order;
    what is neither is silence. ``steps`` are there if they were asked for. ``summary`` is there if the recording was
    read to its end. ``dropped`` is how many events are missing because their receiver was too slow. ``envelope`` and
    ``audio`` are there for pictures of recordings whose sound was read.
    """

    hello: Hello
    length_ms: int
    utterances: tuple[TimelineUtterance, ...]
    gaps: tuple[TimelineGap, ...]
    steps: Steps | None = None
    summary: Summary | None = None
    dropped: int = 0
    envelope: Envelope | None = None
    audio: PlayedAudio | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the models, in their order."""
        return self.hello.labels

    @property
    def source(self) -> str:
        """The file's or the microphone's name."""
        return self.hello.source

    @property
    def spans(self) -> list[TimelineUtterance | TimelineGap]:
        """Utterances and gaps in the order in which they begin."""
        return sorted([*self.utterances, *self.gaps], key=lambda span: (span.start_ms, span.end_ms))

    @property
    def speech_ms(self) -> int:
        """How long somebody spoke."""
        return sum(utterance.end_ms - utterance.start_ms for utterance in self.utterances)

    @property
    def lost_ms(self) -> float:
        """How much audio was lost."""
        return sum(gap.lost_ms for gap in self.gaps)

    def silences(self) -> Iterator[tuple[int, int]]:
        """(start, end) in ms of each stretch that is neither speech nor a gap."""
        at_ms = 0
        for span in self.spans:
            if span.start_ms > at_ms:
                yield at_ms, span.start_ms
            at_ms = max(at_ms, span.end_ms)
        if self.length_ms > at_ms:
            yield at_ms, self.length_ms
