"""Keras and torch networks as ONNX graphs: input ``features`` (batch, frames, D), output ``logits`` (batch, K).

Those that are judged relative to the speaker also take ``offset`` and give ``summary``, both (batch, S).
"""

import contextlib
import io
import logging
import warnings

import onnx

from emostream.inference.model import INPUT_NAME, OFFSET_NAME, OUTPUT_NAME, SUMMARY_NAME
from emostream_trainer.recipes import Recipe
from emostream_trainer.training.learner import Learner

TORCH_OPSET = 20
KERAS_OPSET = 18  # tf2onnx knows no later one


def to_onnx(learner: Learner, recipe: Recipe) -> onnx.ModelProto:
    """The graph of a trained network, weights inside, batch and frames dynamic."""
    return _from_torch(learner, recipe) if recipe.network == "mel_cnn2d" else _from_keras(learner, recipe)


def _from_torch(learner: Learner, recipe: Recipe) -> onnx.ModelProto:
    import torch

    network = learner.network.eval()
    batch, frames = torch.export.Dim("batch"), torch.export.Dim("frames", min=8, max=4096)
    # More frames than the network reads of a window: fewer must stay possible, and are, for both are sliced alike.
    example: tuple[torch.Tensor, ...] = (torch.zeros(2, 300, recipe.features.dim),)
    dynamic: tuple[dict[int, object], ...] = ({0: batch, 1: frames},)
    inputs, outputs = [INPUT_NAME], [OUTPUT_NAME]
    if recipe.relative:
        example += (torch.zeros(2, learner.summary_size),)
        dynamic += ({0: batch},)
        inputs.append(OFFSET_NAME)
        outputs.append(SUMMARY_NAME)
    # It logs which optional packages are not there.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        # torch warns of its own internals here.
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            network,
            example,
            dynamo=True,
            input_names=inputs,
            output_names=outputs,
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
    if recipe.relative:
        signature.append(tf.TensorSpec((None, learner.summary_size), tf.float32, name=OFFSET_NAME))

    # from_keras does not know Keras 3; a function that returns a dict gives the outputs their names.
    @tf.function(input_signature=signature)
    def named(*inputs):  # AutoGraph cannot read annotations that name a local module
        if recipe.relative:
            logits, summary = learner.network(list(inputs), training=False)
            return {OUTPUT_NAME: logits, SUMMARY_NAME: summary}
        return {OUTPUT_NAME: learner.network(inputs[0], training=False)}

    graph, _ = tf2onnx.convert.from_function(named, input_signature=signature, opset=KERAS_OPSET)
    return graph
