"""An epoch of learning and of judging, held to what can be worked out by hand."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

from emostream_trainer.data.pictures import Pictures
from emostream_trainer.recipes import PICTURE_SIDE
from emostream_trainer.training.epochs import eval_epoch, fit_epoch


class Brightness(nn.Module):
    """Logits of dark and bright, from a picture's mean."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(2))
        self.seen_in_training: list[bool] = []

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """(B, 3, S, S) -> (B, 2)."""
        self.seen_in_training.append(self.training)
        return (pictures.mean(dim=(1, 2, 3))[:, None] - 0.5) * self.weight


@pytest.fixture
def pictures() -> Pictures:
    """Four dark and one bright: batches of two leave a last one of one."""
    levels = np.array([0, 0, 51, 51, 255], np.uint8)
    return Pictures(
        np.broadcast_to(levels[:, None, None, None], (5, 3, PICTURE_SIDE, PICTURE_SIDE)).copy(), [0, 0, 0, 0, 1]
    )


def test_a_picture_is_in_0_to_1(pictures: Pictures) -> None:
    picture, label = pictures[2]
    assert len(pictures) == 5
    assert (picture.shape, picture.dtype, label) == ((3, PICTURE_SIDE, PICTURE_SIDE), torch.float32, 0)
    assert picture.unique().tolist() == [pytest.approx(0.2)]
    with pytest.raises(ValueError, match="found 5 pictures and 1 labels"):
        Pictures(np.zeros((5, 3, 1, 1), np.uint8), [0])


def test_judging_is_a_mean_over_clips_and_learns_nothing(pictures: Pictures) -> None:
    network = Brightness()
    loss, accuracy = eval_epoch(network, DataLoader(pictures, 2))
    assert loss == pytest.approx(math.log(2), rel=1e-6)
    assert accuracy == pytest.approx(0.8), "equal logits name the first label"
    network.weight.data = torch.tensor([-2.0, 2.0])
    margins = [2.0, 2.0, 1.2, 1.2, 2.0]
    loss, accuracy = eval_epoch(network, DataLoader(pictures, 2))
    assert loss == pytest.approx(np.mean([math.log1p(math.exp(-margin)) for margin in margins]), rel=1e-5)
    assert accuracy == 1.0
    assert network.weight.tolist() == [-2.0, 2.0]
    assert not any(network.seen_in_training)


def test_learning_takes_a_step_a_batch(pictures: Pictures) -> None:
    network = Brightness()
    optimiser = torch.optim.SGD(network.parameters(), lr=1.0)
    loss, accuracy = fit_epoch(network, DataLoader(pictures, 5), optimiser)
    assert (loss, accuracy) == (pytest.approx(math.log(2), rel=1e-6), pytest.approx(0.8)), "before its step"
    away = np.array([0.5, 0.5, 0.3, 0.3, 0.5]).mean() / 2
    assert network.weight.tolist() == [pytest.approx(-away, rel=1e-5), pytest.approx(away, rel=1e-5)]
    assert fit_epoch(network, DataLoader(pictures, 2), optimiser).loss < loss
    assert len(network.seen_in_training) == 1 + 3
    assert all(network.seen_in_training)
