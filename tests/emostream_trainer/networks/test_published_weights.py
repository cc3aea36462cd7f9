"""Weights of others: what is kept in few bytes comes back, and a file that is not they is one line."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from emostream.errors import NoInputError
from emostream_trainer.networks.published_weights import GROUP, load_published
from emostream_trainer.networks.whisper import load_whisper


def test_a_weight_comes_back_from_what_it_is_kept_in(tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    codes = np.arange(3 * 2 * GROUP).reshape(3, 2 * GROUP) % 16
    scales = np.array([[0.5, -0.25], [1, 2], [0, 0.125]], np.float16)
    np.savez(
        path,
        **{
            "0.weight": (codes[:, 0::2] | codes[:, 1::2] << 4).astype(np.uint8),
            "0.weight.scale": scales,
            "0.bias": np.array([1.5, -2, 0.25], np.float16),
            "1.weight": np.array([[0, 128, 255]], np.uint8),
            "1.weight.scale": np.float32(0.1),
            "1.weight.zero": np.float32(128),
            "1.bias": np.array([7], np.float32),
        },
    )
    network = nn.Sequential(nn.Linear(2 * GROUP, 3), nn.Linear(3, 1))
    load_published(network, path, "somebody's network")
    expected = (codes - 8) * np.repeat(scales.astype(np.float32), GROUP, axis=1)
    np.testing.assert_array_equal(network[0].weight.detach(), expected)
    torch.testing.assert_close(network[1].weight.detach(), torch.tensor([[-12.8, 0, 12.7]]))
    assert network[0].bias.tolist() == [1.5, -2, 0.25]
    assert network[1].bias.tolist() == [7]


@pytest.mark.parametrize("content", [None, b"no archive"])
def test_weights_that_are_not_they_are_one_line(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(NoInputError) as caught:
        load_whisper(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
