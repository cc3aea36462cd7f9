"""What an evaluation found: labels and probabilities by clip, and the log of each clip's stream."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emostream.events import Estimate, Event, Utterance
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.metrics import NO_LABEL, confusion, interval, recalls, speaker_bootstrap, uar

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class ClipLog:
    """All that a stream said of one clip: S steps, U utterances, K labels; times in ms from the clip's beginning.

    ``p`` (K,) is the summary's, all 0 where there is no speech, as are the rows of ``step_p`` (S, K; smoothed) and
    ``utterance_p`` (U, K) that carry no probabilities. ``step_label`` (S,) is the label that was shown, ``NO_LABEL``
    where none was. ``elapsed_ms`` (S,) is each step's length, ``agreement`` (S,) in [0, 1], ``speaking`` (S,) bool,
    ``utterance_ms`` (U, 2) from first to last voiced moment.
    """

    p: F64
    step_end_ms: F64
    elapsed_ms: F64
    step_p: F64
    step_label: NDArray[np.int64]
    agreement: F64
    speaking: NDArray[np.bool_]
    utterance_ms: F64
    utterance_p: F64

    @property
    def speech_ms(self) -> float:
        """How long somebody spoke, from first to last voiced moments."""
        return float(np.sum(self.utterance_ms[:, 1] - self.utterance_ms[:, 0]))

    @property
    def spoken_p(self) -> F64:
        """The mean (K,) of the utterances' probabilities, weighted by their length; 0 where there is none."""
        lengths = (self.utterance_ms[:, 1] - self.utterance_ms[:, 0]) * self.utterance_p.any(axis=1)
        return lengths @ self.utterance_p / max(float(lengths.sum()), 1.0)

    @property
    def mean_agreement(self) -> float:
        """Agreement of the networks over the steps that carry probabilities; 0 where none does."""
        predicted = self.step_p.any(axis=1)
        return float(self.agreement[predicted].mean()) if predicted.any() else 0.0


@dataclass(frozen=True)
class Evaluation:
    """What was named: ``p`` (N, K) clip probabilities (zeros where no speech was heard), ``truth`` (N,)."""

    name: str
    labels: tuple[str, ...]
    clips: tuple[Clip, ...]
    truth: NDArray[np.int64]
    p: NDArray[np.float64]

    @property
    def predicted(self) -> NDArray[np.int64]:
        """The likeliest label of each clip, ``NO_LABEL`` where no speech was heard. Nothing abstains here."""
        return np.where(self.p.any(axis=1), self.p.argmax(axis=1), NO_LABEL)

    @property
    def corpora(self) -> NDArray[np.str_]:
        """The corpus of each clip."""
        return np.array([clip.corpus for clip in self.clips])

    def mask_of(self, clips: Sequence[Clip]) -> NDArray[np.bool_]:
        """Which of the evaluation's clips are among ``clips``, shape (N,)."""
        paths = {clip.path for clip in clips}
        return np.array([clip.path in paths for clip in self.clips])

    def of(self, chosen: NDArray[np.bool_]) -> "Evaluation":
        """What was named of the chosen clips alone."""
        clips = tuple(clip for clip, wanted in zip(self.clips, chosen, strict=True) if wanted)
        return Evaluation(self.name, self.labels, clips, self.truth[chosen], self.p[chosen])

    def uar_by_corpus(self) -> dict[str, float]:
        """UAR of each corpus."""
        return {corpus: uar(self.truth[of], self.predicted[of]) for corpus, of in self._by_corpus()}

    def intervals(self) -> dict[str, tuple[float, float]]:
        """The 95 % interval over speakers of the UAR of each corpus and, by the name ``mean``, of the corpora's mean.

        Speakers are drawn within their corpus; the mean's draws are the means of the corpora's.
        """
        draws = self._draws()
        of_mean = interval(np.mean(list(draws.values()), axis=0))
        return {**{corpus: interval(drawn) for corpus, drawn in draws.items()}, "mean": of_mean}

    def fall_from(self, other: "Evaluation") -> tuple[float, float, float]:
        """How far the mean of the corpora's UAR is below that of ``other``, and the 95 % interval of the difference.

        Both are of the same clips, and in each draw of the same speakers: what all find hard moves no difference.
        """
        fall = np.mean(list(other.uar_by_corpus().values())) - np.mean(list(self.uar_by_corpus().values()))
        falls = np.subtract(list(other._draws().values()), list(self._draws().values())).mean(axis=0)
        return float(fall), *interval(falls)

    def scores(self) -> dict[str, float]:
        """The figures that a card carries."""
        by_corpus = self.uar_by_corpus()
        recall = recalls(self.truth, self.predicted, range(len(self.labels)))
        return {
            **{f"UAR {corpus}": round(score, 4) for corpus, score in by_corpus.items()},
            "UAR mean": round(float(np.mean(list(by_corpus.values()))), 4),
            **{f"recall {label}": round(float(value), 4) for label, value in zip(self.labels, recall, strict=True)},
        }

    def confusion(self) -> NDArray[np.int64]:
        """Counts (K, K + 1): rows the truth, columns what was named, the last for no verdict."""
        return confusion(self.truth, self.predicted, len(self.labels))

    def _draws(self) -> dict[str, F64]:
        """Bootstrap draws of each corpus's UAR; the same speakers are drawn for the same clips."""
        speakers = np.array([clip.speaker for clip in self.clips])
        return {
            corpus: speaker_bootstrap(self.truth[of], self.predicted[of], speakers[of], seed=seed)
            for seed, (corpus, of) in enumerate(self._by_corpus())
        }

    def _by_corpus(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        for corpus in sorted(set(self.corpora.tolist())):
            yield corpus, self.corpora == corpus


@dataclass(frozen=True)
class StreamedEvaluation(Evaluation):
    """The same with each clip's log, and which of the sets of models judged it: ``fold`` (N,)."""

    fold: NDArray[np.int64]
    logs: tuple[ClipLog, ...]

    def of(self, chosen: NDArray[np.bool_]) -> "StreamedEvaluation":
        """What was named of the chosen clips alone."""
        part = super().of(chosen)
        logs = tuple(log for log, wanted in zip(self.logs, chosen, strict=True) if wanted)
        return StreamedEvaluation(part.name, part.labels, part.clips, part.truth, part.p, self.fold[chosen], logs)


def log_of(events: Sequence[Event], labels: tuple[str, ...], p: Mapping[str, float], start_ms: float = 0.0) -> ClipLog:
    """The log of a clip that began at ``start_ms`` of its stream, from its events and its verdict by label."""
    steps = [event for event in events if isinstance(event, Estimate)]
    utterances = [event for event in events if isinstance(event, Utterance)]
    place = {label: i for i, label in enumerate(labels)}
    ends = np.array([step.t_end_ms for step in steps], float) - start_ms
    spans = np.array([(utterance.t_start_ms, utterance.t_end_ms) for utterance in utterances], float)
    return ClipLog(
        p=_vector(p, labels),
        step_end_ms=ends,
        elapsed_ms=np.diff(ends, prepend=0.0),
        step_p=np.array([_vector(step.p, labels) for step in steps]).reshape(-1, len(labels)),
        step_label=np.array([NO_LABEL if step.label is None else place[step.label] for step in steps], np.int64),
        agreement=np.array([step.agreement for step in steps]),
        speaking=np.array([step.speech for step in steps], bool),
        utterance_ms=spans.reshape(-1, 2) - start_ms,
        utterance_p=np.array([_vector(utterance.p, labels) for utterance in utterances]).reshape(-1, len(labels)),
    )


def _vector(p: Mapping[str, float], labels: tuple[str, ...]) -> NDArray[np.float64]:
    return np.array([p.get(label, 0.0) for label in labels])
