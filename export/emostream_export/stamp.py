"""A verified graph with its card, written in one move: a reader never meets half a file."""

from pathlib import Path

import onnx

from emostream.features.arrays import Windows
from emostream.inference.card import ModelCard, to_metadata
from emostream_export.compact import compact
from emostream_export.integers import in_integers
from emostream_export.readable import readable
from emostream_export.to_onnx import to_onnx
from emostream_export.verify import Verification, verify
from emostream_trainer.networks.network import Network
from emostream_trainer.recipes import Recipe


def write_model(path: Path, network: Network, recipe: Recipe, card: ModelCard, batches: list[Windows]) -> Verification:
    """Convert, stamp, verify and only then write ``path``. Raises ``MismatchError`` and leaves nothing behind."""
    graph = to_onnx(network, recipe)
    in_integers(graph)
    compact(graph)
    onnx.helper.set_model_props(graph, to_metadata(card))
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    try:
        draft.write_bytes(graph.SerializeToString())
        verification = verify(draft, network, batches)
        draft.replace(path)
        path.with_suffix(".md").write_text(readable(card))
    finally:
        draft.unlink(missing_ok=True)
    return verification
