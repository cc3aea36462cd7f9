"""A whole training run: features, one network a fold with speakers held out, then one network on all speakers."""

import importlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
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
from emostream_trainer.data.feature_cache import MOST_VOICES, FeatureCache, load_feature_cache, load_voices
from emostream_trainer.data.splits import FOLDS, Split, folds, folds_of_one_voice, leave_one_corpus_out
from emostream_trainer.data.training_set import Excerpt, TrainingSet, batches_of_one_length, excerpts, rows_of
from emostream_trainer.metrics import uar
from emostream_trainer.recipes import TEACHER_FEATURES, Recipe
from emostream_trainer.training.curves import learning_curves
from emostream_trainer.training.devices import Device, check_device
from emostream_trainer.training.fit import fit
from emostream_trainer.training.learner import Learner
from emostream_trainer.training.parts import part_of_all, parts_of, work_of
from emostream_trainer.training.progress import RunProgress
from emostream_trainer.training.sides import Sides
from emostream_trainer.training.summaries import SummaryCache, read_summaries, summaries_file, write_summaries

F32 = NDArray[np.float32]


@dataclass(frozen=True)
class TrainingJob:
    """What to train, on what, and where it goes. ``pretrained`` is the file of the network that heard Dusha, if any.

    With ``leave_one_corpus_out`` the parts that are evaluated hold out a corpus each, in place of a fold.
    ``fold_count`` is for corpora without folds of their own. With ``one_voice`` the clips are of one speaker, and the
    folds hold out clips of that voice. ``licence`` is that of the weights; None takes that of the corpora.
    """

    recipe: Recipe
    clips: Sequence[Clip]
    labels: LabelSet
    root: Path
    pretrained: Path | None
    with_folds: bool
    with_all: bool
    leave_one_corpus_out: bool = False
    fold_count: int = FOLDS
    one_voice: bool = False
    licence: str | None = None
    device: Device = "cpu"


def train(job: TrainingJob, console: Console) -> Path:
    """Train what is not yet trained; gives the run's folder. Raises ``UsageError`` or ``NoInputError``."""
    recipe, labels = job.recipe, job.labels
    labels.keep(job.clips)  # refuses a label that nobody speaks
    if recipe.pretrained == "dusha" and job.pretrained is None:
        raise UsageError(
            f"{recipe.name} starts from the network that heard Dusha: give podcasts_finetune.pt with --teacher, which "
            "SberDevices offers at github.com/salute-developers/golos, folder dusha"
        )
    if job.pretrained and "dusha" in (recipe.pretrained, recipe.teacher):
        from emostream_trainer.networks.dusha import load_dusha

        load_dusha(job.pretrained)  # what is wrong with the file is said before features are made
    check_device(job.device, recipe)
    # With a teacher, clips of other emotions train the summary too.
    clips = [clip for clip in job.clips if recipe.teacher or labels.index(clip.emotion) is not None]
    cache_folder = job.root / "features"
    splits = _splits(job, clips)
    parts = parts_of(recipe, splits if job.with_folds else {})
    if job.with_all:
        parts.append(part_of_all(recipe, clips, splits.values()))
    # The same features whatever is held out: their babble keeps to fold and corpus.
    placed = _in_folds(clips, _folds(job, clips, needed=False))
    folder = runs.run_folder(job.root, recipe)
    runs.write_run(folder, _facts(job, clips))  # refuses before features are made
    cache = load_feature_cache(placed, recipe.features, recipe.views, cache_folder, with_telephone=recipe.narrow_band)
    teacher = np.zeros((len(clips), MOST_VOICES, 0), np.float16)
    if recipe.teacher:
        from emostream_trainer.training.teacher import teach

        heard = load_voices(placed, TEACHER_FEATURES[recipe.teacher], recipe.views, cache_folder)
        teacher = teach(heard, recipe.teacher, job.pretrained)
    number = {clip.path: i for i, clip in enumerate(clips)}
    known, kept = _kept_summaries(job, cache)
    in_file = len(known)
    work = work_of(parts, folder, recipe, labels)
    with RunProgress(console, recipe.name, work, recipe.batch_size) as progress:
        for part in parts:
            progress.part(part.name)
            runs.write_split(folder / part.name, part.facts)
            training = TrainingSet(
                recipe,
                clips=part.training,
                numbers=[number[clip.path] for clip in part.training],
                cache=cache,
                labels=labels,
                teacher=teacher,
            )
            fitted = fit(
                training,
                len(labels.labels),
                folder / part.name,
                progress,
                pretrained=job.pretrained,
                known=known,
                judge=Sides(recipe, cache, labels, number, part.training, part.validation),
                device=job.device,
            )
            if kept and len(known) > in_file:
                write_summaries(kept, known)
                in_file = len(known)
            progress.part_ended()
            if part.held_out:
                tested = labels.keep(part.held_out)
                truth = labels.indices(tested)
                logits = clip_logits(fitted.learner, recipe, cache, [number[clip.path] for clip in tested])
                runs.write_held_out(folder / part.name, logits, truth)
                of = "this voice" if job.one_voice else "strangers"
                progress.say(f"UAR {uar(truth, logits.argmax(1)):.3f} on {len(tested)} clips of {of}")
    _draw_curves(folder, recipe)
    return folder


def held_out_uars(folder: Path) -> dict[str, float]:
    """UAR of each part that was evaluated on speakers it did not learn from, by the part's name."""
    parts = [*runs.evaluated_parts(folder), *runs.evaluated_parts(folder, runs.WITHOUT)]
    held_out = {part.name: runs.read_held_out(part) for part in parts}
    return {name: uar(truth, logits.argmax(1)) for name, (logits, truth) in held_out.items()}


def clip_logits(learner: Learner, recipe: Recipe, cache: FeatureCache, numbers: Sequence[int]) -> F32:
    """Mean logits (N, K) over each clip's windows, weighed by their speech; for calibration, not for scores."""
    of_clip = [excerpts(cache, recipe, number) for number in numbers]
    logits: dict[Excerpt, F32] = {}
    for batch in batches_of_one_length(list(chain.from_iterable(of_clip))):
        logits.update(zip(batch, learner.run(rows_of(cache, batch))[0], strict=True))
    return np.stack(
        [
            np.average([logits[window] for window in windows], axis=0, weights=[window.speech_s for window in windows])
            for windows in of_clip
        ]
    ).astype(np.float32)


def _kept_summaries(job: TrainingJob, cache: FeatureCache) -> tuple[SummaryCache, Path | None]:
    """Summaries of an earlier run, and the file of them: only networks that learn nothing before have the same."""
    if job.recipe.pretrained is None or job.recipe.epochs:
        return {}, None
    path = summaries_file(cache.folder, job.recipe, job.pretrained)
    return read_summaries(path), path


def _splits(job: TrainingJob, clips: Sequence[Clip]) -> dict[str, Split]:
    """The splits that evaluate the recipe, by the name of their part."""
    if job.leave_one_corpus_out:
        return {f"{runs.WITHOUT}{corpus}": split for corpus, split in leave_one_corpus_out(clips).items()}
    return {f"{runs.FOLD}{i}": split for i, split in enumerate(_folds(job, clips, needed=job.with_folds))}


def _folds(job: TrainingJob, clips: Sequence[Clip], *, needed: bool) -> list[Split]:
    """The folds that evaluate the recipe; none where there are too few speakers and they are not needed."""
    if job.one_voice:
        return folds_of_one_voice(clips, job.fold_count)
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


def _facts(job: TrainingJob, clips: Sequence[Clip]) -> runs.RunFacts:
    facts = sources(clips)
    return runs.RunFacts(
        recipe=job.recipe,
        labels=job.labels.labels,
        training_data="; ".join(f"{fact.title} ({fact.language}, {fact.licence})" for fact in facts),
        licence=job.licence or weights_licence(facts),
        attribution=_attribution(job.recipe),
        clips=dict(Counter(clip.corpus for clip in clips)),
        one_voice=job.one_voice,
    )


def _attribution(recipe: Recipe) -> str:
    """Whose network had a part in the weights."""
    other = recipe.teacher or recipe.pretrained
    if other is None:
        return ""
    attribution: str = importlib.import_module(f"emostream_trainer.networks.{other}").ATTRIBUTION
    return attribution


def _draw_curves(folder: Path, recipe: Recipe) -> None:
    histories = {path.parent.name: runs.read_history(path.parent) for path in sorted(folder.glob(f"*/{runs.HISTORY}"))}
    if histories:  # a discriminant alone has none
        learning_curves(folder / runs.CURVES, histories, recipe.name)
