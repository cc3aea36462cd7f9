"""Rows are rounded each by its own step."""

import numpy as np
import torch

from emostream_trainer.networks.integer_linear import IntegerLinear


def test_a_step_is_of_the_row_alone() -> None:
    layer = IntegerLinear(2, 2, bias=False)
    layer.weight.data = torch.eye(2)
    rows = torch.tensor([[127.0, 0.4], [127.0, 0.6], [0.127, 0.0006], [0.0, 0.0]])
    expected = [[127, 0], [127, 1], [0.127, 0.001], [0, 0]]
    np.testing.assert_allclose(layer(rows).detach().numpy(), expected, atol=1e-6)
