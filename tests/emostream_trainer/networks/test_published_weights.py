"""Weights of others: what is kept in few bytes comes back, and a file that is not they is one line."""

from pathlib import Path

import numpy as np
import pytest
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
        },
    )
    network = nn.Sequential(nn.Linear(2 * GROUP, 3))
    load_published(network, path, "somebody's network")
    expected = (codes - 8) * np.repeat(scales.astype(np.float32), GROUP, axis=1)
    np.testing.assert_array_equal(network[0].weight.detach(), expected)
    assert network[0].bias.tolist() == [1.5, -2, 0.25]


@pytest.mark.parametrize("content", [None, b"no archive"])
def test_weights_that_are_not_they_are_one_line(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(NoInputError) as caught:
        load_whisper(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
