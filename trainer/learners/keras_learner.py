"""The 1-D network learning in Keras, on TensorFlow."""

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from trainer.batches import Batch
from trainer.networks import mfcc_cnn1d
from trainer.recipes import Recipe

F32 = NDArray[np.float32]

TEACHER_EMBEDDING = 128

tf.get_logger().setLevel("ERROR")


class KerasLearner:
    """A Keras network with Adam and decoupled weight decay."""

    def __init__(self, recipe: Recipe, n_labels: int, rows: F32) -> None:
        keras.utils.set_random_seed(recipe.seed)
        self._recipe = recipe
        dim = recipe.features.dim
        if recipe.variant == "seed":
            self._network = mfcc_cnn1d.seed(n_labels, dim)
        else:
            self._network = mfcc_cnn1d.attentive(n_labels, *mfcc_cnn1d.row_statistics(rows))
        self.network = keras.Model(self._network.input, self._network.output[0])
        self._imitate = keras.layers.Dense(TEACHER_EMBEDDING)
        self._imitate.build((None, self._network.output[1].shape[-1]))
        self._trained = self._network.trainable_variables + (
            self._imitate.trainable_variables if recipe.teacher_weight else []
        )
        self._optimiser = keras.optimizers.AdamW(recipe.learning_rate, weight_decay=recipe.weight_decay)
        self._optimiser.build(self._trained)
        shapes = [(None, None, dim), (None, n_labels), (None, TEACHER_EMBEDDING)]
        signature = [tf.TensorSpec(shape, tf.float32) for shape in shapes]
        self._step = tf.function(self._take_step, input_signature=signature)
        self._run = tf.function(lambda windows: self.network(windows, training=False), input_signature=[signature[0]])

    def learn(self, batch: Batch, learning_rate: float) -> float:
        """One optimiser step; gives the loss."""
        self._optimiser.learning_rate.assign(learning_rate)
        return float(self._step(batch.windows, batch.targets, batch.teacher))

    def logits(self, windows: F32) -> F32:
        """Logits (B, K) of windows (B, T, D), as in use: no dropout."""
        return self._run(windows).numpy()

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

    def _take_step(self, windows: tf.Tensor, targets: tf.Tensor, teacher: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            _, embedding, *towers = self._network(windows, training=True)
            loss = tf.add_n([_cross_entropy(logits, targets) for logits in towers])
            if self._recipe.teacher_weight:
                error = self._imitate(embedding) - teacher
                loss += self._recipe.teacher_weight * tf.reduce_mean(error**2)
        self._optimiser.apply_gradients(zip(tape.gradient(loss, self._trained), self._trained, strict=True))
        return loss


def _cross_entropy(logits: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    """Mean over the windows that have a target: rows of zeros weigh nothing."""
    heard = tf.maximum(tf.reduce_sum(targets), 1.0)
    return -tf.reduce_sum(targets * tf.nn.log_softmax(logits)) / heard
