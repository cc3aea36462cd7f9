"""Emotion models of a few kilobytes with a card, for tests without trained weights: one linear layer on mean rows."""

from pathlib import Path

import msgspec
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from emostream.features import Feature, FeatureSpec
from emostream.inference.card import ModelCard, to_metadata

LABELS = ("angry", "happy", "neutral", "sad")
MEL_SPEC = FeatureSpec(features=(Feature.LOG_MEL,), frame_length=512, hop_length=160, n_mels=40)
MFCC_SPEC = FeatureSpec(
    features=(Feature.MFCC, Feature.CENTROID, Feature.CONTRAST_MEAN), frame_length=1024, hop_length=320, n_mfcc=13
)
# About how far a column moves within speech.
SPREAD = {
    Feature.LOG_MEL: 10.0,
    Feature.MFCC: 30.0,
    Feature.CENTROID: 500.0,
    Feature.CONTRAST: 10.0,
    Feature.CONTRAST_MEAN: 3.0,
}
TINY_CARD = ModelCard(
    name="tiny",
    variant="test",
    version="0.0.1",
    labels=LABELS,
    features=MEL_SPEC,
    window_ms=3000,
    step_ms=250,
    shortest_window_ms=500,
    temperature=1.5,
    licence="MIT",
    training_data="none",
    protocol="none",
    split_hash="0",
    heard_speakers=("s1", "s2"),
    scores={"uar": 0.25},
)


def tiny_card(**changes: object) -> ModelCard:
    """``TINY_CARD`` with some fields changed."""
    return msgspec.structs.replace(TINY_CARD, **changes)


def tiny_graph(
    dim: int,
    n_labels: int,
    *,
    weights: NDArray[np.floating] | None = None,
    bias: tuple[float, ...] | None = None,
    batch: int | str = "batch",
    frames: int | str = "frames",
    input_name: str = "features",
    output_name: str = "logits",
    summarised: bool = False,
) -> onnx.ModelProto:
    """Logits = mean row times ``weights`` plus ``bias``, both zero unless given.

    A ``summarised`` one gives mean row times ``weights`` as its summary, and the logits are that minus the offset.
    """
    weights = np.zeros((dim, n_labels)) if weights is None else weights

    def pooled(name: str) -> list[onnx.ValueInfoProto]:
        return [helper.make_tensor_value_info(name, TensorProto.FLOAT, [batch, n_labels])] if summarised else []

    graph = helper.make_graph(
        [
            helper.make_node("ReduceMean", [input_name, "axes"], ["mean"], keepdims=0),
            helper.make_node("MatMul", ["mean", "weights"], ["summary"]),
            *([helper.make_node("Sub", ["summary", "offset"], ["scores"])] if summarised else []),
            helper.make_node("Add", ["scores" if summarised else "summary", "bias"], [output_name]),
        ],
        "tiny",
        [helper.make_tensor_value_info(input_name, TensorProto.FLOAT, [batch, frames, dim]), *pooled("offset")],
        [helper.make_tensor_value_info(output_name, TensorProto.FLOAT, [batch, n_labels]), *pooled("summary")],
        [
            numpy_helper.from_array(np.array([1], np.int64), "axes"),
            numpy_helper.from_array(weights.astype(np.float32), "weights"),
            numpy_helper.from_array(np.array(bias or np.zeros(n_labels), np.float32), "bias"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    return model


def speech_weights(card: ModelCard, seed: int) -> NDArray[np.floating]:
    """Random weights under which speech moves the probabilities about, and silence and loudness alone do not."""
    spec = card.features
    spread = np.concatenate([np.full(spec.width(feature), SPREAD[feature]) for feature in spec.features])
    weights = np.random.default_rng(seed).normal(0, 4 / np.sqrt(spec.dim), (spec.dim, len(card.labels)))
    return (weights - weights.mean(axis=0)) / spread[:, None]


def write_model(
    path: Path,
    card: ModelCard = TINY_CARD,
    *,
    graph: onnx.ModelProto | None = None,
    seed: int = 0,
    bias: tuple[float, ...] | None = None,
    metadata: dict[str, str] | None = None,
) -> Path:
    """Write a model file whose graph fits its card, unless ``graph`` or ``metadata`` say otherwise."""
    weights = speech_weights(card, seed) if bias is None else None
    summarised = bool(card.neutral_summary)
    graph = graph or tiny_graph(card.features.dim, len(card.labels), weights=weights, bias=bias, summarised=summarised)
    helper.set_model_props(graph, to_metadata(card) if metadata is None else metadata)
    path.write_bytes(graph.SerializeToString())
    return path
