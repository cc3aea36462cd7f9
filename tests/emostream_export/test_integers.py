"""A layer that rounds what it reads is computed in integers, and gives what its framework gives."""

from types import SimpleNamespace

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from emostream.features import Feature, FeatureSpec
from emostream_export.integers import LARGEST_WHOLE, in_integers, whole_matrix
from emostream_export.to_onnx import to_onnx
from emostream_trainer.networks.integer_linear import IntegerLinear
from emostream_trainer.recipes import Recipe

WIDTH = 64
RECIPE = Recipe(
    network="mel_cnn2d",
    variant="attentive",
    features=FeatureSpec(features=(Feature.LOG_MEL,), n_mels=WIDTH),
    epochs=0,
    batch_size=1,
    learning_rate=0,
)
WHOLE = np.random.default_rng(0).integers(-LARGEST_WHOLE, LARGEST_WHOLE + 1, (WIDTH, 8)).astype(np.float32)
UNITS = np.random.default_rng(1).uniform(0.001, 0.1, 8).astype(np.float16).astype(np.float32)


class _Network(nn.Module):
    """Windows (B, T, 64) -> (B, T, 8), by one layer."""

    def __init__(self, layer: type[nn.Linear], weight: NDArray[np.float32]) -> None:
        super().__init__()
        self.layer = layer(WIDTH, 8)
        self.layer.weight.data = torch.from_numpy(weight.T.copy())

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.layer(features)
        return logits


def _graph(network: nn.Module) -> onnx.ModelProto:
    graph = to_onnx(SimpleNamespace(network=network, summary_size=0), RECIPE)
    in_integers(graph)
    onnx.checker.check_model(graph)
    return graph


def _operators(graph: onnx.ModelProto) -> set[str]:
    return {node.op_type for node in graph.graph.node}


def _logits(graph: onnx.ModelProto, windows: NDArray[np.float32]) -> NDArray[np.float32]:
    return onnxruntime.InferenceSession(graph.SerializeToString()).run(None, {"features": windows})[0]


def test_whole_numbers_are_multiplied_as_such() -> None:
    network = _Network(IntegerLinear, WHOLE * UNITS)
    graph = _graph(network)
    assert "MatMulInteger" in _operators(graph)
    assert "MatMul" not in _operators(graph)
    windows = np.random.default_rng(2).normal(0, 3, (4, 20, WIDTH)).astype(np.float32)
    windows[0, 3] = 0  # a row without anything has no step of its own
    with torch.inference_mode():
        expected = network(torch.from_numpy(windows)).numpy()
    np.testing.assert_allclose(_logits(graph, windows), expected, rtol=1e-4, atol=1e-5)


def test_a_window_gives_the_same_in_any_batch() -> None:
    graph = _graph(_Network(IntegerLinear, WHOLE * UNITS))
    windows = np.random.default_rng(3).normal(0, 1, (8, 20, WIDTH)).astype(np.float32)
    windows[1] *= 1000  # somebody else's loud window
    np.testing.assert_array_equal(_logits(graph, windows)[:1], _logits(graph, windows[:1]))


@pytest.mark.parametrize(
    ("layer", "weight"),
    [(nn.Linear, WHOLE * UNITS), (IntegerLinear, np.random.default_rng(4).normal(0, 1, (WIDTH, 8)).astype(np.float32))],
    ids=["rows that are not rounded", "a matrix of other numbers"],
)
def test_other_products_stay_as_they_are(layer: type[nn.Linear], weight: NDArray[np.float32]) -> None:
    assert "MatMulInteger" not in _operators(_graph(_Network(layer, weight)))


def test_a_matrix_comes_apart_into_whole_numbers_and_units() -> None:
    some = WHOLE * UNITS
    some[:, 3] = 0
    found = whole_matrix(some)
    assert found is not None
    whole, units = found
    np.testing.assert_array_equal(whole * units, some)
    # Two products of a byte and a whole number are added in 16 bits where a processor has nothing better.
    assert np.abs(whole).max() <= LARGEST_WHOLE
    assert 2 * 255 * LARGEST_WHOLE < 2**15
