"""The networks that one run trains: one a split, with its speakers held out, and one on all speakers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from emostream_trainer import runs
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.labels import LabelSet
from emostream_trainer.data.splits import Split, split_hash, validation_split
from emostream_trainer.recipes import Recipe
from emostream_trainer.training.progress import Work


@dataclass(frozen=True)
class Part:
    """One network of a run: the clips that it learns from, those that judge its epochs, those it is evaluated on.

    Where the recipe has patience its judges are no held-out speakers. ``facts`` names learners and judges alike.
    """

    name: str
    training: tuple[Clip, ...]
    validation: tuple[Clip, ...]
    held_out: tuple[Clip, ...]
    facts: runs.SplitFacts


def parts_of(recipe: Recipe, splits: Mapping[str, Split]) -> list[Part]:
    """A part for each split, by name."""
    return [_part(recipe, name, split.train, split.test, split_hash(split)) for name, split in splits.items()]


def part_of_all(recipe: Recipe, clips: Sequence[Clip], splits: Iterable[Split]) -> Part:
    """The part that learns from all speakers; ``splits`` are those that evaluate its recipe, if there are any."""
    known = list(splits)
    return _part(recipe, runs.ALL, clips, (), split_hash(*known) if known else "")


def work_of(parts: Sequence[Part], folder: Path, recipe: Recipe, labels: LabelSet) -> dict[str, Work]:
    """What is still to do of each part of the run in ``folder``."""
    work, summarised = {}, set[Path]()
    for part in parts:
        history = runs.read_history(folder / part.name)
        epochs = 0 if runs.has_ended(history, recipe) else recipe.epochs - len(history)
        batches = -(-(recipe.clips_per_epoch or len(part.training)) // recipe.batch_size)
        clips = set[Path]()
        if recipe.relative and not runs.is_trained(folder / part.name, recipe):
            clips = {clip.path for clip in part.training if labels.index(clip.emotion) is not None}
        if not recipe.epochs:  # summaries are the same in all parts
            clips, summarised = clips - summarised, summarised | clips
        work[part.name] = Work(epochs * batches, len(clips))
    return work


def _part(recipe: Recipe, name: str, clips: Sequence[Clip], held_out: Sequence[Clip], of_split: str) -> Part:
    facts = runs.SplitFacts(speakers=tuple(sorted({clip.speaker for clip in clips})), split_hash=of_split)
    if not recipe.patience:
        return Part(name, tuple(clips), tuple(held_out), tuple(held_out), facts)
    inner = validation_split(clips, seed=recipe.seed)
    return Part(name, inner.train, inner.test, tuple(held_out), facts)
