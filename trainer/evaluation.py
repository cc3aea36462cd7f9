"""Scores through the live path: each clip streamed as the daemon hears it, by models that never heard its speaker."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from streamer import bundled
from streamer.errors import NoInputError, UsageError
from streamer.model import EmotionModel
from streamer.pipeline import EmotionStream
from streamer.sources.file import FileSource
from trainer import runs
from trainer.corpora.clip import Clip
from trainer.corpora.labels import LabelSet
from trainer.metrics import UNNAMED, confusion, recalls, uar
from trainer.parallel import each


@dataclass(frozen=True)
class Evaluation:
    """What was named: ``p`` (N, K) clip probabilities (zeros where no speech was heard), ``truth`` (N,)."""

    name: str
    labels: tuple[str, ...]
    clips: tuple[Clip, ...]
    truth: NDArray[np.int64]
    p: NDArray[np.float64]

    @property
    def named(self) -> NDArray[np.int64]:
        """The likeliest label of each clip, ``UNNAMED`` where no speech was heard. Nothing abstains here."""
        return np.where(self.p.any(axis=1), self.p.argmax(axis=1), UNNAMED)

    def uar_by_corpus(self) -> dict[str, float]:
        """UAR of each corpus."""
        corpora = np.array([clip.corpus for clip in self.clips])
        return {
            corpus: uar(self.truth[corpora == corpus], self.named[corpora == corpus])
            for corpus in sorted(set(corpora.tolist()))
        }

    def scores(self) -> dict[str, float]:
        """The figures that a card carries."""
        by_corpus = self.uar_by_corpus()
        recall = recalls(self.truth, self.named, range(len(self.labels)))
        return {
            **{f"UAR {corpus}": round(score, 4) for corpus, score in by_corpus.items()},
            "UAR mean": round(float(np.mean(list(by_corpus.values()))), 4),
            **{f"recall {label}": round(float(value), 4) for label, value in zip(self.labels, recall, strict=True)},
        }

    def confusion(self) -> NDArray[np.int64]:
        """Counts (K, K + 1): rows the truth, columns what was named, the last for no verdict."""
        return confusion(self.truth, self.named, len(self.labels))


def model_sets(run_folders: Sequence[Path]) -> list[tuple[Path, ...]]:
    """The models that listen together, fold by fold, of runs that were trained on the same folds.

    Model files, in place of runs, are one set.
    Raises ``NoInputError`` for a run whose folds were not exported, ``UsageError`` for runs of other folds.
    """
    if all(path.is_file() for path in run_folders):
        return [tuple(run_folders)]
    by_run = []
    for folder in run_folders:
        parts = [part for part in runs.fold_parts(folder) if (part / runs.MODEL).exists()]
        if not parts:
            raise NoInputError(f"{folder} holds no exported folds: run 'emostream export {folder}' first")
        by_run.append({runs.read_split(part).speakers: part / runs.MODEL for part in parts})
    if any(set(models) != set(by_run[0]) for models in by_run):
        raise UsageError("these runs were trained on other folds, so no fold of theirs can be judged together")
    return [tuple(models[speakers] for models in by_run) for speakers in by_run[0]]


def evaluate(name: str, sets: Sequence[tuple[Path, ...]], clips: Sequence[Clip], labels: LabelSet) -> Evaluation:
    """Stream every clip through the models that never heard its speaker.

    Raises ``UsageError`` where labels differ, and where a speaker was heard by all sets or is a stranger to several.
    """
    wanted = labels.keep(clips)
    heard = [_heard(models, labels) for models in sets]
    jobs = [(sets[_stranger_to(clip, heard)], clip.path) for clip in wanted]
    verdicts = each(_verdict, jobs, f"{name} hears {len(jobs)} clips")
    p = np.array([[verdict.get(label, 0.0) for label in labels.labels] for verdict in verdicts])
    return Evaluation(name, labels.labels, tuple(wanted), labels.indices(wanted), p)


def _heard(models: tuple[Path, ...], labels: LabelSet) -> set[str]:
    cards = [EmotionModel.load(path).card for path in models]
    for path, card in zip(models, cards, strict=True):
        if card.labels != labels.labels:
            raise UsageError(
                f"{path} names {', '.join(card.labels)}, asked for {', '.join(labels.labels)}: give --labels"
            )
    return {speaker for card in cards for speaker in card.heard_speakers}


def _stranger_to(clip: Clip, heard: Sequence[set[str]]) -> int:
    """Which set of models never heard the clip's speaker."""
    strangers = [i for i, speakers in enumerate(heard) if clip.speaker not in speakers]
    if not strangers:
        raise UsageError(
            f"the speaker {clip.speaker} of {clip.path.name} was heard in training by every model given: a score on "
            "them would flatter; judge the folds of a run, or other speakers"
        )
    if len(strangers) > 1 and len(heard) > 1:
        raise UsageError(
            f"the speaker {clip.speaker} of {clip.path.name} is in the training of no fold, so no one fold can judge "
            "them: give the corpora of the run, or a model file in place of the run"
        )
    return strangers[0]


@cache
def _models(paths: tuple[Path, ...]) -> list[EmotionModel]:
    return bundled.load_models(list(paths))


@cache
def _speech_model() -> object:
    return bundled.load_speech_model()


def _verdict(job: tuple[tuple[Path, ...], Path]) -> dict[str, float]:
    """A clip's probabilities by label, as ``emostream file`` sums it up."""
    paths, clip = job
    source = FileSource(clip, block_s=5.0)
    stream = EmotionStream(_models(paths), _speech_model(), source.sample_rate_hz)
    for block in source.blocks():
        stream.push(block)
    stream.flush()
    return stream.summary().p
