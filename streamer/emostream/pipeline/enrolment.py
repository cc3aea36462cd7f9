"""Enrolment by moods: in which mood the person is to speak next, and what was heard of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum, auto

from emostream.audio import AudioBlock
from emostream.events import Event, Utterance, UtteranceStart
from emostream.inference.profile import SpeakerProfile, profile_with_moods
from emostream.pipeline.stream import EmotionStream

# Seconds of speech in one mood that are enough, and that are worth anything.
TARGET_S, MIN_S = 3.0, 1.0
# Seconds of audio until a mood is asked for again, then left out.
PATIENCE_S = 20.0


class Outcome(StrEnum):
    """What becomes of a mood that has ended."""

    KEPT = auto()
    ASKED_AGAIN = auto()
    LEFT_OUT = auto()


@dataclass(frozen=True, slots=True)
class EndedMood:
    """A mood that has ended, with how many seconds of speech in it."""

    label: str
    seconds: float
    outcome: Outcome


class MoodEnrolment:
    """The moods of ``labels`` one after the other, heard by one stream.

    A mood ends at the end of the utterance with which ``TARGET_S`` seconds of speech are complete, in unbroken speech
    at twice as much, or after ``PATIENCE_S`` seconds of audio. One with less than ``MIN_S`` is asked for again once.
    """

    def __init__(self, name: str, labels: Sequence[str], stream: EmotionStream) -> None:
        self._name = name
        self._labels = tuple(labels)
        self._stream = stream
        self._heard: dict[str, SpeakerProfile] = {}
        self._place = 0
        self._asked_again = False
        self._listen_anew()

    @property
    def label(self) -> str | None:
        """The mood to speak in now, None after the last."""
        return self._labels[self._place] if self._place < len(self._labels) else None

    @property
    def speech_s(self) -> float:
        """Seconds of speech in that mood so far."""
        return self._stream.predicted_speech_s

    def push(self, block: AudioBlock) -> list[Event]:
        """Take the next block; gives the stream's events. Raises as ``EmotionStream.push``."""
        events = self._stream.push(block)
        for event in events:
            if isinstance(event, UtteranceStart | Utterance):
                self._speaking = isinstance(event, UtteranceStart)
        return events

    def end_mood(self, *, audio_ended: bool = False) -> EndedMood | None:
        """End the mood at hand where enough was heard, where it took too long, and where no audio will follow."""
        label = self.label
        complete = self.speech_s >= TARGET_S and (not self._speaking or self.speech_s >= 2 * TARGET_S)
        late = self._stream.clock_ms >= 1000 * PATIENCE_S
        if label is None or not (complete or late or audio_ended):
            return None
        self._stream.flush()
        profile = self._stream.profile(self._name)
        if profile.seconds >= MIN_S:
            self._heard[label] = profile
            outcome = Outcome.KEPT
        else:
            outcome = Outcome.LEFT_OUT if self._asked_again or audio_ended else Outcome.ASKED_AGAIN
        self._go_to(self._place + (outcome is not Outcome.ASKED_AGAIN), asked_again=outcome is Outcome.ASKED_AGAIN)
        return EndedMood(label, profile.seconds, outcome)

    def skip(self) -> None:
        """Leave the mood at hand out."""
        self._go_to(min(self._place + 1, len(self._labels)))

    def redo(self) -> None:
        """Listen anew to the mood at hand, or to the one before where less than ``MIN_S`` of this one was heard."""
        self._go_to(self._place if self.speech_s >= MIN_S else max(0, self._place - 1))
        if self.label is not None:
            self._heard.pop(self.label, None)

    def profile(self) -> SpeakerProfile:
        """What was heard so far, with its moods; of 0 seconds where nothing was."""
        return profile_with_moods(self._heard) if self._heard else self._stream.profile(self._name)

    def _go_to(self, place: int, *, asked_again: bool = False) -> None:
        self._place, self._asked_again = place, asked_again
        self._listen_anew()

    def _listen_anew(self) -> None:
        self._stream.reset()
        self._speaking = False
