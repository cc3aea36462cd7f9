"""A Keras network as it is used: without the towers that have losses of their own."""

from pathlib import Path

import numpy as np

from emostream.features.arrays import Logits, Offset, Rows, Summaries, Windows
from emostream_trainer.networks.quiet_tensorflow import keras, tf
from emostream_trainer.networks.registry import build_network
from emostream_trainer.recipes import Recipe


class KerasNetwork:
    """``trained`` is what has losses, ``network`` what is used and exported; they share their weights."""

    rounds = False

    def __init__(self, recipe: Recipe, n_labels: int, rows: Rows | None = None) -> None:
        self.trained: keras.Model = build_network(recipe, n_labels, rows)
        self._takes_offset = recipe.relative
        self.summary_size: int
        if recipe.relative:
            self.network, self.summary_size = self.trained, self.trained.output[1].shape[-1]
        else:
            self.network, self.summary_size = keras.Model(self.trained.input, self.trained.output[0]), 0
        windows = tf.TensorSpec((None, None, recipe.features.dim), tf.float32)
        offset = tf.TensorSpec((None, self.summary_size), tf.float32)
        self._run = tf.function(self._outputs, input_signature=[windows, offset])

    def run(self, windows: Windows, offset: Offset | None = None) -> tuple[Logits, Summaries]:
        """As ``Network.run``."""
        given = np.zeros((len(windows), self.summary_size), np.float32) if offset is None else offset
        logits, summaries = self._run(windows, given)
        return logits.numpy(), summaries.numpy()

    def load_weights(self, path: Path) -> None:
        """As ``Network.load_weights``: the network's variables come first in a checkpoint."""
        with np.load(path) as saved:
            for variable, name in zip(self.trained.variables, saved.files, strict=False):
                variable.assign(saved[name])

    def _outputs(self, windows: "tf.Tensor", offset: "tf.Tensor") -> tuple["tf.Tensor", "tf.Tensor"]:
        if not self._takes_offset:
            return self.network(windows, training=False), offset
        logits, summaries = self.network([windows, offset], training=False)
        return logits, summaries
