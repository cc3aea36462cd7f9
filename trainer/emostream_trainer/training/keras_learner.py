"""The 1-D network learning in Keras, on TensorFlow."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emostream.features.arrays import Rows
from emostream_trainer.data.training_set import Batch
from emostream_trainer.networks.keras_network import KerasNetwork
from emostream_trainer.networks.mfcc_cnn1d import TOWERS
from emostream_trainer.networks.quiet_tensorflow import keras, tf
from emostream_trainer.recipes import TEACHER_SUMMARY, Recipe
from emostream_trainer.training.devices import Device
from emostream_trainer.training.discriminant import Discriminant


class KerasLearner(KerasNetwork):
    """A Keras network with Adam and decoupled weight decay."""

    def __init__(self, recipe: Recipe, n_labels: int, rows: Rows, device: Device = "cpu") -> None:
        if device == "cpu":
            tf.config.set_visible_devices([], "GPU")
        keras.utils.set_random_seed(recipe.seed)
        super().__init__(recipe, n_labels, rows)
        self._recipe = recipe
        if recipe.relative:
            # With a teacher labels are left to the discriminant: a summary that learnt them too looks better on the
            # speakers it knows than it is, and the discriminant may trust it too far.
            self.trained.get_layer("logits").trainable = recipe.teacher is None
        taught = TEACHER_SUMMARY[recipe.teacher] if recipe.teacher else 0
        self._imitate = keras.layers.Dense(taught) if recipe.teacher else keras.layers.Identity()
        self._imitate.build((None, self.summary_size))
        self._learnt = self.trained.trainable_variables + self._imitate.trainable_variables
        self._optimiser = keras.optimizers.AdamW(recipe.learning_rate, weight_decay=recipe.weight_decay)
        self._optimiser.build(self._learnt)
        shapes = [(None, None, recipe.features.dim), (None, n_labels), (None, taught)]
        self._step = tf.function(
            self._take_step, input_signature=[tf.TensorSpec(shape, tf.float32) for shape in shapes]
        )

    def learn(self, batch: Batch, learning_rate: float) -> dict[str, float]:
        """As ``Learner.learn``."""
        self._optimiser.learning_rate.assign(learning_rate)
        parts = self._step(batch.windows, batch.targets, batch.teacher)
        return {name: float(part) for name, part in parts.items()}

    def rescale(self, mean: NDArray[np.float32], deviation: NDArray[np.float32]) -> None:
        """As ``Learner.rescale``."""
        layer = self.trained.get_layer("summary")
        old_mean, old_variance = layer.get_weights()
        old_deviation = np.sqrt(old_variance + layer.epsilon)
        new_deviation = old_deviation * deviation
        layer.set_weights([old_mean + old_deviation * mean, new_deviation**2 - layer.epsilon])

    def set_discriminant(self, discriminant: Discriminant) -> None:
        """As ``Learner.set_discriminant``."""
        self.trained.get_layer("logits").set_weights([discriminant.weight, discriminant.bias])

    def save(self, path: Path) -> None:
        """Write weights and the optimiser's state, the network's first."""
        with path.open("wb") as file:
            np.savez(file, *[variable.numpy() for variable in self._variables()])

    def load(self, path: Path) -> None:
        """As ``Learner.load``."""
        with np.load(path) as saved:
            for variable, value in zip(self._variables(), saved.values(), strict=True):
                variable.assign(value)

    def _variables(self) -> "list[keras.Variable]":
        return [*self.trained.variables, *self._imitate.variables, *self._optimiser.variables]

    def _take_step(self, windows: "tf.Tensor", targets: "tf.Tensor", teacher: "tf.Tensor") -> "dict[str, tf.Tensor]":
        with tf.GradientTape() as tape:
            parts = self._parts(windows, targets, teacher)
            loss = tf.add_n(list(parts.values()))
        self._optimiser.apply_gradients(zip(tape.gradient(loss, self._learnt), self._learnt, strict=True))
        return parts

    def _parts(self, windows: "tf.Tensor", targets: "tf.Tensor", teacher: "tf.Tensor") -> "dict[str, tf.Tensor]":
        """The parts of the loss, by name."""
        if self._recipe.relative:
            zero_offset = tf.zeros((tf.shape(windows)[0], self.summary_size))
            logits, summary = self.trained([windows, zero_offset], training=True)
            if self._recipe.teacher:
                return {"teacher distance": tf.reduce_mean((self._imitate(summary) - teacher) ** 2)}
            return {"loss": _cross_entropy(logits, targets)}
        _, *towers = self.trained(windows, training=True)
        losses = [_cross_entropy(logits, targets) for logits in towers]
        names = [f"{tower} tower" for tower in TOWERS] if len(towers) > 1 else ["loss"]
        return dict(zip(names, losses, strict=True))


def _cross_entropy(logits: "tf.Tensor", targets: "tf.Tensor") -> "tf.Tensor":
    """Mean over the windows that have a target: rows of zeros weigh nothing."""
    total = tf.maximum(tf.reduce_sum(targets), 1.0)
    return -tf.reduce_sum(targets * tf.nn.log_softmax(logits)) / total
