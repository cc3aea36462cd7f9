"""Enrolment by moods within a stream that goes on: what is heard, kept apart by the mood in which it is spoken."""

import msgspec

from emostream.events import Event
from emostream.inference.batching import Requests
from emostream.inference.profile import SpeakerProfile, profile_with_moods
from emostream.pipeline.stream import EmotionStream


class MoodProfiles:
    """The moods of one stream's speech, as its driver names them. Without any it is of no mood.

    A mood that is started again is forgotten first, so at most one profile a label is kept.
    """

    def __init__(self, stream: EmotionStream) -> None:
        self._stream = stream
        self.reset()

    def reset(self) -> None:
        """Forget all moods: what follows is spoken in none."""
        self.mood: str | None = None
        self._kept: dict[str, SpeakerProfile] = {}

    def start_requests(self, mood: str | None) -> Requests[list[Event]]:
        """End the audio so far as a flush does; what follows is spoken in ``mood``, a label, or in none.

        Raises ``ValueError`` for what is no label, ``ProfileError`` where no model takes a speaker into account.
        """
        labels = self._stream.labels
        if mood is not None and mood not in labels:
            raise ValueError(f"got the mood '{mood}', expected one of {', '.join(labels)}, or null for none")
        self._stream.require_adaptation()
        events = yield from self._stream.flush_requests()  # no window may reach from one mood into the next
        self._kept = self._by_mood()
        self._kept.pop(mood or "", None)
        self._stream.start_profile()
        self.mood = mood
        return events

    def seconds(self) -> dict[str, float]:
        """Seconds of speech by mood so far, moods without any left out."""
        return {mood: profile.seconds for mood, profile in self._by_mood().items()}

    def profile(self, name: str) -> SpeakerProfile:
        """The speech so far as the profile of a person: that of the moods, or of all of it without a mood.

        Raises ``ProfileError`` where no model takes a speaker into account.
        """
        by_mood = self._by_mood()
        if not by_mood:
            return self._stream.profile(name)
        return msgspec.structs.replace(profile_with_moods(by_mood), name=name)

    def _by_mood(self) -> dict[str, SpeakerProfile]:
        if self.mood is None or not self._stream.predicted_speech_s:
            return dict(self._kept)
        return {**self._kept, self.mood: self._stream.profile(self.mood)}
