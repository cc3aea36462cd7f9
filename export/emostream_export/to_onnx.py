"""Keras and torch networks as ONNX graphs: input ``features`` (batch, frames, D), output ``logits`` (batch, K).

Networks that take a speaker into account also take ``offset`` and give ``summary``, both (batch, S).
"""

import contextlib
import io
import logging
import warnings

import onnx

from emostream.inference.model import INPUT_NAME, OFFSET_NAME, OUTPUT_NAME, SUMMARY_NAME
from emostream_trainer.networks.network import Network
from emostream_trainer.networks.registry import network_entry
from emostream_trainer.recipes import Recipe

TORCH_OPSET = 21
KERAS_OPSET = 18  # tf2onnx knows no later one


def to_onnx(network: Network, recipe: Recipe) -> onnx.ModelProto:
    """The graph of a trained network, weights inside, batch and frames dynamic."""
    convert = {"keras": _from_keras, "torch": _from_torch}[network_entry(recipe).framework]
    return convert(network, recipe)


def _from_torch(network: Network, recipe: Recipe) -> onnx.ModelProto:
    import torch

    module: torch.nn.Module = network.network.eval()
    # Of a range that a network cannot read all of, torch would find so only at the end, and trace it again.
    least = recipe.features.n_frames(recipe.grid().shortest_samples)
    batch, frames = torch.export.Dim("batch"), torch.export.Dim("frames", min=least, max=4096)
    # More frames than the network reads of a window: fewer must stay possible, and are, for both are sliced alike.
    example: tuple[torch.Tensor, ...] = (torch.zeros(2, 300, recipe.features.dim),)
    dynamic: tuple[dict[int, object], ...] = ({0: batch, 1: frames},)
    inputs, outputs = [INPUT_NAME], [OUTPUT_NAME]
    if recipe.relative:
        example += (torch.zeros(2, network.summary_size),)
        dynamic += ({0: batch},)
        inputs.append(OFFSET_NAME)
        outputs.append(SUMMARY_NAME)
    # It logs which optional packages are not there.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        # torch warns of its own internals here.
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            module,
            example,
            dynamo=True,
            input_names=inputs,
            output_names=outputs,
            dynamic_shapes=dynamic,
            opset_version=TORCH_OPSET,
            external_data=False,
            verbose=False,
        )
    assert program is not None, "it is None without dynamo alone"
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


def _from_keras(network: Network, recipe: Recipe) -> onnx.ModelProto:
    import tf2onnx

    from emostream_trainer.networks.quiet_tensorflow import tf

    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    signature = [tf.TensorSpec((None, None, recipe.features.dim), tf.float32, name=INPUT_NAME)]
    if recipe.relative:
        signature.append(tf.TensorSpec((None, network.summary_size), tf.float32, name=OFFSET_NAME))

    # from_keras does not know Keras 3; a function that returns a dict gives the outputs their names.
    @tf.function(input_signature=signature)
    def named(*inputs):  # type: ignore[no-untyped-def]  # AutoGraph cannot read annotations that name a local module
        if recipe.relative:
            logits, summary = network.network(list(inputs), training=False)
            return {OUTPUT_NAME: logits, SUMMARY_NAME: summary}
        return {OUTPUT_NAME: network.network(inputs[0], training=False)}

    graph: onnx.ModelProto
    graph, _ = tf2onnx.convert.from_function(named, input_signature=signature, opset=KERAS_OPSET)
    return graph
