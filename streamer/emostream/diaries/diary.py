"""What a diary holds: for each day and hour how long somebody spoke, in which emotion, how loud, and what was missed.

Times of day are local, with the offset that held then. Everything is ordered by time.
"""

from dataclasses import dataclass
from datetime import date, datetime

# The parts of a day are hours of its clock.
HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class Manner:
    """How one verdict was spoken: medians over its ``utterances``, which took ``speech_s``; None where none has it.

    ``loudness_dbfs`` is dB re full scale, ``pitch_hz`` the fundamental frequency, ``arousal`` 0 (calm) to 1 (excited).
    """

    utterances: int
    speech_s: float
    loudness_dbfs: float | None
    pitch_hz: float | None
    syllables_per_s: float | None
    arousal: float | None


@dataclass(frozen=True, slots=True)
class Hour:
    """The hour that begins at ``start``. ``speech_s`` has the seconds of each verdict: a label, or why there is none.

    Of its 3,600 s ``listened_s`` were read; ``paused_s`` somebody had paused, ``lost_s`` never arrived. An utterance
    belongs to the hour that it begins in. ``loudness_dbfs`` is the median of its utterances, whatever their emotion.
    """

    start: datetime
    listened_s: float
    paused_s: float
    lost_s: float
    speech_s: dict[str, float]
    loudness_dbfs: float | None


@dataclass(frozen=True, slots=True)
class Calm:
    """The longest stretch of calm speech: from the first utterance's start to the last one's end.

    All utterances in it have an arousal below .5, and no silence in it is longer than ten minutes.
    """

    start: datetime
    end: datetime
    speech_s: float


@dataclass(frozen=True, slots=True)
class Day:
    """One day. ``manners`` has each verdict that was given; ``calm`` is None where nobody spoke calmly."""

    date: date
    hours: tuple[Hour, ...]
    manners: dict[str, Manner]
    calm: Calm | None

    @property
    def listened_s(self) -> float:
        """How long it was read."""
        return sum(hour.listened_s for hour in self.hours)

    @property
    def paused_s(self) -> float:
        """How long somebody had paused it."""
        return sum(hour.paused_s for hour in self.hours)

    @property
    def lost_s(self) -> float:
        """How much audio never arrived."""
        return sum(hour.lost_s for hour in self.hours)

    @property
    def speech_s(self) -> float:
        """How long somebody spoke."""
        return sum(sum(hour.speech_s.values()) for hour in self.hours)


@dataclass(frozen=True, slots=True)
class Diary:
    """All days on which something was read. ``verdicts`` are the labels and then why there is none, those that occur.

    ``speakers`` are the enrolled people whom it followed, ``sources`` the microphones' names.
    """

    days: tuple[Day, ...]
    labels: tuple[str, ...]
    verdicts: tuple[str, ...]
    sources: tuple[str, ...]
    speakers: tuple[str, ...]

    @property
    def listened_s(self) -> float:
        """How long it was read."""
        return sum(day.listened_s for day in self.days)

    @property
    def speech_s(self) -> float:
        """How long somebody spoke."""
        return sum(day.speech_s for day in self.days)
