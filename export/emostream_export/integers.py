"""Matrix products in 8-bit integers, where a graph rounds what it multiplies to whole numbers.

A network says by ``IntegerLinear`` that a layer's rows are whole numbers times a step of their own. Where the matrix
consists of whole numbers times one unit a column as well, the product is that of integers, and is computed as such:
rounded no further, and each row by itself, so a window gives the same in any batch.
"""

from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

F32 = NDArray[np.float32]
# Rows go in as unsigned bytes, of which this one is 0.
ZERO = 128
# Matrices hold no larger ones. Processors that multiply bytes in pairs add up two products in 16 bits:
# 2 * 255 * 64 is the most that fits.
LARGEST_WHOLE = 64
# Of a column's largest number so many parts are tried as its unit.
PARTS = range(1, LARGEST_WHOLE + 1)


def in_integers(model: onnx.ModelProto) -> None:
    """Replace, in place, float32 products that are products of integers."""
    graph = model.graph
    made_by = {output: node for node in graph.node for output in node.output}
    weights = {tensor.name: tensor for tensor in graph.initializer}
    nodes: list[onnx.NodeProto] = []
    found = False
    for node in graph.node:
        product = _whole_product(node, made_by, weights)
        nodes += _integer_nodes(graph, node, product) if product else [node]
        found |= product is not None
    if found:
        graph.initializer.extend(
            [
                numpy_helper.from_array(np.array(ZERO, np.uint8), "integers.zero"),
                numpy_helper.from_array(np.array(ZERO, np.float32), "integers.shift"),
            ]
        )
        del graph.node[:]
        graph.node.extend(_used(nodes, {output.name for output in graph.output}))
        used = {name for node in graph.node for name in node.input}
        kept = [tensor for tensor in graph.initializer if tensor.name in used]
        del graph.initializer[:]
        graph.initializer.extend(kept)


@dataclass(frozen=True)
class _WholeProduct:
    """Rows ``whole`` * ``step``, by their names in the graph, times a matrix (in, out) ``codes`` * ``units`` (out,)."""

    whole: str
    step: str
    codes: NDArray[np.int8]
    units: F32


def _whole_product(
    node: onnx.NodeProto, made_by: dict[str, onnx.NodeProto], weights: dict[str, onnx.TensorProto]
) -> _WholeProduct | None:
    """What a node multiplies, if it is a product of whole numbers."""
    if node.op_type != "MatMul" or node.input[1] not in weights:
        return None
    scaled = made_by.get(node.input[0])
    if scaled is None or scaled.op_type != "Mul":
        return None
    whole, step = scaled.input
    if whole not in made_by or made_by[whole].op_type != "Round":
        return None
    matrix = whole_matrix(numpy_helper.to_array(weights[node.input[1]]))
    return _WholeProduct(whole, step, *matrix) if matrix else None


def whole_matrix(values: F32) -> tuple[NDArray[np.int8], F32] | None:
    """A matrix (in, out) as codes of at most ``LARGEST_WHOLE`` and a unit a column (out,), or None.

    It is exactly code * unit.
    """
    largest = np.abs(values).max(axis=0)
    units = np.zeros_like(largest)
    for part in PARTS:
        unit = np.where(largest == 0, 1, largest / np.float32(part)).astype(np.float32)
        whole = np.round(values / unit)
        fits = (units == 0) & (whole * unit == values).all(axis=0)
        units[fits] = unit[fits]
    if not units.all():
        return None
    return np.round(values / units).astype(np.int8), units


def _integer_nodes(graph: onnx.GraphProto, node: onnx.NodeProto, product: _WholeProduct) -> list[onnx.NodeProto]:
    name = node.input[1]
    graph.initializer.extend(
        [
            numpy_helper.from_array(product.codes, f"{name}.whole"),
            numpy_helper.from_array(product.units, f"{name}.units"),
        ]
    )
    part = f"{node.output[0]}."
    return [
        helper.make_node("Add", [product.whole, "integers.shift"], [f"{part}shifted"]),
        helper.make_node("Cast", [f"{part}shifted"], [f"{part}bytes"], to=TensorProto.UINT8),
        helper.make_node("MatMulInteger", [f"{part}bytes", f"{name}.whole", "integers.zero"], [f"{part}sums"]),
        helper.make_node("Cast", [f"{part}sums"], [f"{part}float"], to=TensorProto.FLOAT),
        helper.make_node("Mul", [f"{part}float", product.step], [f"{part}scaled"]),
        helper.make_node("Mul", [f"{part}scaled", f"{name}.units"], list(node.output)),
    ]


def _used(nodes: list[onnx.NodeProto], outputs: set[str]) -> list[onnx.NodeProto]:
    """The nodes that an output depends on, in their order."""
    wanted, kept = set(outputs), []
    for node in reversed(nodes):
        if wanted.intersection(node.output):
            wanted.update(node.input)
            kept.append(node)
    return kept[::-1]
