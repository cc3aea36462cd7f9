"""Weights of a graph in as few bytes as they need: half precision, or 4 bits where that is what they were.

What a trunk was published in stays what it takes on disk. The runtime brings it to what it computes with when it loads.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

F32 = NDArray[np.float32]
# Smaller tensors are not worth a node.
LEAST_NUMBERS = 4096
# Matrices of 4 bits have a factor for so many neighbours along their input (networks.published_weights).
GROUP = 32
FACTORS = tuple(sign * size for size in range(1, 9) for sign in (1, -1))


def compact(model: onnx.ModelProto) -> None:
    """Store large weights anew, in place, where less is enough to have them back."""
    graph, nodes = model.graph, []
    for index, tensor in enumerate(graph.initializer):
        store = STORES.get(tensor.data_type)
        if store is None or np.prod(tensor.dims) < LEAST_NUMBERS:
            continue
        if (found := store(tensor.name, numpy_helper.to_array(tensor))) is not None:
            graph.initializer[index].CopyFrom(found.tensors[0])
            graph.initializer.extend(found.tensors[1:])
            nodes += found.nodes
    for node in reversed(nodes):
        graph.node.insert(0, node)


@dataclass(frozen=True)
class _Stored:
    """Tensors that take the place of a weight, and the nodes that make it of them."""

    tensors: list[onnx.TensorProto]
    nodes: list[onnx.NodeProto]


def _in_4_bits(name: str, whole: NDArray[np.int8]) -> _Stored | None:
    """A matrix of whole numbers as codes and factors, if it can be had so."""
    if (groups := _groups(whole)) is None:
        return None
    codes, factors = groups
    unsigned = (codes & 15).astype(np.uint8).ravel()
    packed = (unsigned[0::2] | unsigned[1::2] << 4).tobytes()
    return _Stored(
        [
            helper.make_tensor(f"{name}.codes", TensorProto.INT4, codes.shape, packed, raw=True),
            numpy_helper.from_array(factors, f"{name}.factors"),
            numpy_helper.from_array(np.array(whole.shape, np.int64), f"{name}.shape"),
        ],
        [
            helper.make_node("Cast", [f"{name}.codes"], [f"{name}.small"], to=TensorProto.INT8),
            helper.make_node("Mul", [f"{name}.small", f"{name}.factors"], [f"{name}.scaled"]),
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


def _groups(whole: NDArray[np.int8]) -> tuple[NDArray[np.int8], NDArray[np.int8]] | None:
    """A matrix (in, out) as codes (in / GROUP, GROUP, out) from -8 to 7 and factors (in / GROUP, 1, out).

    None unless it is exactly code * factor.
    """
    if whole.ndim != 2 or len(whole) % GROUP:
        return None
    groups = whole.reshape(-1, GROUP, whole.shape[1])
    factors = np.zeros((len(groups), 1, whole.shape[1]), np.int8)
    for factor in FACTORS:
        codes = groups // factor
        fits = (codes * factor == groups) & (codes >= -8) & (codes <= 7)  # 4 bits have no more
        factors[(factors == 0) & fits.all(axis=1, keepdims=True)] = factor
    return (groups // factors, factors) if factors.all() else None


# What is tried on a weight of each type.
STORES: dict[int, Callable[[str, NDArray[Any]], _Stored | None]] = {
    TensorProto.FLOAT: _in_half,
    TensorProto.INT8: _in_4_bits,
}
