"""Why the published 2-D network stayed at chance: the same network and clips, one thing changed at a time.

    python bench/published_2d.py --corpora DIR [--clips 1600] [--epochs 15]

Trains ``mel_cnn2d/published`` on clips of all folds but the first, as many as the report had to learn from, and prints
after every epoch the loss and the UAR on the first fold, whose speakers are not in its training. Seven minutes a row.
"""

import argparse
from pathlib import Path

import msgspec
import numpy as np
from rich.console import Console
from rich.table import Table

from emostream_trainer.corpora.labels import FOUR
from emostream_trainer.corpora.registry import read_corpus
from emostream_trainer.data.feature_cache import FeatureCache, load_feature_cache
from emostream_trainer.data.splits import folds
from emostream_trainer.data.training_set import TrainingSet
from emostream_trainer.metrics import uar
from emostream_trainer.recipes import RECIPES, Recipe
from emostream_trainer.training.learner import Learner, new_learner

PUBLISHED = RECIPES["mel_cnn2d/published"]


def variations(epochs: int) -> dict[str, Recipe]:
    """What is changed, one thing a row."""
    published = msgspec.structs.replace(PUBLISHED, epochs=epochs)
    return {
        "as published: Adam 1e-4, batches of 128": published,
        "batches of 16: eight times the steps": msgspec.structs.replace(published, batch_size=16),
        "Adam 1e-3: ten times the rate": msgspec.structs.replace(published, learning_rate=1e-3),
    }


def judged(learner: Learner, cache: FeatureCache, numbers: range, rows: int) -> np.ndarray:
    """The likeliest label of the first window of each of these cached clips."""
    return np.array([learner.run(cache.clip(number)[None, :rows])[0].argmax() for number in numbers])


def main() -> None:
    """Train every row and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, required=True)
    parser.add_argument("--clips", type=int, default=1600, help="to learn from (default: %(default)s)")
    parser.add_argument("--epochs", type=int, default=PUBLISHED.epochs)
    parser.add_argument("--out", type=Path, default=Path("runs"))
    arguments = parser.parse_args()

    console = Console()
    clips = FOUR.keep(read_corpus(arguments.corpora).clips)
    split = folds(clips)[0]
    rng = np.random.default_rng(0)
    heard = [split.train[i] for i in rng.permutation(len(split.train))[: arguments.clips]]
    strangers = [split.test[i] for i in rng.permutation(len(split.test))[: arguments.clips // 2]]
    cache = load_feature_cache([*heard, *strangers], PUBLISHED.features, 1, arguments.out / "features")
    truth = FOUR.indices(strangers)

    table = Table("", "steps", "loss at first", "loss at last", "UAR on clips heard", "UAR on strangers")
    for name, recipe in variations(arguments.epochs).items():
        teacher = np.zeros((cache.starts.shape[0], 1, 1), np.float16)
        training = TrainingSet(
            recipe, clips=heard, numbers=range(len(heard)), cache=cache, labels=FOUR, teacher=teacher
        )
        learner = new_learner(recipe, len(FOUR.labels), training.sample_rows())

        losses = []
        for epoch in range(recipe.epochs):
            losses.append(np.mean([learner.learn(batch, recipe.learning_rate) for batch in training.epoch(epoch)]))
            score = uar(truth, judged(learner, cache, range(len(heard), len(heard) + len(strangers)), training.rows))
            console.print(f"{name}  epoch {epoch + 1}/{recipe.epochs}  loss {losses[-1]:.3f}  UAR {score:.3f}")
        own = uar(FOUR.indices(heard), judged(learner, cache, range(len(heard)), training.rows))
        steps = recipe.epochs * training.batches_per_epoch
        table.add_row(name, str(steps), f"{losses[0]:.3f}", f"{losses[-1]:.3f}", f"{own:.3f}", f"{score:.3f}")
    console.print(table)


if __name__ == "__main__":
    main()
