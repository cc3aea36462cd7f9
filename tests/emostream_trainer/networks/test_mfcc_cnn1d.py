"""The published 1-D network's size, and what the networks that take loudness off demand of their features."""

import msgspec
import numpy as np
import pytest

from emostream.errors import UsageError
from emostream.features import Feature, FeatureSpec
from emostream_trainer.networks.registry import build_network
from emostream_trainer.recipes import RECIPES

LABELS = 3


def test_it_has_the_size_that_its_layers_have() -> None:
    network = build_network(RECIPES["mfcc_cnn1d/published"], LABELS)
    assert network.count_params() == 256 + 12_352 + 24_704 + 2 * 49_280 + 98_560 + (13 * 256 + 1) * LABELS


@pytest.mark.parametrize("variant", ["attentive", "distilled"])
def test_features_that_do_not_begin_with_loudness_are_refused(variant: str) -> None:
    features = FeatureSpec(features=(Feature.CENTROID, Feature.MFCC), n_mfcc=20)
    recipe = msgspec.structs.replace(RECIPES[f"mfcc_cnn1d/{variant}"], features=features)
    for rows in (None, np.zeros((4, features.dim), np.float32)):
        with pytest.raises(
            UsageError, match=r"takes the first column for loudness.*found spectral_centroid.*expected mfcc"
        ):
            build_network(recipe, LABELS, rows)
