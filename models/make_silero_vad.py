"""Makes silero_vad.onnx and silero_vad_8k.onnx of the published graph: the same weights at two fifths of the cost.

pip download --no-deps silero-vad==6.2.3
unzip -p silero_vad-6.2.3-*.whl silero_vad/data/silero_vad_op18_ifless.onnx > published.onnx
python models/make_silero_vad.py published.onnx

The published graph holds two networks, for sound of 16 and of 8 kHz. Their convolutions are over four places at most,
one chunk after the other, which costs several times what the arithmetic does. Here each is one product of matrices over
all chunks of a call.
"""

import argparse
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

F32 = NDArray[np.float32]

HIDDEN = 128
# A chunk of 32 ms and the 4 ms before it are nine of these.
BLOCK_16K, BLOCK_8K = 64, 32
FOLDER = Path(__file__).parent


class Graph:
    """The nodes and constants of a graph as it is written."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, values: object, dtype: type = np.int64) -> str:
        """A constant of this name."""
        self.constants.append(numpy_helper.from_array(np.asarray(values, dtype), name))
        return name

    def add(self, operator: str, inputs: list[str], *outputs: str, **attributes: object) -> str:
        """A node; gives the name of its first output."""
        self.nodes.append(helper.make_node(operator, inputs, list(outputs), **attributes))
        return outputs[0]

    def product(self, rows: str, name: str, weights: F32, bias: F32 | None = None) -> str:
        """``rows`` (..., in) times ``weights`` (in, out), plus the bias."""
        out = self.add("MatMul", [rows, self.constant(f"{name}.weight", weights, np.float32)], f"{name}.product")
        if bias is None:
            return out
        return self.add("Add", [out, self.constant(f"{name}.bias", bias, np.float32)], f"{name}.sum")

    def convolution(self, places: str, name: str, weights: F32, bias: F32, *, n_out: int, stride: int) -> str:
        """Three neighbours of ``places`` (N, places, in), with zeros beyond its ends, by ``weights`` (out, in, 3)."""
        pads = self.constant(f"{name}.pads", [0, 1, 0, 0, 1, 0])
        padded = self.add("Pad", [places, pads], f"{name}.padded")
        neighbours = [
            self.slice(padded, f"{name}.{tap}", slice(tap, tap + stride * (n_out - 1) + 1, stride)) for tap in range(3)
        ]
        rows = self.add("Concat", neighbours, f"{name}.rows", axis=2)
        return self.add("Relu", [self.product(rows, name, _by_tap(weights, [0, 1, 2]), bias)], f"{name}.relu")

    def slice(self, places: str, name: str, taken: slice, axis: int = 1) -> str:
        """Some of the places, or of the columns with ``axis`` 2."""
        bounds = {"start": taken.start, "end": taken.stop, "axis": axis, "step": taken.step or 1}
        given = [self.constant(f"{name}.{bound}", [value]) for bound, value in bounds.items()]
        return self.add("Slice", [places, *given], name)


def rewritten(weights: dict[str, F32], block: int) -> onnx.ModelProto:
    """The graph with these weights of the published file; its input has nine blocks of so many samples."""
    hop, bins = 2 * block, 2 * block + 1
    graph = Graph()
    padded = graph.add("Pad", ["input", graph.constant("mirror", [0, 0, 0, block])], "mirrored", mode="reflect")
    blocks = graph.add("Reshape", [padded, graph.constant("block_shape", [-1, 5, hop])], "blocks")
    halves = [graph.slice(blocks, "first_halves", slice(0, 4)), graph.slice(blocks, "second_halves", slice(1, 5))]
    frames = graph.add("Concat", halves, "frames", axis=2)
    spectrum = graph.product(frames, "stft", weights["stft.forward_basis_buffer"][:, 0, :].T)
    real, imaginary = (
        graph.slice(spectrum, name, slice(start, start + bins), axis=2)
        for name, start in (("real", 0), ("imaginary", bins))
    )
    squares = [graph.add("Mul", [part, part], f"{part}.square") for part in (real, imaginary)]
    magnitude = graph.add("Sqrt", [graph.add("Add", squares, "power")], "magnitude")
    first = graph.convolution(magnitude, "encoder.0", *_layer(weights, 0), n_out=4, stride=1)
    second = graph.convolution(first, "encoder.1", *_layer(weights, 1), n_out=2, stride=2)
    # Of two places, then of one, the other neighbours are zeros beyond the ends.
    both = graph.add("Reshape", [second, graph.constant("both_shape", [-1, 128])], "both")
    third_weights, third_bias = _layer(weights, 2)
    third = graph.add(
        "Relu", [graph.product(both, "encoder.2", _by_tap(third_weights, [1, 2]), third_bias)], "encoder.2.relu"
    )
    fourth_weights, fourth_bias = _layer(weights, 3)
    fourth = graph.add(
        "Relu", [graph.product(third, "encoder.3", _by_tap(fourth_weights, [1]), fourth_bias)], "encoder.3.relu"
    )
    sequence = graph.add("Reshape", [fourth, graph.constant("sequence_shape", [-1, 1, HIDDEN])], "sequence")
    recurrent = [
        graph.constant("recurrent.w", _gates(weights["decoder.rnn.weight_ih"])[None], np.float32),
        graph.constant("recurrent.r", _gates(weights["decoder.rnn.weight_hh"])[None], np.float32),
        graph.constant(
            "recurrent.b",
            np.concatenate([_gates(weights[f"decoder.rnn.bias_{of}"]) for of in ("ih", "hh")])[None],
            np.float32,
        ),
    ]
    graph.add("LSTM", [sequence, *recurrent, "", "h", "c"], "heard", "hn", "cn", hidden_size=HIDDEN)
    rows = graph.add("Reshape", ["heard", graph.constant("row_shape", [-1, HIDDEN])], "heard_rows")
    logit = graph.product(
        graph.add("Relu", [rows], "heard.relu"),
        "output",
        weights["decoder.decoder.2.weight"][0],
        weights["decoder.decoder.2.bias"],
    )
    places = graph.constant("places", [-1])
    graph.add("Reshape", [graph.add("Sigmoid", [logit], "sigmoid"), places], "speech_probs")
    state: list[int | str] = [1, 1, HIDDEN]
    made = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "silero_vad",
            [_value("input", ["sequence_length", 9 * block]), _value("h", state), _value("c", state)],
            [_value("speech_probs", ["sequence_length"]), _value("hn", state), _value("cn", state)],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", 16)],
        ir_version=8,
    )
    onnx.checker.check_model(made, full_check=True)
    return made


def _layer(weights: dict[str, F32], number: int) -> tuple[F32, F32]:
    return tuple(weights[f"encoder.{number}.reparam_conv.{part}"] for part in ("weight", "bias"))


def _gates(rows: F32) -> F32:
    """Rows of torch's gates (input, forget, cell, output) in ONNX's order (input, output, forget, cell)."""
    entry, forget, cell, out = np.split(rows, 4)
    return np.concatenate([entry, out, forget, cell])


def _by_tap(weights: F32, taps: list[int]) -> F32:
    """Weights (out, in, 3) as (taps * in, out): the rows of the neighbours one behind the other."""
    return np.concatenate([weights[:, :, tap].T for tap in taps])


def _value(name: str, shape: list[int | str]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def main() -> None:
    """Write the files beside this script."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("published", type=Path, help="silero_vad_op18_ifless.onnx")
    published = onnx.load(parser.parse_args().published)
    tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in published.graph.initializer}
    for prefix, block, file in (
        ("model.", BLOCK_16K, "silero_vad.onnx"),
        ("model_8k.", BLOCK_8K, "silero_vad_8k.onnx"),
    ):
        weights = {name.removeprefix(prefix): values for name, values in tensors.items() if name.startswith(prefix)}
        onnx.save(rewritten(weights, block), FOLDER / file)


if __name__ == "__main__":
    main()
