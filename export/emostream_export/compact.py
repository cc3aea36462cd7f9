"""Weights of a graph in as few bytes as they need: half precision or 8 bits where that is what they were.

What a trunk was published in stays what it takes on disk. The runtime brings them to float32 once, when it loads.
"""

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

F32 = NDArray[np.float32]
# Smaller tensors are not worth a node.
LEAST_NUMBERS = 4096
LEVELS = 256
# How far a value may lie from its level, as a share of the distance between two: a float32's rounding, and no more.
UNEVEN = 1e-3


def compact(model: onnx.ModelProto) -> None:
    """Store large float32 weights anew, in place, where less is enough to have them back."""
    graph, nodes = model.graph, []
    for index, tensor in enumerate(graph.initializer):
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < LEAST_NUMBERS:
            continue
        values: F32 = numpy_helper.to_array(tensor)
        name = tensor.name
        if (levels := _levels(values)) is not None:
            codes, scale, zero = levels
            stored = numpy_helper.from_array(codes, f"{name}.codes")
            steps = (("scale", scale), ("zero", zero))
            graph.initializer.extend(numpy_helper.from_array(value, f"{name}.{kind}") for kind, value in steps)
            nodes += [
                helper.make_node("Cast", [f"{name}.codes"], [f"{name}.float"], to=TensorProto.FLOAT),
                helper.make_node("Mul", [f"{name}.float", f"{name}.scale"], [f"{name}.scaled"]),
                helper.make_node("Add", [f"{name}.scaled", f"{name}.zero"], [name]),
            ]
        elif np.array_equal(values, values.astype(np.float16).astype(np.float32)):
            stored = numpy_helper.from_array(values.astype(np.float16), f"{name}.half")
            nodes.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
        else:
            continue
        graph.initializer[index].CopyFrom(stored)
    for node in reversed(nodes):
        graph.node.insert(0, node)


def _levels(values: F32) -> tuple[NDArray[np.uint8], F32, F32] | None:
    """Values as codes, a scale and the value of code 0, where they lie on at most 256 levels, evenly apart."""
    found = np.unique(values)
    if not 1 < len(found) <= LEVELS:
        return None
    levels = found.astype(np.float64) - found[0]
    highest = (levels[-1] / np.diff(levels).min()).round()
    if highest >= LEVELS:
        return None
    scale = levels[-1] / highest
    codes = (levels / scale).round()
    if np.abs(codes * scale - levels).max() > UNEVEN * scale:
        return None
    places = np.searchsorted(found, values)
    return codes.astype(np.uint8)[places], np.asarray(scale, np.float32), np.asarray(found[0])
