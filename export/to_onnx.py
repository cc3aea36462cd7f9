"""Keras and torch networks as ONNX graphs: input ``features`` (batch, frames, D), output ``logits`` (batch, K)."""

import contextlib
import io
import logging
import warnings

import onnx

from streamer.model import INPUT_NAME, OUTPUT_NAME
from trainer.learners import Learner
from trainer.recipes import Recipe

TORCH_OPSET = 20
KERAS_OPSET = 18  # tf2onnx knows no later one


def to_onnx(learner: Learner, recipe: Recipe) -> onnx.ModelProto:
    """The graph of a trained network, weights inside, batch and frames dynamic."""
    return _from_torch(learner, recipe) if recipe.network == "mel_cnn2d" else _from_keras(learner, recipe)


def _from_torch(learner: Learner, recipe: Recipe) -> onnx.ModelProto:
    import torch

    network = learner.network.eval()
    example = torch.zeros(2, 100, recipe.features.dim)
    dynamic = {"features": {0: torch.export.Dim("batch"), 1: torch.export.Dim("frames", min=8, max=4096)}}
    # It logs which optional packages are not there.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        # torch warns of its own internals here.
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            network,
            (example,),
            dynamo=True,
            input_names=[INPUT_NAME],
            output_names=[OUTPUT_NAME],
            dynamic_shapes=dynamic,
            opset_version=TORCH_OPSET,
            external_data=False,
            verbose=False,
        )
    graph = program.model_proto
    # torch notes at every node where in which file it came from: paths of whoever exported.
    for part in (
        graph.graph.node,
        graph.graph.value_info,
        graph.graph.input,
        graph.graph.output,
        graph.graph.initializer,
    ):
        for item in part:
            item.ClearField("metadata_props")
            item.ClearField("doc_string")
    return graph


def _from_keras(learner: Learner, recipe: Recipe) -> onnx.ModelProto:
    import tensorflow as tf
    import tf2onnx

    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    signature = [tf.TensorSpec((None, None, recipe.features.dim), tf.float32, name=INPUT_NAME)]

    # from_keras does not know Keras 3; a function that returns a dict gives the output its name.
    @tf.function(input_signature=signature)
    def named(features):  # AutoGraph cannot read annotations that name a local module
        return {OUTPUT_NAME: learner.network(features, training=False)}

    graph, _ = tf2onnx.convert.from_function(named, input_signature=signature, opset=KERAS_OPSET)
    return graph
