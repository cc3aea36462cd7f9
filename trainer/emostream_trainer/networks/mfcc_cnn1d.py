"""The 1-D network, in Keras: windows (B, T, D) of MFCC, spectral centroid and spectral contrast -> logits (B, K).

Each variant gives what is trained; ``in_use`` gives what is exported. An output that has no loss of its own is for use
alone, one that is not exported is for training alone.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emostream.errors import UsageError
from emostream.features import Feature
from emostream.features.arrays import Rows
from emostream_trainer.networks.quiet_tensorflow import keras
from emostream_trainer.recipes import Recipe

F32 = NDArray[np.float32]
layers, ops = keras.layers, keras.ops

SUMMARY_CHANNELS = 256
# Of ``attentive``, in the order of its outputs that have losses.
TOWERS = ("deep", "wide")
# What is added to deviations, so that a feature that never moves does not divide by zero.
LEAST_DEVIATION = 1e-3


def build_published(recipe: Recipe, n_labels: int, _rows: Rows | None, _pretrained: Path | None) -> keras.Model:
    """The network as published (2024)."""
    return published(n_labels, recipe.features.dim)


def build_published_padded(recipe: Recipe, n_labels: int, _rows: Rows | None, _pretrained: Path | None) -> keras.Model:
    """The same with padded convolutions: unpadded ones leave nothing of fewer than 28 features, such as 22."""
    return published(n_labels, recipe.features.dim, padding="same")


def build_attentive(recipe: Recipe, n_labels: int, rows: Rows | None, _pretrained: Path | None) -> keras.Model:
    """Two towers with a loss each. Raises ``UsageError`` unless the first column is loudness."""
    return attentive(n_labels, *row_statistics(recipe, rows))


def build_distilled(recipe: Recipe, n_labels: int, rows: Rows | None, _pretrained: Path | None) -> keras.Model:
    """The two towers as one summary. Raises ``UsageError`` unless the first column is loudness."""
    return distilled(n_labels, *row_statistics(recipe, rows))


def row_statistics(recipe: Recipe, rows: Rows | None) -> tuple[F32, F32]:
    """Mean and deviation (D,) of training rows (N, D), the first MFCC centred; zeros and ones without rows.

    The networks take the first column for loudness, whose mean over a window they take off: raises ``UsageError`` for
    features that do not begin with MFCC.
    """
    first = recipe.features.features[0]
    if first is not Feature.MFCC:
        raise UsageError(
            f"{recipe.name} takes the first column for loudness, the first MFCC: found {first} there, expected mfcc as "
            "the first of the features"
        )
    if rows is None:
        return np.zeros(recipe.features.dim, np.float32), np.ones(recipe.features.dim, np.float32)
    mean, deviation = rows.mean(axis=0), rows.std(axis=0) + LEAST_DEVIATION
    mean[0] = 0
    return mean.astype(np.float32), deviation.astype(np.float32)


def published(n_labels: int, dim: int, padding: str = "valid") -> keras.Model:
    """The network as published (2024): the mean over time, (52,), read by 1-D convolutions along the features.

    With ``padding`` "valid" the lengths of 52 features are 50, 48, 24, 22, 20, 18, 9 and 7: 256 x 7 before the labels.
    """
    features = keras.Input((None, dim), name="features")
    x = layers.Reshape((dim, 1))(ops.mean(features, axis=1))
    for channels, repeats in ((64, 2), (128, 3)):
        for _ in range(repeats):
            x = layers.Conv1D(channels, 3, padding=padding, activation="relu")(x)
        x = layers.MaxPooling1D(2)(layers.Dropout(0.25)(x))
    x = layers.Conv1D(256, 3, padding=padding, activation="relu")(x)
    logits = layers.Dense(n_labels, name="logits")(layers.Flatten()(x))
    return keras.Model(features, [logits, logits])


def attentive(n_labels: int, mean: F32, deviation: F32) -> keras.Model:
    """Two towers whose logits are averaged.

    The wide one reads the mean and deviation of every feature over the window, linearly: levels, as the logistic
    regression that is so hard to beat. The deep one reads how the features move around their means, by convolutions
    over time and an attentive mean and deviation: dynamics, which no microphone's frequency response can change. Each
    is trained by a loss of its own (the model's second and third output), for together the deep one drowns the wide.

    ``mean`` and ``deviation`` are float32 of shape (D,), of the training rows with their first MFCC centred. The first
    MFCC is loudness: its mean over the window is taken off, so that the microphone's gain does not matter.
    """
    features = keras.Input((None, len(mean)), name="features")
    x = _standardised(features, mean, deviation)
    wide = ops.concatenate([ops.mean(x, axis=1), ops.std(x, axis=1)], axis=1)
    wide = layers.BatchNormalization(momentum=0.9)(wide)
    wide_logits = layers.Dense(n_labels, name="wide_logits")(layers.Dropout(0.1)(wide))

    x = x - ops.mean(x, axis=1, keepdims=True)
    for channels, kernel, stride in ((96, 5, 1), (96, 5, 2), (128, 3, 1), (128, 3, 2), (160, 3, 1)):
        x = layers.Conv1D(channels, kernel, strides=stride, padding="same", use_bias=False)(x)
        x = layers.SpatialDropout1D(0.1)(layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x)))
    score = layers.Conv1D(160, 1)(layers.Conv1D(40, 1, activation="tanh")(x))
    x = _mean_and_deviation(x, ops.softmax(score, axis=1))
    x = layers.Dropout(0.3)(layers.BatchNormalization(momentum=0.9)(x))
    x = layers.Dense(128, activation="relu")(x)
    deep_logits = layers.Dense(n_labels, name="deep_logits")(layers.Dropout(0.3)(x))
    return keras.Model(features, [(wide_logits + deep_logits) / 2, deep_logits, wide_logits])


def distilled(n_labels: int, mean: F32, deviation: F32) -> keras.Model:
    """The two towers of ``attentive`` as one summary under one classifier; the deep one learns what Dusha taught.

    Takes features (B, T, D) and offset (B, S), how the speaker's usual summary differs; gives logits (B, K) and the
    standardised summary (B, S): mean and deviation of every feature, then the deep tower's attentive statistics.
    ``mean`` and ``deviation`` as for ``attentive``.
    """
    features = keras.Input((None, len(mean)), name="features")
    offset = keras.Input((2 * (len(mean) + SUMMARY_CHANNELS),), name="offset")
    x = _standardised(features, mean, deviation)
    wide = ops.concatenate([ops.mean(x, axis=1), ops.std(x, axis=1)], axis=1)
    x = x - ops.mean(x, axis=1, keepdims=True)
    for channels, kernel, stride in ((192, 5, 1), (192, 3, 2), (288, 3, 1), (288, 3, 2), (SUMMARY_CHANNELS, 3, 1)):
        x = layers.Conv1D(channels, kernel, strides=stride, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
    score = layers.Conv1D(SUMMARY_CHANNELS, 1)(layers.Conv1D(64, 1, activation="tanh")(x))
    statistics = ops.concatenate([wide, _mean_and_deviation(x, ops.softmax(score, axis=1))], axis=1)
    standardise = layers.BatchNormalization(center=False, scale=False, epsilon=1e-6, momentum=0.9, name="summary")
    summary = standardise(statistics)
    logits = layers.Dense(n_labels, name="logits")(summary - offset)
    return keras.Model([features, offset], [logits, summary])


def _standardised(features: keras.KerasTensor, mean: F32, deviation: F32) -> keras.KerasTensor:
    loudness = features[:, :, :1]
    x = ops.concatenate([loudness - ops.mean(loudness, axis=1, keepdims=True), features[:, :, 1:]], axis=2)
    # Frozen, it keeps the statistics among the weights, so that a checkpoint has them; layers.Normalization would not.
    standardise = layers.BatchNormalization(epsilon=0, center=False, scale=False, trainable=False)
    x = standardise(x)
    standardise.set_weights([mean, deviation**2])
    return x


def _mean_and_deviation(x: keras.KerasTensor, weight: keras.KerasTensor) -> keras.KerasTensor:
    """Weighted over time: (B, T, C) -> (B, 2 C)."""
    mean = ops.sum(weight * x, axis=1)
    variance = ops.sum(weight * x * x, axis=1) - mean * mean
    return ops.concatenate([mean, ops.sqrt(ops.maximum(variance, 1e-5))], axis=1)
