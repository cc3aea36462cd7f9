"""A whole training run: features, one network a fold with speakers held out, then one network on all speakers."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from emostream.errors import UsageError
from emostream_trainer import runs
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.labels import LabelSet
from emostream_trainer.corpora.licences import weights_licence
from emostream_trainer.corpora.registry import sources
from emostream_trainer.data.feature_cache import MOST_VOICES, FeatureCache, load_feature_cache
from emostream_trainer.data.splits import FOLDS, Split, folds, leave_one_corpus_out, split_hash
from emostream_trainer.data.training_set import TrainingSet, excerpts
from emostream_trainer.metrics import uar
from emostream_trainer.recipes import DUSHA, TEACHER_SUMMARY, Recipe
from emostream_trainer.training.curves import learning_curves
from emostream_trainer.training.fit import SummaryCache, fit
from emostream_trainer.training.learner import Learner
from emostream_trainer.training.sides import side_figures

F32 = NDArray[np.float32]


@dataclass(frozen=True)
class TrainingJob:
    """What to train, on what, and where it goes. ``teacher`` is the published network's file, None for none.

    With ``leave_one_corpus_out`` the parts that are evaluated hold out a corpus each, in place of a fold.
    ``fold_count`` is for corpora without folds of their own. ``licence`` is that of the weights; None takes that of the
    corpora.
    """

    recipe: Recipe
    clips: Sequence[Clip]
    labels: LabelSet
    root: Path
    teacher: Path | None
    with_folds: bool
    with_all: bool
    leave_one_corpus_out: bool = False
    fold_count: int = FOLDS
    licence: str | None = None


def train(job: TrainingJob, console: Console) -> Path:
    """Train what is not yet trained; gives the run's folder. Raises ``UsageError`` or ``NoInputError``."""
    recipe, labels = job.recipe, job.labels
    labels.keep(job.clips)  # refuses a label that nobody speaks
    if recipe.from_dusha and job.teacher is None:
        raise UsageError(
            f"{recipe.name} starts from the network that heard Dusha: give podcasts_finetune.pt with --teacher"
        )
    taught = bool(recipe.teacher_weight and job.teacher)
    # With a teacher, clips of other emotions train the summary too.
    clips = [clip for clip in job.clips if taught or labels.index(clip.emotion) is not None]
    cache_folder = job.root / "features"
    held_out_parts = _held_out_parts(job, clips)
    splits = list(held_out_parts.values())
    # The same features whatever is held out: their babble keeps to fold and corpus.
    placed = _in_folds(clips, _folds(job, clips, needed=False))
    folder = runs.run_folder(job.root, recipe)
    runs.write_run(folder, _facts(job, clips, taught=taught or recipe.from_dusha))  # refuses before features are made
    cache = load_feature_cache(placed, recipe.features, recipe.views, cache_folder)
    teacher = np.zeros((len(clips), MOST_VOICES, TEACHER_SUMMARY), np.float16)
    if taught and job.teacher:
        from emostream_trainer.training.teacher import teach

        teacher = teach(load_feature_cache(placed, DUSHA, recipe.views, cache_folder), job.teacher)
    number = {clip.path: i for i, clip in enumerate(clips)}
    known: SummaryCache = {}

    def train_part(part: Path, part_clips: Sequence[Clip], held_out: Sequence[Clip], facts: runs.SplitFacts) -> Learner:
        runs.write_split(part, facts)
        numbers = [number[clip.path] for clip in part_clips]
        training = TrainingSet(recipe, clips=part_clips, numbers=numbers, cache=cache, labels=labels, teacher=teacher)
        title = f"{recipe.name} {part.name}"

        def judge(learner: Learner) -> tuple[runs.SideFigures | None, runs.SideFigures | None]:
            if recipe.teacher_weight:  # its classifier is fitted last, on what the epochs gave
                return None, None
            figures = partial(side_figures, recipe=recipe, cache=cache, labels=labels)
            held_out_numbers = [number[clip.path] for clip in held_out]
            return (
                figures(learner, clips=part_clips, numbers=numbers),
                figures(learner, clips=held_out, numbers=held_out_numbers),
            )

        return fit(
            training, len(labels.labels), part, console, title, pretrained=job.teacher, known=known, judge=judge
        ).learner

    for name, split in held_out_parts.items() if job.with_folds else ():
        part = folder / name
        speakers = tuple(sorted({clip.speaker for clip in split.train}))
        learner = train_part(
            part, split.train, split.test, runs.SplitFacts(speakers=speakers, split_hash=split_hash(split))
        )
        tested = labels.keep(split.test)
        truth = labels.indices(tested)
        logits = np.stack([clip_logits(learner, recipe, cache, number[clip.path]) for clip in tested])
        runs.write_held_out(part, logits, truth)
        console.print(
            f"{recipe.name} {part.name}  UAR {uar(truth, logits.argmax(1)):.3f} on {len(tested)} clips of strangers"
        )
    if job.with_all:
        speakers = tuple(sorted({clip.speaker for clip in clips}))
        whole = split_hash(*splits) if splits else ""
        train_part(folder / runs.ALL, clips, (), runs.SplitFacts(speakers=speakers, split_hash=whole))
    _draw_curves(folder, recipe)
    return folder


def clip_logits(learner: Learner, recipe: Recipe, cache: FeatureCache, number: int) -> F32:
    """Mean logits (K,) over a clip's windows, weighed by their speech; for calibration, not for scores."""
    windows = excerpts(cache, recipe, number)
    rows = cache.clip(number)
    logits = [learner.run(rows[None, excerpt.start : excerpt.stop])[0][0] for excerpt in windows]
    return np.average(logits, axis=0, weights=[excerpt.speech_s for excerpt in windows]).astype(np.float32)


def _held_out_parts(job: TrainingJob, clips: Sequence[Clip]) -> dict[str, Split]:
    """The parts that evaluate the recipe, by name."""
    if job.leave_one_corpus_out:
        return {f"{runs.WITHOUT}{corpus}": split for corpus, split in leave_one_corpus_out(clips).items()}
    return {f"{runs.FOLD}{i}": split for i, split in enumerate(_folds(job, clips, needed=job.with_folds))}


def _folds(job: TrainingJob, clips: Sequence[Clip], *, needed: bool) -> list[Split]:
    """The folds that evaluate the recipe; none where there are too few speakers and they are not needed."""
    try:
        return folds(clips, job.fold_count)
    except UsageError:
        if needed:
            raise
        return []


def _in_folds(clips: Sequence[Clip], splits: Sequence[Split]) -> list[Clip]:
    """The clips, each with the place of the fold that holds it out."""
    fold_of = {clip.path: i for i, split in enumerate(splits) for clip in split.test}
    return [replace(clip, fold=fold_of.get(clip.path)) for clip in clips]


def _facts(job: TrainingJob, clips: Sequence[Clip], *, taught: bool) -> runs.RunFacts:
    facts = sources(clips)
    attribution = ""
    if taught:
        from emostream_trainer.networks.dusha import ATTRIBUTION

        attribution = ATTRIBUTION
    return runs.RunFacts(
        recipe=job.recipe,
        labels=job.labels.labels,
        training_data="; ".join(f"{fact.title} ({fact.language}, {fact.licence})" for fact in facts),
        licence=job.licence or weights_licence(facts),
        attribution=attribution,
        clips=dict(Counter(clip.corpus for clip in clips)),
    )


def _draw_curves(folder: Path, recipe: Recipe) -> None:
    histories = {path.parent.name: runs.read_history(path.parent) for path in sorted(folder.glob(f"*/{runs.HISTORY}"))}
    if histories:  # a discriminant alone has none
        learning_curves(folder / "learning_curves", histories, recipe.name)
