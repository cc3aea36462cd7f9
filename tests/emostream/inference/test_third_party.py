"""A network that is not ours: another architecture, other labels and features, wrapped by a card alone."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from emostream import assets, read
from emostream.audio import Samples
from emostream.errors import ModelError
from emostream.inference.model import EmotionModel
from emostream.inference.verification import verify

LABELS = ["amused", "bored", "calm", "tense", "afraid"]
COLUMNS = 24
# As somebody writes it who has a network and the card's fields, and none of our code.
CARD = {
    "schema": 1,
    "name": "somebody-elses",
    "variant": "gru",
    "version": "7",
    "labels": LABELS,
    "features": {
        "features": ["mfcc"],
        "sample_rate_hz": 16000,
        "frame_length": 400,
        "hop_length": 160,
        "n_mels": 40,
        "n_mfcc": COLUMNS,
    },
    "window_ms": 2000,
    "step_ms": 500,
    "shortest_window_ms": 1000,
    "temperature": 1.0,
    "licence": "Apache-2.0",
    "training_data": "somebody's own",
    "protocol": "none",
    "split_hash": "none",
    "heard_speakers": [],
    "scores": {},
}


def gru_network(path: Path, *, mixes_windows: bool = False) -> Path:
    """A GRU over the rows, its last state into a dense layer; with ``mixes_windows`` each sees the batch's mean."""
    rng = np.random.default_rng(3)
    hidden = 16

    def constant(name: str, *shape: int) -> onnx.TensorProto:
        return numpy_helper.from_array(rng.normal(0, 0.2, shape).astype(np.float32), name)

    nodes = [
        helper.make_node("Transpose", ["features"], ["by_time"], perm=[1, 0, 2]),
        helper.make_node("GRU", ["by_time", "w", "r", "b"], ["", "state"], hidden_size=hidden),
        helper.make_node("Squeeze", ["state", "axis"], ["last"]),
        helper.make_node("Gemm", ["last", "dense", "bias"], ["plain"]),
    ]
    if mixes_windows:
        nodes += [
            helper.make_node("ReduceMean", ["plain", "axis"], ["mean"], keepdims=1),
            helper.make_node("Sub", ["plain", "mean"], ["logits"]),
        ]
    else:
        nodes.append(helper.make_node("Identity", ["plain"], ["logits"]))
    graph = helper.make_graph(
        nodes,
        "gru",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["windows", "rows", COLUMNS])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["windows", len(LABELS)])],
        [
            constant("w", 1, 3 * hidden, COLUMNS),
            constant("r", 1, 3 * hidden, hidden),
            constant("b", 1, 6 * hidden),
            constant("dense", hidden, len(LABELS)),
            constant("bias", len(LABELS)),
            numpy_helper.from_array(np.array([0], np.int64), "axis"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    helper.set_model_props(model, {"emostream.card": json.dumps(CARD)})
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    return path


def test_it_is_run_as_one_of_ours(tmp_path: Path, recording: Samples) -> None:
    path = gru_network(tmp_path / "theirs.onnx")
    verify(EmotionModel.load(path))
    reading = read(assets.DEMO_RECORDING, models=path)
    steps_ms = {event.t_end_ms % 500 for event in reading.estimates[:-1]}
    assert steps_ms == {0}
    spoken = [event for event in reading.estimates if event.p]
    assert len(spoken) > 20
    assert all(list(event.p) == LABELS for event in spoken)
    assert all(sum(event.p.values()) == pytest.approx(1, abs=1e-3) for event in spoken)
    assert len(reading.utterances) == 8
    assert all(event.voice is None or event.voice.arousal is None for event in reading.utterances)


def test_one_whose_windows_depend_on_one_another_is_found_out(tmp_path: Path) -> None:
    model = EmotionModel.load(gru_network(tmp_path / "mixed.onnx", mixes_windows=True))
    with pytest.raises(ModelError, match="gives a window another probability in a batch than alone"):
        verify(model)
