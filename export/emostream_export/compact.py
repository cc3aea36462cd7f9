"""Weights of a graph in as few bytes as they need: half precision or 4 bits where that is what they were.

What a trunk was published in stays what it takes on disk. The runtime brings them to float32 once, when it loads.
"""

from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

F32 = NDArray[np.float32]
# Smaller tensors are not worth a node.
LEAST_NUMBERS = 4096
# Matrices of 4 bits have a scale for so many neighbours along their input (networks.published_weights).
GROUP = 32
# The number of a group that is farthest from 0 is so many times its scale.
FARTHEST = -8
# How far a value may lie from its level, as a share of the distance between two: a float32's rounding, and no more.
UNEVEN = 1e-3


def compact(model: onnx.ModelProto) -> None:
    """Store large float32 weights anew, in place, where less is enough to have them back."""
    graph, nodes = model.graph, []
    for index, tensor in enumerate(graph.initializer):
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < LEAST_NUMBERS:
            continue
        values: F32 = numpy_helper.to_array(tensor)
        for store in (_in_4_bits, _in_half):
            if (found := store(tensor.name, values)) is not None:
                graph.initializer[index].CopyFrom(found.tensors[0])
                graph.initializer.extend(found.tensors[1:])
                nodes += found.nodes
                break
    for node in reversed(nodes):
        graph.node.insert(0, node)


@dataclass(frozen=True)
class _Stored:
    """Tensors that take the place of a weight, and the nodes that make it of them."""

    tensors: list[onnx.TensorProto]
    nodes: list[onnx.NodeProto]


def _in_4_bits(name: str, values: F32) -> _Stored | None:
    if (groups := _groups(values)) is None:
        return None
    codes, scales = groups
    # As few nodes as can be: what each of them gives stays in memory once the runtime has folded it.
    unsigned = (codes & 15).astype(np.uint8).ravel()
    packed = (unsigned[0::2] | unsigned[1::2] << 4).tobytes()
    return _Stored(
        [
            helper.make_tensor(f"{name}.codes", TensorProto.INT4, codes.shape, packed, raw=True),
            numpy_helper.from_array(scales, f"{name}.scales"),
            numpy_helper.from_array(np.array(values.shape, np.int64), f"{name}.shape"),
        ],
        [
            helper.make_node("Cast", [f"{name}.codes"], [f"{name}.float"], to=TensorProto.FLOAT),
            helper.make_node("Cast", [f"{name}.scales"], [f"{name}.steps"], to=TensorProto.FLOAT),
            helper.make_node("Mul", [f"{name}.float", f"{name}.steps"], [f"{name}.scaled"]),
            helper.make_node("Reshape", [f"{name}.scaled", f"{name}.shape"], [name]),
        ],
    )


def _in_half(name: str, values: F32) -> _Stored | None:
    half = values.astype(np.float16)
    if not np.array_equal(values, half.astype(np.float32)):
        return None
    return _Stored(
        [numpy_helper.from_array(half, f"{name}.half")],
        [helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT)],
    )


def _groups(values: F32) -> tuple[NDArray[np.int8], NDArray[np.float16]] | None:
    """A matrix (in, out) as codes (in / GROUP, GROUP, out) from -8 to 7 and scales (in / GROUP, 1, out).

    None unless it is exactly code * scale.
    """
    if values.ndim != 2 or len(values) % GROUP:
        return None
    groups = values.reshape(-1, GROUP, values.shape[1])
    farthest = np.take_along_axis(groups, np.abs(groups).argmax(1, keepdims=True), 1)
    scales = (farthest / FARTHEST).astype(np.float16)
    steps = scales.astype(np.float32)
    codes = np.round(groups / np.where(steps == 0, 1, steps)).clip(FARTHEST, -FARTHEST - 1)
    return (codes.astype(np.int8), scales) if np.array_equal(codes * steps, groups) else None
