"""Makes moonshine_tiny.npz of the published encoder: its convolutions in float16, its first two layers in 8 bits.

pip download --no-deps moonshine-voice==0.0.48
unzip moonshine_voice-*.whl moonshine_voice/assets/tiny-en/encoder_model.ort
python models/make_moonshine_tiny.py moonshine_voice/assets/tiny-en/encoder_model.ort
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

LAYERS = 2
OUT = Path(__file__).with_name("moonshine_tiny.npz")
# Their names in the published graph, and in emostream_trainer.networks.moonshine.
PLAIN = {
    "conv1.weight_add_tensor": "conv1.weight",
    "conv2.weight_add_tensor": "conv2.weight",
    "conv2.bias": "conv2.bias",
    "conv3.weight_add_tensor": "conv3.weight",
    "conv3.bias": "conv3.bias",
    "onnx::Mul_2080": "norm.weight",
    "onnx::Add_2081": "norm.bias",
    "onnx::Expand_202": "frequencies",
    **{
        f"layers.{layer}.{theirs}": f"layers.{layer}.{ours}"
        for layer in range(LAYERS)
        for theirs, ours in (
            ("input_layernorm.weight", "attention_norm.weight"),
            ("post_attention_layernorm.weight", "feed_norm.weight"),
            ("mlp.fc1.bias", "fc1.bias"),
            ("mlp.fc2.bias", "fc2.bias"),
        )
    },
}
MATRICES = {"self_attn/q_proj": "q", "self_attn/k_proj": "k", "self_attn/v_proj": "v", "self_attn/o_proj": "o"}
MATRICES |= {"mlp/fc1": "fc1", "mlp/fc2": "fc2"}
FLOAT32 = {"frequencies"}  # angles of a long window need all their digits


def published(path: Path) -> onnx.GraphProto:
    """The encoder's graph, which is published in a format of onnxruntime's own."""
    with tempfile.TemporaryDirectory() as folder:
        options = onnxruntime.SessionOptions()
        options.optimized_model_filepath = f"{folder}/encoder.onnx"
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.add_session_config_entry("session.save_model_format", "ONNX")
        onnxruntime.InferenceSession(path, options)
        return onnx.load(options.optimized_model_filepath).graph


def weights(graph: onnx.GraphProto) -> dict[str, np.ndarray]:
    """Every weight that is used, by our name; a matrix of 8 bits has a ``.scale`` and a ``.zero`` beside it."""
    values = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    found = {}
    for theirs, ours in PLAIN.items():
        value = values[theirs].squeeze() if values[theirs].ndim == 2 else values[theirs]
        found[ours] = value.ravel() if ours == "frequencies" else value
        found[ours] = found[ours].astype(np.float32 if ours in FLOAT32 else np.float16)
    by_name = {node.name: node for node in graph.node}
    for layer in range(LAYERS):
        for theirs, ours in MATRICES.items():
            node = by_name[f"/layers.{layer}/{theirs}/MatMul_quant"]
            matrix = next(name for name in node.input if name in values and name.endswith("_quantized"))
            part, name = matrix.removesuffix("_quantized"), f"layers.{layer}.{ours}.weight"
            found[name] = np.ascontiguousarray(values[matrix].T)
            found[f"{name}.scale"] = np.float32(values[f"{part}_scale"])
            found[f"{name}.zero"] = np.float32(values[f"{part}_zero_point"])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("encoder", type=Path, help="the published encoder_model.ort")
    given = parser.parse_args()
    np.savez(OUT, **weights(published(given.encoder)))
    print(f"{OUT}: {OUT.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
