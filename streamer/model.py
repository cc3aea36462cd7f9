"""A network that was exported to ONNX, with its card: shared by all streams, never changed."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamer.card import ModelCard, from_metadata
from streamer.errors import ModelError

F32 = NDArray[np.float32]

INPUT_NAME = "features"
OUTPUT_NAME = "logits"


def open_session(path: Path) -> Any:
    """An onnxruntime session on one thread that does not spin while it waits. Raises ``ModelError``."""
    import onnxruntime

    if not path.is_file():
        raise ModelError(f"{path}: no such model file; 'emostream models' lists the ones that are installed")
    onnxruntime.set_default_logger_severity(3)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions share no base class of their own
        reason = str(error).strip().splitlines()[0]
        raise ModelError(f"{path}: not an ONNX model that onnxruntime can run: {reason}") from error


class EmotionModel:
    """Feature windows in, calibrated probabilities out.

    The graph takes ``features`` float32 (B, T, D) with B and T free, and gives ``logits`` float32 (B, K).
    """

    def __init__(self, session: Any, card: ModelCard) -> None:
        self._session = session
        self.card = card

    @classmethod
    def load(cls, path: Path) -> "EmotionModel":
        """Open a model file and check that graph and card agree. Raises ``ModelError``."""
        session = open_session(path)
        card = from_metadata(session.get_modelmeta().custom_metadata_map, str(path))
        _check_node(path, "input", session.get_inputs(), INPUT_NAME, rank=3, last=card.features.dim)
        _check_node(path, "output", session.get_outputs(), OUTPUT_NAME, rank=2, last=len(card.labels))
        return cls(session, card)

    def logits(self, windows: F32) -> F32:
        """Raw scores, float32 of shape (B, K), of windows of shape (B, T, D)."""
        if windows.ndim != 3 or windows.shape[2] != self.card.features.dim:
            raise ValueError(f"got windows of shape {windows.shape}, expected (B, T, {self.card.features.dim})")
        out: F32 = self._session.run([OUTPUT_NAME], {INPUT_NAME: np.ascontiguousarray(windows, np.float32)})[0]
        return out

    def probabilities(self, windows: F32) -> F32:
        """Calibrated probabilities, float32 of shape (B, K), rows summing to 1: softmax(logits / temperature)."""
        return softmax(self.logits(windows) / np.float32(self.card.temperature))

    def __repr__(self) -> str:
        card = self.card
        return f"EmotionModel({card.name}/{card.variant} {card.version}: (B, T, {card.features.dim}) -> {card.labels})"


def softmax(logits: F32) -> F32:
    """Softmax over the last axis."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    out: F32 = raised / raised.sum(axis=-1, keepdims=True)
    return out


def _check_node(path: Path, kind: str, nodes: list[Any], name: str, *, rank: int, last: int) -> None:
    found = ", ".join(f"{node.name} {node.shape} {node.type}" for node in nodes)
    fits = (
        len(nodes) == 1
        and nodes[0].name == name
        and nodes[0].type == "tensor(float)"
        and len(nodes[0].shape) == rank
        and nodes[0].shape[-1] == last
        and not any(isinstance(size, int) for size in nodes[0].shape[:-1])
    )
    if not fits:
        raise ModelError(
            f"{path}: expected one {kind} '{name}' of float32 with {rank} axes, the last of {last} and the others "
            f"free; found {found}; export the model again with 'emostream export'"
        )
