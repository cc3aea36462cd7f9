"""The published 1-D network, held to the report's listing in plain Keras, and what our own demand of their features."""

import msgspec
import numpy as np
import pytest

from emostream.errors import UsageError
from emostream.features import Feature, FeatureSpec
from emostream_trainer.networks.quiet_tensorflow import keras
from emostream_trainer.networks.registry import build_network
from emostream_trainer.recipes import RECIPES

LABELS = 3


def listing(dim: int = 52) -> keras.Sequential:
    """The report's listing as it stands, with logits in place of their softmax."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((dim, 1)),
            layers.Conv1D(64, 3, activation="relu"),
            layers.Conv1D(64, 3, activation="relu"),
            layers.Dropout(0.25),
            layers.MaxPooling1D(pool_size=2, strides=2),
            layers.Conv1D(128, 3, activation="relu"),
            layers.Conv1D(128, 3, activation="relu"),
            layers.Conv1D(128, 3, activation="relu"),
            layers.Dropout(0.25),
            layers.MaxPooling1D(pool_size=2, strides=2),
            layers.Conv1D(256, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(LABELS),
        ]
    )


def shapes(network: keras.Model) -> list[tuple[str, tuple[int, ...]]]:
    """Name and output shape of each layer of the listing's kinds."""
    kinds = ("Conv1D", "Dropout", "MaxPooling1D", "Flatten", "Dense")
    return [
        (type(layer).__name__, tuple(layer.output.shape[1:]))
        for layer in network.layers
        if type(layer).__name__ in kinds
    ]


def test_it_is_the_listing_layer_by_layer() -> None:
    network, plain = build_network(RECIPES["mfcc_cnn1d/published"], LABELS), listing()
    assert shapes(network) == shapes(plain)
    assert network.count_params() == plain.count_params()
    plain.set_weights(network.get_weights())
    rows = np.random.default_rng(0).normal(0, 30, (4, 94, 52)).astype(np.float32)
    expected = plain(rows.mean(axis=1)[:, :, None]).numpy()
    np.testing.assert_allclose(network(rows)[0].numpy(), expected, atol=1e-5 * np.abs(expected).max())


def test_of_the_listing_s_22_features_its_convolutions_leave_nothing() -> None:
    with pytest.raises(ValueError, match="output size would be zero or negative"):
        listing(22)
    network = build_network(RECIPES["mfcc_cnn1d/published-20"], LABELS)
    lengths = [shape[0] for name, shape in shapes(network) if name in ("Conv1D", "MaxPooling1D")]
    assert lengths == [22, 22, 11, 11, 11, 11, 5, 5]


def test_it_has_the_published_size() -> None:
    network = build_network(RECIPES["mfcc_cnn1d/published"], LABELS)
    assert network.count_params() == 239_811
    lengths = [shape[0] for name, shape in shapes(network) if name in ("Conv1D", "MaxPooling1D")]
    assert lengths == [50, 48, 24, 22, 20, 18, 9, 7]
    assert ("Flatten", (1_792,)) in shapes(network)


@pytest.mark.parametrize("variant", ["attentive", "distilled"])
def test_features_that_do_not_begin_with_loudness_are_refused(variant: str) -> None:
    features = FeatureSpec(features=(Feature.CENTROID, Feature.MFCC), n_mfcc=20)
    recipe = msgspec.structs.replace(RECIPES[f"mfcc_cnn1d/{variant}"], features=features)
    for rows in (None, np.zeros((4, features.dim), np.float32)):
        with pytest.raises(
            UsageError, match=r"takes the first column for loudness.*found spectral_centroid.*expected mfcc"
        ):
            build_network(recipe, LABELS, rows)
