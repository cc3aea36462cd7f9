"""A training run on disk: a folder for each part, with what it takes to go on or to export.

runs/mel_cnn2d-attentive/run.json            recipe, labels, what was trained on
                         fold0/checkpoint    the network after its last epoch, to go on from
                         fold0/best          where a recipe has patience: the network after its best epoch
                         fold0/history.json  loss, accuracy and UAR by epoch, on either side; history.csv has the same
                         fold0/events.out…   the same for TensorBoard
                         fold0/split.json    the training speakers, the hash of the split
                         fold0/summaries.npz the mean summary of the training voices, neutral and all
                         fold0/held_out.npz  logits and labels of the clips of unheard speakers
                         without-tess/...    the same for all corpora but one, which is held out
                         all/...             the same for all speakers, with nothing held out
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from emostream.errors import NoInputError, UsageError
from emostream_trainer.recipes import Recipe

F32 = NDArray[np.float32]
Facts = TypeVar("Facts", bound=msgspec.Struct)
Content = TypeVar("Content")

ALL = "all"
FOLD = "fold"
WITHOUT = "without-"
CHECKPOINT = "checkpoint"
BEST = "best"
DRAFT = "checkpoint.draft"
HISTORY = "history.json"
HISTORY_TABLE = "history.csv"
HELD_OUT = "held_out.npz"
MODEL = "model.onnx"
SUMMARIES = "summaries.npz"
SCORES = "scores.json"
CURVES = "learning_curves"


class RunFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is the same for all parts of a run. ``clips`` counts what was there to train on, by corpus.

    With ``one_voice`` they are of one speaker, and the folds hold out clips of that voice.
    """

    recipe: Recipe
    labels: tuple[str, ...]
    training_data: str
    licence: str
    attribution: str
    clips: dict[str, int]
    one_voice: bool = False


class SideFigures(msgspec.Struct, frozen=True, kw_only=True):
    """A network on some clips of one side: cross-entropy in nats; accuracy and UAR in [0, 1]."""

    loss: float
    accuracy: float
    uar: float


class EpochRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of an epoch: what its steps made smaller, and the network after it on either side.

    ``objective`` is the mean over steps; ``parts`` are those of it, by name, where it is a sum.
    """

    objective: float
    parts: dict[str, float] = {}
    training: SideFigures | None = None
    validation: SideFigures | None = None


class SplitFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The training speakers, and the hash that names the split."""

    speakers: tuple[str, ...]
    split_hash: str


def run_folder(root: Path, recipe: Recipe) -> Path:
    """Where the run of a recipe lives."""
    return root / f"{recipe.network}-{recipe.variant}"


def write_run(folder: Path, facts: RunFacts) -> None:
    """Write ``run.json``; raises ``UsageError`` where the folder holds another run, or one of more epochs.

    More epochs than before are no other run: it goes on.
    """
    path = folder / "run.json"
    if path.exists():
        known = read_run(folder)
        trained = max((len(read_history(part.parent)) for part in folder.glob(f"*/{HISTORY}")), default=0)
        if trained > facts.recipe.epochs:
            raise UsageError(
                f"found {trained} epochs in {folder}, expected at most the {facts.recipe.epochs} asked for: give "
                f"--epochs {trained} or more, choose another folder with --out, or delete {folder} to begin anew"
            )
        recipe = msgspec.structs.replace(known.recipe, epochs=facts.recipe.epochs)
        _check_same(path, msgspec.structs.replace(known, recipe=recipe), facts)
    folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(facts), indent=2))


def read_run(folder: Path) -> RunFacts:
    """Read ``run.json``; raises ``NoInputError`` where there is no run."""
    return _read(folder / "run.json", RunFacts)


def write_split(part: Path, facts: SplitFacts) -> None:
    """Write a part's ``split.json``; raises ``UsageError`` where the part was trained on another split."""
    path = part / "split.json"
    if path.exists():
        _check_same(path, read_split(part), facts)
    part.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.encode(facts))


def read_split(part: Path) -> SplitFacts:
    """Read a part's ``split.json``; raises ``NoInputError`` where the part was not trained."""
    return _read(part / "split.json", SplitFacts)


def evaluated_parts(folder: Path, kind: str = FOLD) -> list[Path]:
    """The parts of a kind (``FOLD`` or ``WITHOUT``) whose training ended, in the order of fold or corpus."""
    ended = [part for part in folder.glob(f"{kind}*") if (part / HELD_OUT).exists()]
    return sorted(ended, key=lambda part: (len(part.name), part.name) if kind == FOLD else (0, part.name))


def write_held_out(part: Path, logits: F32, labels: NDArray[np.int64]) -> None:
    """Write logits (N, K) and labels (N,) of the clips of unheard speakers."""
    np.savez(part / HELD_OUT, logits=logits, labels=labels)


def read_held_out(part: Path) -> tuple[F32, NDArray[np.int64]]:
    """Read what ``write_held_out`` wrote."""
    with np.load(part / HELD_OUT) as saved:
        return saved["logits"], saved["labels"]


@dataclass(frozen=True)
class UsualSummaries:
    """The training voices' mean summary (S,) of neutral and of all speech, and of each label (K, S).

    ``moods`` is None for a classifier that is fitted to strangers alone.
    """

    neutral: F32
    speech: F32
    moods: F32 | None = None


def write_summaries(part: Path, usual: UsualSummaries) -> None:
    """Write what is usual for the training voices."""
    if usual.moods is None:
        np.savez(part / SUMMARIES, neutral=usual.neutral, speech=usual.speech)
    else:
        np.savez(part / SUMMARIES, neutral=usual.neutral, speech=usual.speech, moods=usual.moods)


def read_summaries(part: Path) -> UsualSummaries:
    """Read what ``write_summaries`` wrote; of size 0 for a network without summaries."""
    if not (part / SUMMARIES).exists():
        return UsualSummaries(np.zeros(0, np.float32), np.zeros(0, np.float32))
    with np.load(part / SUMMARIES) as saved:
        return UsualSummaries(**saved)


def is_trained(part: Path, recipe: Recipe) -> bool:
    """Whether a part has all its epochs behind it, and its discriminant where the recipe's network has one."""
    ended = has_ended(read_history(part), recipe) and (part / CHECKPOINT).exists()
    return ended and (not recipe.relative or (part / SUMMARIES).exists())


def best_epoch(history: Sequence[EpochRecord]) -> int:
    """The place of the first epoch with the highest UAR on the validation side; -1 where none was judged."""
    judged = [(record.validation.uar, -place) for place, record in enumerate(history) if record.validation]
    return -max(judged)[1] if judged else -1


def has_ended(history: Sequence[EpochRecord], recipe: Recipe) -> bool:
    """Whether no epoch is to come: all are trained, or the recipe's patience is at an end."""
    waited = len(history) - 1 - best_epoch(history)
    return len(history) >= recipe.epochs or bool(recipe.patience and history and waited >= recipe.patience)


def checkpoint_of(part: Path) -> Path:
    """The part's weights in use; raises ``NoInputError`` where the part was not trained."""
    path = next((path for path in (part / BEST, part / CHECKPOINT) if path.exists()), part / CHECKPOINT)
    if not path.exists():
        raise NoInputError(f"{path} is not there: train this part first with 'emostream train'")
    return path


def write_history(part: Path, history: Sequence[EpochRecord]) -> None:
    """Write what is known of each epoch, as JSON to read again and as a table for others."""
    (part / HISTORY).write_bytes(msgspec.json.encode(history))
    places = [(side, measure) for side in ("training", "validation") for measure in SideFigures.__struct_fields__]
    with (part / HISTORY_TABLE).open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        parts = history[0].parts if history else {}
        table.writerow(["epoch", "objective", *parts, *("_".join(place) for place in places)])
        for epoch, record in enumerate(history, start=1):
            figures = (getattr(getattr(record, side), measure, None) for side, measure in places)
            table.writerow([epoch, record.objective, *record.parts.values(), *figures])


def read_history(part: Path) -> list[EpochRecord]:
    """Read what ``write_history`` wrote; empty before the first epoch. Raises ``NoInputError`` for another file."""
    path = part / HISTORY
    return _read(path, list[EpochRecord]) if path.exists() else []


def write_scores(folder: Path, scores: dict[str, float]) -> None:
    """Write what an evaluation of the folds found, by name."""
    (folder / SCORES).write_bytes(msgspec.json.encode(scores))


def read_scores(folder: Path) -> dict[str, float]:
    """Read what ``write_scores`` wrote; empty before an evaluation."""
    path = folder / SCORES
    return msgspec.json.decode(path.read_bytes(), type=dict[str, float]) if path.exists() else {}


def _read(path: Path, kind: type[Content]) -> Content:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError as error:
        raise NoInputError(
            f"{path} is not there: expected the folder of a run; make one with 'emostream train'"
        ) from error
    except msgspec.DecodeError as error:
        raise NoInputError(f"{path} cannot be read ({error}): delete {path.parent} and train again") from error


def _check_same(path: Path, known: Facts, facts: Facts) -> None:
    """Training must not go on from a checkpoint of other speakers: its scores would be false."""
    differing = [name for name in known.__struct_fields__ if getattr(known, name) != getattr(facts, name)]
    if differing:
        raise UsageError(
            f"{path} tells of a training with other {' and '.join(differing)}, which cannot be gone on with: "
            f"choose another folder with --out, or delete {path.parent}"
        )
