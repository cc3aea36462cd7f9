"""Weights take as few bytes as they need, and come back as they were."""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from emostream_export.compact import compact

F32 = np.ndarray
RNG = np.random.default_rng(0)
ROW = 42  # of a weight, that is looked at
FULL = RNG.normal(0, 1, (128, 128)).astype(np.float32)
HALF = FULL.astype(np.float16).astype(np.float32)
# Groups of 32 neighbours along the input with a scale each; the farthest of each is -8 times its scale.
CODES = RNG.integers(-8, 8, (4, 32, 128))
CODES[:, 0] = -8
SCALES = RNG.normal(0, 0.01, (4, 1, 128)).astype(np.float16).astype(np.float32)
SCALES[1, :, 5] = 0
FOUR_BITS = (CODES * SCALES).astype(np.float32).reshape(128, 128)
# One number lies between two codes.
NEARLY = FOUR_BITS.copy()
NEARLY[7, 3] += SCALES[0, 0, 3] / 3
FEW = RNG.normal(0, 1, (128, 3)).astype(np.float16).astype(np.float32)


def _model(weight: F32) -> onnx.ModelProto:
    """x -> x @ weight."""
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "product",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 128])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, weight.shape[1]])],
        [numpy_helper.from_array(weight, "w")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


def _product(model: onnx.ModelProto) -> F32:
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return session.run(None, {"x": np.eye(128, dtype=np.float32)[ROW : ROW + 1]})[0]


@pytest.mark.parametrize(
    ("weight", "share"),
    [(FULL, 1.0), (HALF, 0.5), (FOUR_BITS, 0.14), (NEARLY, 1.0), (FEW, 1.0)],
    ids=["float32", "float16", "4 bits", "nearly 4 bits", "small"],
)
def test_a_weight_takes_what_it_needs_and_comes_back(weight: F32, share: float) -> None:
    model = _model(weight)
    before = len(model.SerializeToString())
    compact(model)
    onnx.checker.check_model(model, full_check=True)
    assert len(model.SerializeToString()) / before == pytest.approx(share, abs=0.05)
    np.testing.assert_allclose(_product(model), weight[ROW : ROW + 1], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("weight", [np.ones((128, 128), np.float32), np.full((128, 128), 1 / 3, np.float32)])
def test_a_weight_that_is_the_same_everywhere_comes_back(weight: F32) -> None:
    model = _model(weight)
    compact(model)
    np.testing.assert_allclose(_product(model), weight[ROW : ROW + 1], rtol=1e-6)
