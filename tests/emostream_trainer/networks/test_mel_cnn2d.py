"""The published 2-D network, held to a plain one that is written out from the report."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from emostream_trainer.data.pictures import draw_picture, read_picture
from emostream_trainer.networks.mel_cnn2d import Published, build_published, drawn_pictures, magma
from emostream_trainer.recipes import RECIPES

LABELS = 3


def listing(*, relu: bool) -> nn.Sequential:
    """The report's listing as it stands."""
    layers: list[nn.Module] = []
    for before, channels in ((3, 8), (8, 16), (16, 32), (32, 64), (64, 96)):
        layers += [nn.Conv2d(before, channels, kernel_size=3), nn.ReLU() if relu else nn.GELU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(96 * 5 * 5, LABELS))


@pytest.mark.parametrize("relu", [False, True])
def test_it_is_the_listing_layer_by_layer(relu: bool) -> None:
    torch.manual_seed(0)
    network, plain = Published(LABELS, "relu" if relu else "gelu").layers.eval(), listing(relu=relu).eval()
    plain.load_state_dict(network.state_dict())
    ours = theirs = torch.rand(2, 3, 224, 224)
    with torch.inference_mode():
        for layer, as_listed in zip(network, plain, strict=True):
            ours, theirs = layer(ours), as_listed(theirs)
            assert ours.shape == theirs.shape
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-5)
    assert sum(weights.numel() for weights in plain.parameters()) == 87_123


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
    network = Published(LABELS, "relu" if relu else "gelu").eval()
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
    assert isinstance(network, Published)
    assert [type(layer) for layer in network.layers if not list(layer.parameters())] == [
        *([nn.GELU, nn.MaxPool2d] * 5),
        nn.Flatten,
    ]


def test_it_has_the_published_size() -> None:
    assert sum(weights.numel() for weights in Published(LABELS).parameters()) == 87_123


def test_the_drawn_picture_is_the_one_that_librosa_draws(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    # Smooth in time and frequency, as speech is, and in part below the 80 dB that are drawn.
    levels = np.cumsum(np.cumsum(rng.normal(0, 1.5, (47, 128)), axis=0), axis=1).astype(np.float32)
    levels = np.clip(levels - levels.max(), -100, 0)
    draw_picture(np.maximum(levels, -80).T, tmp_path / "drawn.png")
    expected = read_picture(tmp_path / "drawn.png") / 255
    ours = drawn_pictures(torch.from_numpy(levels[None]), magma())[0].numpy()
    assert ours.shape == expected.shape == (3, 224, 224)
    inner = np.s_[:, 4:-4, 4:-4]  # the report's has the axes' frame
    assert np.corrcoef(ours[inner].ravel(), expected[inner].ravel())[0, 1] > 0.98
    assert np.abs(ours[inner] - expected[inner]).mean() < 0.03


def test_the_recipe_chooses_picture_and_activation() -> None:
    recipe = msgspec.structs.replace(RECIPES["mel_cnn2d/published"], picture="drawn", activation="relu")
    drawn = build_published(recipe, LABELS, None, None).eval()
    assert isinstance(drawn, Published)
    assert any(isinstance(layer, nn.ReLU) for layer in drawn.layers)
    direct = Published(LABELS, "relu").eval()
    direct.load_state_dict(drawn.state_dict())
    features = torch.from_numpy(np.random.default_rng(1).uniform(-120, 0, (1, 94, 128)).astype(np.float32))
    with torch.inference_mode():
        torch.testing.assert_close(drawn(features), drawn.layers(drawn_pictures(features, magma())))
        assert (drawn(features) - direct(features)).abs().max() > 1e-3
