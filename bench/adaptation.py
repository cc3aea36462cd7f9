"""How far knowing the voice helps, by a simulation over clips: which head, how fast, and whose moods are taken off.

    python -m bench.adaptation --corpora DIR [--corpora DIR] [--teacher podcasts_finetune.pt]

Each clip is the mean of a frozen trunk's summaries over its windows; a session is a speaker's clips in random order.
In what a head is fitted on ``stays`` of each training speaker's offset: 1 makes a head for strangers, 0 one for known
voices; ``shrinkage`` is the head's. In a session the offset is ``n / (n + prior)`` of the mean over the n clips
before. From each of them the means of the moods are taken that the head believes it heard, its logits divided by
``softness``; without end is no belief.
Prints UAR of clips of which nobody is known, of all clips of mixed sessions, and of sessions that are 80 % neutral.
"""

import argparse
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.labels import FOUR
from emostream_trainer.corpora.registry import read_corpus
from emostream_trainer.data.feature_cache import feature_rows, read_audio
from emostream_trainer.data.splits import folds, leave_one_corpus_out
from emostream_trainer.evaluation.sessions import mostly_neutral
from emostream_trainer.metrics import uar
from emostream_trainer.networks.network import Network, new_network
from emostream_trainer.parallel import parallel_map
from emostream_trainer.recipes import RECIPES, Recipe
from emostream_trainer.training.allocator import keep_freed_memory
from emostream_trainer.training.discriminant import LEAST_DEVIATION, DiscriminantWindows, fit_discriminant

F64 = NDArray[np.float64]
WINDOW_MS, HOP_MS, SHORTEST_MS = 1500, 500, 500
ORDERS = 3  # of each session, drawn anew


@dataclass(frozen=True)
class Way:
    """How a session is adapted to; see above."""

    stays: float
    prior: float
    softness: float
    shrinkage: float = 0.2


WAYS = [
    *(Way(stays, np.inf, 1) for stays in (1.0, 0.5, 0.25, 0.0)),
    *(Way(0.25, prior, np.inf, shrinkage) for prior in (np.inf, 4) for shrinkage in (0.05, 0.1, 0.3, 0.5, 0.7)),
    *(Way(stays, 4, np.inf) for stays in (1.0, 0.5, 0.25, 0.0)),
    *(Way(stays, 4, softness) for stays in (0.5, 0.25, 0.0) for softness in (2, 4, 8)),
    *(Way(0.25, prior, 4) for prior in (1, 2, 8, 16)),
]


@dataclass(frozen=True)
class Clips:
    """``x`` (N, S) summaries, ``truth`` (N,), and whose clips they are."""

    clips: Sequence[Clip]
    x: F64
    truth: NDArray[np.int64]

    def of(self, chosen: Sequence[Clip]) -> "Clips":
        """Some of them."""
        place = {clip.path: i for i, clip in enumerate(self.clips)}
        rows = [place[clip.path] for clip in chosen]
        return Clips(chosen, self.x[rows], self.truth[rows])

    @property
    def speakers(self) -> NDArray[np.str_]:
        return np.array([clip.speaker for clip in self.clips])

    @property
    def corpora(self) -> NDArray[np.str_]:
        return np.array([clip.corpus for clip in self.clips])


def main() -> None:
    """Print a table a protocol."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, action="append", required=True)
    parser.add_argument("--teacher", type=Path, help="the trunk of mel_cnn2d/staged in place of whisper/staged")
    parser.add_argument("--out", type=Path, default=Path("runs/adaptation"))
    arguments = parser.parse_args()
    recipe = RECIPES["mel_cnn2d/staged" if arguments.teacher else "whisper/staged"]
    first, *more = [FOUR.keep(read_corpus(folder).clips) for folder in arguments.corpora]
    every = [*first, *(clip for clips in more for clip in clips)]
    known = summaries(every, recipe, arguments.teacher, arguments.out)
    console = Console(width=120)
    console.print(table(f"{recipe.name}: folds", [(known.of(s.train), known.of(s.test)) for s in folds(first)]))
    held_out = leave_one_corpus_out(every).values()
    console.print(table(f"{recipe.name}: left-out corpora", [(known.of(s.train), known.of(s.test)) for s in held_out]))


def summaries(clips: Sequence[Clip], recipe: Recipe, teacher: Path | None, folder: Path) -> Clips:
    """Every clip's mean summary, computed once."""
    named = hashlib.sha256("\n".join(str(clip.path) for clip in clips).encode()).hexdigest()[:16]
    path = folder / f"{recipe.network}-{named}.npy"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        np.save(path, np.stack(parallel_map(Summarise(recipe, teacher), clips, f"{recipe.name} listens")))
    return Clips(clips, np.load(path).astype(np.float64), FOUR.indices(clips))


@dataclass(frozen=True)
class Summarise:
    """A frozen trunk's mean summary of a clip, (S,), over windows that begin every ``HOP_MS``."""

    recipe: Recipe
    teacher: Path | None

    def __call__(self, clip: Clip) -> NDArray[np.float32]:
        spec = self.recipe.features
        rows = feature_rows(read_audio(clip.path, spec.sample_rate_hz), spec)
        length, hop, least = (round(ms / spec.hop_ms) for ms in (WINDOW_MS, HOP_MS, SHORTEST_MS))
        rows = np.resize(rows, (max(len(rows), least), rows.shape[1]))
        starts = range(0, max(1, len(rows) - length + 1), hop)
        return _network(self).run(np.stack([rows[start : start + length] for start in starts]))[1].mean(axis=0)


_networks: dict[Summarise, Network] = {}


def _network(summarise: Summarise) -> Network:
    """One a process."""
    if summarise not in _networks:
        torch.set_num_threads(1)
        keep_freed_memory()
        _networks[summarise] = new_network(summarise.recipe, len(FOUR.labels), None, summarise.teacher)
    return _networks[summarise]


def table(title: str, sides: Sequence[tuple[Clips, Clips]]) -> Table:
    """UAR of each way, the mean of the corpora."""
    found = Table(
        "stays",
        "prior",
        "softness",
        "shrinkage",
        "clips of nobody known",
        "mixed sessions",
        "80 % neutral",
        title=title,
    )
    for way in WAYS:
        scores = [np.mean(list(by_corpus.values())) for by_corpus in judged(way, sides)]
        numbers = [f"{number:g}" for number in (way.stays, way.prior, way.softness, way.shrinkage)]
        found.add_row(*numbers, *(f"{score:.3f}" for score in scores))
    return found


def judged(way: Way, sides: Sequence[tuple[Clips, Clips]]) -> Iterator[dict[str, float]]:
    """UAR by corpus: without any session, in mixed sessions, in mostly neutral ones."""
    heads = [Head.fitted(training, way) for training, _ in sides]
    tested = [test for _, test in sides]
    strangers = [head.logits(test.x).argmax(axis=1) for head, test in zip(heads, tested, strict=True)]
    yield by_corpus(tested, strangers)
    for sessions in (tested, [test.of(mostly_neutral(test.clips, FOUR)) for test in tested]):
        named = [
            head.sessions(test, order) for order in range(ORDERS) for head, test in zip(heads, sessions, strict=True)
        ]
        yield by_corpus(sessions * ORDERS, named)


def by_corpus(tested: Sequence[Clips], predicted: Sequence[NDArray[np.int64]]) -> dict[str, float]:
    """UAR of each corpus over all parts."""
    corpora = np.concatenate([test.corpora for test in tested])
    truth, named = np.concatenate([test.truth for test in tested]), np.concatenate(predicted)
    return {str(corpus): uar(truth[corpora == corpus], named[corpora == corpus]) for corpus in np.unique(corpora)}


@dataclass(frozen=True)
class Head:
    """A discriminant of standardised summaries, and the mean (K, S) of each mood there."""

    way: Way
    mean: F64
    deviation: F64
    weight: F64
    bias: F64
    moods: F64

    @classmethod
    def fitted(cls, training: Clips, way: Way) -> "Head":
        """The head of these clips."""
        mean, deviation = training.x.mean(axis=0), training.x.std(axis=0)
        deviation = np.where(deviation < LEAST_DEVIATION, 1, deviation)
        x, truth = (training.x - mean) / deviation, training.truth
        # Each label of each corpus weighs the same.
        _, cells = np.unique(np.char.add(training.corpora, truth.astype(str)), return_inverse=True)
        weights = 1 / np.bincount(cells)[cells]
        everyone = np.ones(len(x), bool)
        head = fit_discriminant(
            DiscriminantWindows(x.astype(np.float32), truth, training.speakers, weights, weights, everyone, everyone),
            len(FOUR.labels),
            shrinkage=way.shrinkage,
            between_speaker_weight=1.0,
            speaker_share=way.stays,
        )
        return cls(way, mean, deviation, *(part.astype(np.float64) for part in (head.weight, head.bias, head.moods)))

    def logits(self, x: F64, offset: F64 | float = 0.0) -> F64:
        """Of summaries (N, S)."""
        found: F64 = ((x - self.mean) / self.deviation - offset) @ self.weight + self.bias
        return found

    def sessions(self, test: Clips, order: int) -> NDArray[np.int64]:
        """What is named of each clip, (N,), where a speaker's clips come one after the other."""
        named = np.zeros(len(test.clips), np.int64)
        rng = np.random.default_rng(order)
        for speaker in np.unique(test.speakers):
            of_speaker = rng.permutation(np.flatnonzero(test.speakers == speaker))
            total = np.zeros(test.x.shape[1])
            for heard, i in enumerate(of_speaker):
                offset = total / (heard + self.way.prior) if np.isfinite(self.way.prior) else 0.0
                logits = self.logits(test.x[i], offset)
                named[i] = logits.argmax()
                softened = np.exp((logits - logits.max()) / self.way.softness)
                total += (test.x[i] - self.mean) / self.deviation - softened / softened.sum() @ self.moods
        return named


if __name__ == "__main__":
    main()
