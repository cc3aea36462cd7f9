"""The published 2-D network, held to a plain one that is written out from the report."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from emostream_trainer.networks.mel_cnn2d import Published, build_published
from emostream_trainer.recipes import RECIPES

LABELS = 3


def by_hand(network: Published, features: Tensor, *, relu: bool = False) -> Tensor:
    """The report, step by step: dB re the maximum, 80 dB of range, 224 x 224, five blocks, one linear layer."""
    convolutions = [layer for layer in network.layers if isinstance(layer, nn.Conv2d)]
    assert [tuple(layer.weight.shape) for layer in convolutions] == [
        (channels, before, 3, 3) for before, channels in ((3, 8), (8, 16), (16, 32), (32, 64), (64, 96))
    ]
    picture = torch.clamp((features - features.max()) / 80 + 1, min=0).T[None, None]
    x = functional.interpolate(picture, size=(224, 224), mode="bilinear").repeat(1, 3, 1, 1)
    for layer in convolutions:
        x = functional.conv2d(x, layer.weight, layer.bias)
        x = functional.max_pool2d(functional.relu(x) if relu else functional.gelu(x), 2)
    last = network.layers[-1]
    assert isinstance(last, nn.Linear)
    return functional.linear(x.flatten(1), last.weight, last.bias)[0]


@pytest.mark.parametrize("relu", [False, True])
def test_it_computes_what_the_report_says(relu: bool) -> None:
    torch.manual_seed(0)
    network = Published(LABELS, *([nn.ReLU] if relu else [])).eval()
    # Levels from the maximum down to 120 dB below it: what is below 80 dB must make no difference.
    features = torch.from_numpy(np.random.default_rng(1).uniform(-120, 0, (94, 128)).astype(np.float32))
    with torch.inference_mode():
        expected = by_hand(network, features, relu=relu)
        torch.testing.assert_close(network(features[None])[0], expected, rtol=1e-4, atol=1e-5)
        deeper = torch.where(features < features.max() - 80, features - 50, features)
        torch.testing.assert_close(network(deeper[None])[0], expected, rtol=1e-4, atol=1e-5)
        shallower = torch.where(features < features.max() - 40, features.max() - 40, features)
        assert (network(shallower[None])[0] - expected).abs().max() > 1e-4, "40 to 80 dB below the maximum count"


def test_the_text_s_activation_is_the_default() -> None:
    network = build_published(RECIPES["mel_cnn2d/published"], LABELS, None, None)
    assert [type(layer) for layer in network.layers if not list(layer.parameters())] == [
        *([nn.GELU, nn.MaxPool2d] * 5),
        nn.Flatten,
    ]


def test_it_has_the_published_size() -> None:
    assert sum(weights.numel() for weights in Published(LABELS).parameters()) == 87_123
