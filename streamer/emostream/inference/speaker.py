"""Speaker adaptation: how a person usually speaks, subtracted before an emotion is predicted.

One person's neutral voice sounds like another person's sad one. Networks with a ``summary`` output also take an
``offset``. This module computes it from the profile of an enrolled person (``profile.py``) and from the stream's speech
so far. Both are means of summaries: audio cannot be recovered from them.

A stream's speech is not balanced over moods: an hour of sadness must not become what counts as neutral. So from each
summary the mean of the moods is taken that the models believe they hear, and what remains is the voice's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from emostream.errors import ProfileError
from emostream.features.arrays import MeanSummary, Offset, Probabilities, Summaries
from emostream.inference.card import ModelCard
from emostream.inference.profile import NEUTRAL, ModelMean, SpeakerProfile

# Seconds of speech of which a voice must have been heard before, and of late, before it is taken for another.
LEAST_KNOWN_S, LEAST_RECENT_S = 10.0, 4.0


@dataclass(frozen=True, slots=True)
class AdaptationConfig:
    """How strongly a stream adapts to its speaker.

    A profile is compared with ``neutral_summary``, or mood by mood with ``label_summaries`` where both have moods. It
    has the weight ``seconds / (seconds + enrol_prior_s)``. With ``drift`` a stream also follows its own speech: the
    running mean of how its summaries differ from those of the moods that are believed, whose probabilities are raised
    to ``belief_exponent`` in [0, 1] and divided by their sum before. In that mean the weight of old speech halves
    every ``drift_half_life_s`` of new speech. It has the weight ``seconds / (seconds + drift_prior_s)``. For a model
    whose card has no ``label_summaries`` summaries are compared with ``speech_summary``, and the weight is ``seconds /
    (seconds + moodless_prior_s)``, at most ``moodless_limit``. The numbers of an offset are clipped to ``largest``
    standard deviations of the training speakers, so that a wrong profile does bounded harm. The offset changes between
    utterances, and within one that has lasted for ``longest_unadapted_s``.

    Another voice is noticed where the offset changes: the mean of late, whose speech counts half after
    ``recent_half_life_s``, points elsewhere than that of all speech before it (their cosine is below
    ``same_voice_cosine``; -1 notices none), each of enough speech. The stream then follows the mean of late alone.

    Raises ``ValueError`` for numbers outside these ranges.
    """

    enrol_prior_s: float = 8.0
    drift: bool = True
    drift_prior_s: float = 10.0
    drift_half_life_s: float = 120.0
    belief_exponent: float = 0.12
    moodless_prior_s: float = 60.0
    moodless_limit: float = 0.5
    longest_unadapted_s: float = 15.0
    largest: float = 2.0
    same_voice_cosine: float = 0.6
    recent_half_life_s: float = 6.0

    def __post_init__(self) -> None:
        positive = (
            self.enrol_prior_s,
            self.drift_prior_s,
            self.moodless_prior_s,
            self.drift_half_life_s,
            self.recent_half_life_s,
            self.longest_unadapted_s,
        )
        shares = (self.belief_exponent, self.moodless_limit)
        if not (
            all(value > 0 for value in positive)
            and all(0 <= share <= 1 for share in shares)
            and self.largest >= 0
            and -1 <= self.same_voice_cosine <= 1
        ):
            raise ValueError(
                "adaptation needs priors, half-lives and longest_unadapted_s > 0, belief_exponent and moodless_limit "
                f"from 0 to 1, same_voice_cosine from -1 to 1, and largest >= 0: got {self}"
            )

    def drift_weight(self, card: ModelCard, speech_s: float) -> float:
        """How far a model's offset follows so many seconds of speech, from 0 to 1."""
        if card.label_summaries:
            return speech_s / (speech_s + self.drift_prior_s)
        return min(self.moodless_limit, speech_s / (speech_s + self.moodless_prior_s))


class SpeakerAdaptation:
    """The offsets of one stream's models: summaries in, offsets out, which change at each ``adapt`` alone.

    ``cards`` are the models' in their order, and so are ``offsets``: float32 of shape (S,), or None for a model whose
    card has no mean summaries. Raises ``ProfileError`` for a profile that was made with other models.
    """

    def __init__(
        self, cards: Sequence[ModelCard], config: AdaptationConfig, profile: SpeakerProfile | None = None
    ) -> None:
        self._cards = tuple(cards)
        self._config = config
        self._moods = [np.array(card.label_summaries) for card in cards]
        self._speech = [np.array(card.speech_summary) for card in cards]
        self._personal = _personal_offsets(self._cards, config, profile)
        self.adapts = config.drift and any(card.speech_summary for card in cards)
        self.reset()

    def reset(self) -> None:
        """Forget the stream's speech, keep the profile: what follows is as from a new one."""
        sizes = [len(card.speech_summary) for card in self._cards]
        self._whole = _SummaryMeans(sizes)
        self._differences = _SummaryMeans(sizes, self._config.drift_half_life_s)
        self._recent = _SummaryMeans(sizes, self._config.recent_half_life_s)
        self._adapt_to(self._personal)

    @property
    def speech_s(self) -> float:
        """Seconds of the speech that a profile of now would be the mean of."""
        return self._whole.seconds

    def push(self, summaries: Sequence[Summaries], p: Probabilities, speech_s: float) -> None:
        """Count in each model's summary, of shape (S,), of a window with ``speech_s`` seconds of new speech.

        ``p`` (K,) is how likely the labels are in that window.
        """
        # Speech of overflowing loudness has no finite summary; one of those would stay in the means for good.
        if speech_s <= 0 or not all(np.isfinite(summary).all() for summary in summaries):
            return
        self._whole.push(summaries, speech_s)
        belief = p.astype(np.float64) ** self._config.belief_exponent
        belief /= belief.sum()
        usual = [
            belief @ moods if len(moods) else speech for moods, speech in zip(self._moods, self._speech, strict=True)
        ]
        # A model without means on its card has a summary all the same, and nothing to compare it with.
        differences = [summary - of if len(of) else of for summary, of in zip(summaries, usual, strict=True)]
        self._differences.push(differences, speech_s)
        self._recent.push(differences, speech_s)

    def start_profile(self) -> None:
        """A profile is of the speech from here on; the offsets stay."""
        self._whole = _SummaryMeans([len(card.speech_summary) for card in self._cards])

    def adapt(self) -> None:
        """Compute the offsets anew from the speech so far."""
        if not self.adapts:
            return
        if self._hears_another_voice():
            self._differences.become(self._recent)
        speech_s = self._differences.seconds
        self._adapt_to(
            personal + self._config.drift_weight(card, speech_s) * (difference - personal)
            for card, personal, difference in zip(self._cards, self._personal, self._differences.means, strict=True)
        )

    def profile(self, name: str) -> SpeakerProfile:
        """The speech since the start, or since ``start_profile``, as a profile.

        Raises ``ProfileError`` where no model has an offset.
        """
        require_adaptation(self._cards)
        means = zip(self._cards, self._whole.means, strict=True)
        return SpeakerProfile(
            name=name,
            seconds=self._whole.seconds,
            models=tuple(
                ModelMean(model=card.identity(), mean=tuple(mean.tolist())) for card, mean in means if len(mean)
            ),
        )

    def _hears_another_voice(self) -> bool:
        """Whether what was heard of late differs from everybody in other ways than what was heard before it."""
        older = self._differences.older_than(self._recent)
        if older.seconds < LEAST_KNOWN_S or self._recent.seconds < LEAST_RECENT_S:
            return False
        # Without its moods taken off, a difference says as much of them as of the voice.
        knows_moods = [bool(len(moods)) for moods in self._moods]
        then, now = (
            np.concatenate([[0.0], *(mean for mean, told in zip(means, knows_moods, strict=True) if told)])
            for means in (older.means, self._recent.means)
        )
        size = float(np.linalg.norm(then) * np.linalg.norm(now))
        return float(then @ now) < self._config.same_voice_cosine * size

    def _adapt_to(self, offsets: Iterable[MeanSummary]) -> None:
        largest = self._config.largest
        self.offsets: tuple[Offset | None, ...] = tuple(
            np.clip(offset, -largest, largest).astype(np.float32) if len(offset) else None for offset in offsets
        )


class _SummaryMeans:
    """Means of summaries weighted by seconds of speech; the weight of old speech halves every ``half_life_s``."""

    def __init__(self, sizes: Sequence[int], half_life_s: float = np.inf) -> None:
        self._half_life_s = half_life_s
        self._sums = [np.zeros(size) for size in sizes]
        self.seconds = 0.0

    def push(self, summaries: Sequence[Summaries], speech_s: float) -> None:
        kept = 0.5 ** (speech_s / self._half_life_s)
        self.seconds = kept * self.seconds + speech_s
        self._sums = [
            kept * total + speech_s * summary if len(total) else total
            for total, summary in zip(self._sums, summaries, strict=True)
        ]

    def older_than(self, recent: "_SummaryMeans") -> "_SummaryMeans":
        """What was counted before that which ``recent`` is the mean of."""
        older = _SummaryMeans([len(total) for total in self._sums])
        older.seconds = self.seconds - recent.seconds
        older._sums = [total - late for total, late in zip(self._sums, recent._sums, strict=True)]
        return older

    def become(self, other: "_SummaryMeans") -> None:
        """Forget all but what the other has counted."""
        self.seconds, self._sums = other.seconds, list(other._sums)

    @property
    def means(self) -> list[MeanSummary]:
        return [total / self.seconds if self.seconds else total for total in self._sums]


def require_adaptation(cards: Sequence[ModelCard]) -> None:
    """Raise ``ProfileError`` unless one of the models can take a speaker into account."""
    if not any(card.neutral_summary for card in cards):
        names = " and ".join(f"{card.name}/{card.variant}" for card in cards)
        raise ProfileError(
            f"{names} cannot take a speaker into account: expected a model with a summary of speech in its card; name "
            "one with --model, or go on without a speaker"
        )


def enrolment_moods(cards: Sequence[ModelCard]) -> tuple[str, ...]:
    """The labels in whose moods a voice can be enrolled: all of them, ``NEUTRAL`` alone, or none."""
    if any(card.label_summaries for card in cards):
        return cards[0].labels
    return (NEUTRAL,) if any(card.neutral_summary for card in cards) else ()


def _personal_offsets(
    cards: Sequence[ModelCard], config: AdaptationConfig, profile: SpeakerProfile | None
) -> tuple[MeanSummary, ...]:
    """Each model's offset (S,) by the profile alone; zeros without a profile."""
    if profile is None:
        return tuple(np.zeros(len(card.neutral_summary)) for card in cards)
    require_adaptation(cards)
    entries = {entry.model: entry for entry in profile.models}
    offsets = []
    for card in cards:
        if not card.neutral_summary:
            offsets.append(np.zeros(0))
            continue
        entry = entries.get(card.identity())
        if entry is None or not _fits(card, entry):
            found = ", ".join(str(model) for model in entries) or "no model"
            raise ProfileError(
                f"the profile of {profile.name} was made with {found}, expected {card.identity()}: enrol again with "
                f"'emostream enrol {profile.name}{' --moods' if card.label_summaries else ''} --force'"
            )
        difference, seconds = _difference(card, entry, profile.seconds)
        offsets.append(seconds / (seconds + config.enrol_prior_s) * difference)
    return tuple(offsets)


def _fits(card: ModelCard, entry: ModelMean) -> bool:
    """Whether an entry for this model has its sizes and labels."""
    size = len(card.neutral_summary)
    return len(entry.mean) == size and all(mood.label in card.labels and len(mood.mean) == size for mood in entry.moods)


def _difference(card: ModelCard, entry: ModelMean, seconds: float) -> tuple[MeanSummary, float]:
    """How a voice differs from the training speakers' (S,), and the seconds of speech that say so, of ``seconds``."""
    if card.label_summaries and entry.moods:
        usual = dict(zip(card.labels, card.label_summaries, strict=True))
        return np.mean([np.subtract(mood.mean, usual[mood.label]) for mood in entry.moods], axis=0), seconds
    neutral = next((mood for mood in entry.moods if mood.label == NEUTRAL), None)
    if neutral is not None:
        return np.subtract(neutral.mean, card.neutral_summary), neutral.seconds
    return np.subtract(entry.mean, card.neutral_summary), seconds
