"""Weights take as few bytes as they need, and come back as they were."""

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from emostream_export.compact import compact

RNG = np.random.default_rng(0)
FULL = RNG.normal(0, 1, (128, 128)).astype(np.float32)
HALF = FULL.astype(np.float16).astype(np.float32)
FEW = RNG.normal(0, 1, (128, 3)).astype(np.float16).astype(np.float32)
# Groups of 32 neighbours along the input with a factor each.
CODES = RNG.integers(-8, 8, (4, 32, 128))
FACTORS = RNG.choice([-8, -3, 1, 2, 7, 8], (4, 1, 128))
WHOLE = (CODES * FACTORS).astype(np.int8).reshape(128, 128)
# One number of a group is no code times its factor.
UNEVEN = WHOLE.copy()
UNEVEN[:32, 3] = [63, 64, *[1] * 30]


def _model(weight: NDArray[np.generic]) -> onnx.ModelProto:
    """x -> x @ weight, in the integers or floats of the weight."""
    if weight.dtype == np.int8:
        node, given, made = "MatMulInteger", TensorProto.UINT8, TensorProto.INT32
    else:
        node, given, made = "MatMul", TensorProto.FLOAT, TensorProto.FLOAT
    graph = helper.make_graph(
        [helper.make_node(node, ["x", "w"], ["y"])],
        "product",
        [helper.make_tensor_value_info("x", given, [128, 128])],
        [helper.make_tensor_value_info("y", made, [128, weight.shape[1]])],
        [numpy_helper.from_array(weight, "w")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


def _product(model: onnx.ModelProto) -> NDArray[np.generic]:
    """The weight as the runtime has it."""
    session = onnxruntime.InferenceSession(model.SerializeToString())
    x = np.eye(128, dtype=np.uint8 if "Integer" in model.graph.node[-1].op_type else np.float32)
    return session.run(None, {"x": x})[0]


@pytest.mark.parametrize(
    ("weight", "share"),
    [(FULL, 1.0), (HALF, 0.5), (WHOLE, 0.55), (UNEVEN, 1.0), (FEW, 1.0)],
    ids=["float32", "float16", "4 bits", "8 bits", "small"],
)
def test_a_weight_takes_what_it_needs_and_comes_back(weight: NDArray[np.generic], share: float) -> None:
    model = _model(weight)
    before = len(model.SerializeToString())
    compact(model)
    onnx.checker.check_model(model, full_check=True)
    assert len(model.SerializeToString()) / before == pytest.approx(share, abs=0.05)
    np.testing.assert_array_equal(_product(model), weight)


@pytest.mark.parametrize(
    "weight",
    [
        np.ones((128, 128), np.float32),
        np.full((128, 128), 1 / 3, np.float32),
        np.zeros((128, 128), np.int8),
        np.full((128, 128), -64, np.int8),
        np.full((128, 128), 64, np.int8),
    ],
)
def test_a_weight_that_is_the_same_everywhere_comes_back(weight: NDArray[np.generic]) -> None:
    model = _model(weight)
    compact(model)
    np.testing.assert_array_equal(_product(model), weight)
