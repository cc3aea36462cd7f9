"""The 1-D network learning in Keras, on TensorFlow."""

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from emostream_trainer.data.training_set import Batch
from emostream_trainer.networks import mfcc_cnn1d
from emostream_trainer.recipes import TEACHER_SUMMARY, Recipe
from emostream_trainer.training.discriminant import Discriminant

F32 = NDArray[np.float32]

tf.get_logger().setLevel("ERROR")


class KerasLearner:
    """A Keras network with Adam and decoupled weight decay."""

    def __init__(self, recipe: Recipe, n_labels: int, rows: F32) -> None:
        keras.utils.set_random_seed(recipe.seed)
        self._recipe = recipe
        dim = recipe.features.dim
        if recipe.variant == "seed":
            self._network = mfcc_cnn1d.seed(n_labels, dim)
        elif recipe.relative:
            self._network = mfcc_cnn1d.distilled(n_labels, *mfcc_cnn1d.row_statistics(rows))
            # With a teacher labels are left to the head: a summary that learnt them too looks better on the speakers
            # it knows than it is, and the head may trust it too far.
            self._network.get_layer("logits").trainable = not recipe.teacher_weight
        else:
            self._network = mfcc_cnn1d.attentive(n_labels, *mfcc_cnn1d.row_statistics(rows))
        if recipe.relative:
            self.network, self.summary_size = self._network, self._network.output[1].shape[-1]
        else:
            # What is used, without the towers that have losses of their own.
            self.network, self.summary_size = keras.Model(self._network.input, self._network.output[0]), 0
        self._imitate = keras.layers.Dense(TEACHER_SUMMARY)
        self._imitate.build((None, self.summary_size))
        self._trained = self._network.trainable_variables + (
            self._imitate.trainable_variables if recipe.teacher_weight else []
        )
        self._optimiser = keras.optimizers.AdamW(recipe.learning_rate, weight_decay=recipe.weight_decay)
        self._optimiser.build(self._trained)
        shapes = [(None, None, dim), (None, n_labels), (None, TEACHER_SUMMARY)]
        signature = [tf.TensorSpec(shape, tf.float32) for shape in shapes]
        self._step = tf.function(self._take_step, input_signature=signature)
        offset = tf.TensorSpec((None, self.summary_size), tf.float32)
        self._run = tf.function(self._in_use, input_signature=[signature[0], offset])

    def learn(self, batch: Batch, learning_rate: float) -> float:
        """One optimiser step; gives the loss."""
        self._optimiser.learning_rate.assign(learning_rate)
        return float(self._step(batch.windows, batch.targets, batch.teacher))

    def run(self, windows: F32, offset: F32 | None = None) -> tuple[F32, F32]:
        """Logits (B, K) and summaries (B, S) of windows (B, T, D), as in use; no ``offset`` (B, S) stands for zeros."""
        given = np.zeros((len(windows), self.summary_size), np.float32) if offset is None else offset
        logits, summary = self._run(windows, given)
        return logits.numpy(), summary.numpy()

    def rescale(self, mean: F32, deviation: F32) -> None:
        """Standardise summaries by these numbers (S,) of the summaries as they are now."""
        layer = self._network.get_layer("summary")
        old_mean, old_variance = layer.get_weights()
        old_deviation = np.sqrt(old_variance + layer.epsilon)
        new_deviation = old_deviation * deviation
        layer.set_weights([old_mean + old_deviation * mean, new_deviation**2 - layer.epsilon])

    def set_discriminant(self, head: Discriminant) -> None:
        """Judge standardised summaries by this head."""
        self._network.get_layer("logits").set_weights([head.weight, head.bias])

    def save(self, path: Path) -> None:
        """Write weights and the optimiser's state."""
        with path.open("wb") as file:
            np.savez(file, *[variable.numpy() for variable in self._variables()])

    def load(self, path: Path) -> None:
        """Read what ``save`` wrote."""
        with np.load(path) as saved:
            for variable, value in zip(self._variables(), saved.values(), strict=True):
                variable.assign(value)

    def _variables(self) -> list[keras.Variable]:
        return [*self._network.variables, *self._imitate.variables, *self._optimiser.variables]

    def _in_use(self, windows: tf.Tensor, offset: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        if self._recipe.relative:
            return self.network([windows, offset], training=False)
        return self.network(windows, training=False), offset

    def _take_step(self, windows: tf.Tensor, targets: tf.Tensor, teacher: tf.Tensor) -> tf.Tensor:
        weight = self._recipe.teacher_weight
        with tf.GradientTape() as tape:
            if self._recipe.relative:
                nothing = tf.zeros((tf.shape(windows)[0], self.summary_size))
                logits, summary = self._network([windows, nothing], training=True)
                loss = (
                    tf.reduce_mean((self._imitate(summary) - teacher) ** 2)
                    if weight
                    else _cross_entropy(logits, targets)
                )
            else:
                _, *towers = self._network(windows, training=True)
                loss = tf.add_n([_cross_entropy(logits, targets) for logits in towers])
        self._optimiser.apply_gradients(zip(tape.gradient(loss, self._trained), self._trained, strict=True))
        return loss


def _cross_entropy(logits: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    """Mean over the windows that have a target: rows of zeros weigh nothing."""
    heard = tf.maximum(tf.reduce_sum(targets), 1.0)
    return -tf.reduce_sum(targets * tf.nn.log_softmax(logits)) / heard
