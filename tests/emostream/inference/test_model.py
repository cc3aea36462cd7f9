"""Loading and running ONNX models, and refusing the ones that do not fit."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from emostream.assets import load_models
from emostream.errors import ModelError
from emostream.inference.card import METADATA_KEY, ModelCard
from emostream.inference.model import EmotionModel
from emostream.inference.probabilities import softmax
from emostream.inference.session import open_session
from tests.support.tiny_models import LABELS, MFCC_SPEC, TINY_CARD, tiny_card, tiny_graph, write_model

DIM = TINY_CARD.features.dim


def windows(batch: int, frames: int = 90, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(-40, 20, (batch, frames, DIM)).astype(np.float32)


def refusal(path: Path) -> str:
    with pytest.raises(ModelError) as caught:
        EmotionModel.load(path)
    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith(f"{path}: ")
    return line


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> EmotionModel:
    return EmotionModel.load(write_model(tmp_path_factory.mktemp("model") / "tiny.onnx", seed=5))


def test_a_model_says_what_it_is(model: EmotionModel) -> None:
    assert model.card == TINY_CARD
    assert repr(model) == "EmotionModel(tiny/test 0.0.1: (B, T, 40) -> ('angry', 'happy', 'neutral', 'sad'))"


@pytest.mark.parametrize("frames", [1, 12, 90, 400])
@pytest.mark.parametrize("batch", [1, 7])
def test_probabilities_sum_to_one(model: EmotionModel, batch: int, frames: int) -> None:
    p = model.probabilities(windows(batch, frames))
    assert p.shape == (batch, len(LABELS))
    assert p.dtype == np.float32
    assert (p >= 0).all()
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-6)


def test_a_batch_equals_single_runs(model: EmotionModel) -> None:
    batch = windows(9)
    single = np.concatenate([model.probabilities(window[None]) for window in batch])
    np.testing.assert_allclose(model.probabilities(batch), single, atol=1e-6)


def test_the_temperature_divides_the_logits(tmp_path: Path) -> None:
    bias = (2.0, 1.0, 0.0, -1.0)
    for temperature in (0.5, 1.0, 4.0):
        path = write_model(tmp_path / f"{temperature}.onnx", tiny_card(temperature=temperature), bias=bias)
        p = EmotionModel.load(path).probabilities(windows(1))[0]
        expected = np.exp(np.array(bias) / temperature)
        assert p == pytest.approx(expected / expected.sum(), abs=1e-6)


def test_logits_are_the_graphs_own(tmp_path: Path) -> None:
    model = EmotionModel.load(write_model(tmp_path / "model.onnx", bias=(2.0, 1.0, 0.0, -1.0)))
    np.testing.assert_array_equal(model.logits(windows(2)), [[2, 1, 0, -1]] * 2)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_model_that_gives_no_numbers_is_one_line(value: float, tmp_path: Path) -> None:
    model = EmotionModel.load(write_model(tmp_path / "model.onnx", bias=(0.0, float(value), 0.0, 0.0)))
    with pytest.raises(ModelError, match="the model tiny gave NaN or infinity"):
        model.run(windows(2))


def test_a_model_that_fails_while_it_runs_is_one_line(model: EmotionModel, monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing:
        def run(self, *_: object) -> None:
            raise RuntimeError("Non-zero status code\nat node 7")

    monkeypatch.setattr(model, "_session", Failing())
    with pytest.raises(ModelError, match="the model tiny failed while it ran: Non-zero status code; export it again"):
        model.run(windows(1))


SUMMARISED = tiny_card(neutral_summary=(0.0,) * 4, speech_summary=(0.0,) * 4)


def test_an_offset_is_taken_off_the_summary(tmp_path: Path) -> None:
    model = EmotionModel.load(write_model(tmp_path / "model.onnx", SUMMARISED, seed=5))
    logits, summary = model.run(windows(3))
    assert summary.shape == (3, model.summary_size) == (3, 4)
    np.testing.assert_array_equal(logits, summary)
    np.testing.assert_array_equal(model.logits(windows(3)), logits)
    offset = np.array([0.0, 1.0, -1.0, 0.5], np.float32)
    for one in (offset, np.tile(offset, (3, 1))):
        moved, same = model.run(windows(3), one)
        np.testing.assert_allclose(moved, logits - offset, atol=1e-5)
        np.testing.assert_array_equal(same, summary)
    for wrong in (offset[:3], np.zeros((2, 4), np.float32), np.zeros((), np.float32)):
        with pytest.raises(ValueError, match="got an offset of shape"):
            model.run(windows(3), wrong)


def test_a_model_without_a_summary_has_one_of_no_numbers(model: EmotionModel) -> None:
    logits, summary = model.run(windows(3))
    assert (model.summary_size, summary.shape) == (0, (3, 0))
    np.testing.assert_array_equal(logits, model.logits(windows(3)))
    with pytest.raises(ValueError, match="got an offset of shape"):
        model.run(windows(3), np.zeros(4, np.float32))


def test_mean_summaries_may_be_missing_and_must_fit_if_they_are_there(tmp_path: Path) -> None:
    graph = tiny_graph(40, 4, summarised=True)
    assert EmotionModel.load(write_model(tmp_path / "unmeasured.onnx", graph=graph)).summary_size == 4
    three = tiny_card(neutral_summary=(0.0,) * 3, speech_summary=(0.0,) * 3)
    line = refusal(write_model(tmp_path / "three.onnx", three, graph=graph))
    assert "have 3 numbers, the graph's summary has 4" in line
    line = refusal(write_model(tmp_path / "none.onnx", three, graph=tiny_graph(40, 4)))
    assert "have 3 numbers, the graph's summary has 0" in line


def test_a_summary_without_an_offset_is_refused(tmp_path: Path) -> None:
    graph = tiny_graph(40, 4, summarised=True)
    del graph.graph.output[1]
    assert "found features" in refusal(write_model(tmp_path / "deaf.onnx", graph=graph))
    graph = tiny_graph(40, 4)
    graph.graph.output.append(helper.make_tensor_value_info("summary", TensorProto.FLOAT, ["batch", 4]))
    line = refusal(write_model(tmp_path / "blind.onnx", graph=graph))
    assert "one input 'offset' of float32 with 2 axes, the last of 4 and the others free" in line


def test_views_of_rows_are_taken_as_they_are(model: EmotionModel) -> None:
    rows = windows(1, frames=180)
    np.testing.assert_allclose(model.probabilities(rows[:, ::2]), model.probabilities(rows[:, ::2].copy()), atol=1e-7)


@pytest.mark.parametrize("shape", [(90, DIM), (1, 90, DIM + 1), (1, DIM, 90), (1, 1, 90, DIM)], ids=str)
def test_windows_of_another_shape_are_refused(model: EmotionModel, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"expected \(B, T, 40\)"):
        model.probabilities(np.zeros(shape, np.float32))


@given(st.lists(st.floats(-1e4, 1e4, width=32), min_size=2, max_size=8))
def test_softmax_never_overflows_and_keeps_the_order(logits: list[float]) -> None:
    p = softmax(np.array(logits, np.float32))
    assert p.sum() == pytest.approx(1, abs=1e-5)
    assert p[int(np.argmax(logits))] == p.max()


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    line = refusal(tmp_path / "none.onnx")
    assert "no such model file" in line
    assert "emostream models" in line
    refusal(tmp_path)


@pytest.mark.parametrize("content", [b"", b"not a model", b"RIFF\x00\x00\x00\x00WAVE", bytes(range(256)) * 100])
def test_a_file_that_is_not_onnx_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "noise.onnx"
    path.write_bytes(content)
    assert "not an ONNX model" in refusal(path)


def test_half_a_model_is_refused(tmp_path: Path) -> None:
    path = write_model(tmp_path / "half.onnx")
    path.write_bytes(path.read_bytes()[:300])
    refusal(path)


def test_a_model_without_a_card_is_refused(tmp_path: Path) -> None:
    line = refusal(write_model(tmp_path / "bare.onnx", metadata={}))
    assert "no model card" in line
    assert METADATA_KEY in line
    assert "emostream export" in line


def test_a_card_of_another_schema_is_refused(tmp_path: Path) -> None:
    line = refusal(write_model(tmp_path / "old.onnx", metadata={METADATA_KEY: '{"schema": 99}'}))
    assert "schema 99" in line
    assert "schema 1" in line


@pytest.mark.parametrize(
    ("card", "graph", "said"),
    [
        (TINY_CARD, tiny_graph(41, 4), ("input 'features'", "the last of 40", "41")),
        (tiny_card(features=MFCC_SPEC), tiny_graph(40, 4), ("input 'features'", "the last of 15", "40")),
        (TINY_CARD, tiny_graph(40, 3), ("output 'logits'", "the last of 4", "3")),
        (TINY_CARD, tiny_graph(40, 4, input_name="x"), ("input 'features'", "found x")),
        (TINY_CARD, tiny_graph(40, 4, output_name="Identity:0"), ("output 'logits'", "found Identity:0")),
        (TINY_CARD, tiny_graph(40, 4, batch=1), ("the others free", "[1, 'frames', 40]")),
        (TINY_CARD, tiny_graph(40, 4, frames=90), ("the others free", "['batch', 90, 40]")),
    ],
    ids=["dim", "features", "labels", "input name", "output name", "fixed batch", "fixed frames"],
)
def test_a_graph_that_does_not_fit_its_card_is_refused(
    tmp_path: Path, card: ModelCard, graph: onnx.ModelProto, said: tuple[str, ...]
) -> None:
    line = refusal(write_model(tmp_path / "misfit.onnx", card, graph=graph))
    for words in said:
        assert words in line
    assert "export the model again" in line


def test_two_inputs_or_another_type_are_refused(tmp_path: Path) -> None:
    two = tiny_graph(40, 4)
    two.graph.input.append(helper.make_tensor_value_info("more", TensorProto.FLOAT, [1]))
    two.graph.node.append(helper.make_node("Identity", ["more"], ["same"]))
    assert "more" in refusal(write_model(tmp_path / "two.onnx", graph=two))

    double = helper.make_graph(
        [helper.make_node("ReduceSum", ["features", "axes"], ["logits"], keepdims=0)],
        "double",
        [helper.make_tensor_value_info("features", TensorProto.DOUBLE, ["b", "t", 40])],
        [helper.make_tensor_value_info("logits", TensorProto.DOUBLE, ["b", 40])],
        [helper.make_tensor("axes", TensorProto.INT64, [1], [1])],
    )
    graph = helper.make_model(double, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    assert "tensor(double)" in refusal(write_model(tmp_path / "double.onnx", graph=graph))


def test_named_paths_are_loaded_in_their_order(tiny_paths: list[Path]) -> None:
    assert [model.card.name for model in load_models(tiny_paths)] == ["tiny_mel", "tiny_mfcc"]
    assert [model.card.name for model in load_models(tiny_paths[::-1])] == ["tiny_mfcc", "tiny_mel"]


def test_a_session_runs_on_one_thread(tiny_paths: list[Path]) -> None:
    options = open_session(tiny_paths[0]).get_session_options()
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (1, 1)
