"""A network that was exported to ONNX, with its card: shared by all streams, never changed."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emostream.errors import ModelError
from emostream.features.arrays import Logits, Offset, Probabilities, Summaries, Windows
from emostream.inference.card import ModelCard, from_metadata
from emostream.inference.probabilities import softmax
from emostream.inference.session import open_session

INPUT_NAME = "features"
OUTPUT_NAME = "logits"
OFFSET_NAME = "offset"
SUMMARY_NAME = "summary"
RANKS = {INPUT_NAME: 3, OUTPUT_NAME: 2, OFFSET_NAME: 2, SUMMARY_NAME: 2}


class EmotionModel:
    """Feature windows in, calibrated probabilities out.

    The graph takes ``features`` float32 (B, T, D) with B and T free, and gives ``logits`` float32 (B, K). It may also
    give ``summary`` float32 (B, S), statistics of each window pooled over time and standardised by the training
    speakers. It then takes ``offset`` float32 (B, S) as well, which is subtracted from them before they are classified:
    the part that belongs to the speaker and not to an emotion. An offset of zeros stands for an unknown speaker.
    ``sha256`` is that of the file, in hex.
    """

    def __init__(self, session: Any, card: ModelCard, summary_size: int = 0, sha256: str = "") -> None:
        self._session = session
        self.card = card
        self.summary_size = summary_size
        self.sha256 = sha256

    @classmethod
    def load(cls, path: Path) -> "EmotionModel":
        """Open a model file and check that graph and card agree. Raises ``ModelError``."""
        session = open_session(path)
        card = from_metadata(session.get_modelmeta().custom_metadata_map, str(path))
        inputs, outputs = session.get_inputs(), session.get_outputs()
        size = _summary_size(outputs)
        columns = {INPUT_NAME: card.features.dim} | ({OFFSET_NAME: size} if size else {})
        _check_nodes(path, "input", inputs, columns)
        columns = {OUTPUT_NAME: len(card.labels)} | ({SUMMARY_NAME: size} if size else {})
        _check_nodes(path, "output", outputs, columns)
        if card.neutral_summary and len(card.neutral_summary) != size:
            raise ModelError(
                f"{path}: the card's neutral_summary and speech_summary have {len(card.neutral_summary)} numbers, the "
                f"graph's summary has {size}: export the model again with 'emostream export'"
            )
        return cls(session, card, size, hashlib.sha256(path.read_bytes()).hexdigest())

    def run(self, windows: Windows, offset: Offset | None = None) -> tuple[Logits, Summaries]:
        """Raw scores (B, K) and summaries (B, S), both float32, of windows of shape (B, T, D).

        ``offset`` is one speaker's, of shape (S,), or one a window, of shape (B, S); None stands for zeros. S is 0 for
        a model without summaries. Raises ``ModelError`` for a graph that fails while it runs, or gives NaN or infinity.
        """
        if windows.ndim != 3 or windows.shape[2] != self.card.features.dim:
            raise ValueError(f"got windows of shape {windows.shape}, expected (B, T, {self.card.features.dim})")
        shape = (len(windows), self.summary_size)
        if offset is not None and offset.shape not in (shape, shape[1:]):
            raise ValueError(f"got an offset of shape {offset.shape}, expected {shape[1:]} or {shape}")
        if not len(windows):
            return np.zeros((0, len(self.card.labels)), np.float32), np.zeros(shape, np.float32)
        given = {INPUT_NAME: np.ascontiguousarray(windows, np.float32)}
        if not self.summary_size:
            return self._outputs([OUTPUT_NAME], given)[0], np.zeros(shape, np.float32)
        given[OFFSET_NAME] = np.zeros(shape, np.float32)
        if offset is not None:
            given[OFFSET_NAME][:] = offset
        logits, summaries = self._outputs([OUTPUT_NAME, SUMMARY_NAME], given)
        return logits, summaries

    def _outputs(self, names: list[str], given: dict[str, NDArray[np.float32]]) -> list[NDArray[np.float32]]:
        try:
            outputs: list[NDArray[np.float32]] = self._session.run(names, given)
        except Exception as error:  # onnxruntime's exceptions share no base class of their own
            reason = str(error).strip().splitlines()[0]
            raise ModelError(f"the model {self.card.name} failed while it ran: {reason}; export it again") from error
        if not all(np.isfinite(output).all() for output in outputs):
            raise ModelError(
                f"the model {self.card.name} gave NaN or infinity, expected finite numbers: export it again"
            )
        return outputs

    def calibrated(self, logits: Logits) -> Probabilities:
        """Probabilities, float32 of shape (B, K), rows summing to 1: softmax(logits / temperature)."""
        return softmax(logits / np.float32(self.card.temperature))

    def logits(self, windows: Windows) -> Logits:
        """Raw scores, float32 of shape (B, K), of windows of shape (B, T, D) of an unknown speaker."""
        return self.run(windows)[0]

    def probabilities(self, windows: Windows) -> Probabilities:
        """Calibrated probabilities, float32 of shape (B, K), of windows of shape (B, T, D) of an unknown speaker."""
        return self.calibrated(self.logits(windows))

    def __repr__(self) -> str:
        card = self.card
        return f"EmotionModel({card.name}/{card.variant} {card.version}: (B, T, {card.features.dim}) -> {card.labels})"


def _summary_size(outputs: list[Any]) -> int:
    """S, or 0 where no output is named ``summary``."""
    sizes = [node.shape[-1] for node in outputs if node.name == SUMMARY_NAME and node.shape]
    return sizes[0] if sizes and isinstance(sizes[0], int) else 0


def _check_nodes(path: Path, kind: str, nodes: list[Any], columns: dict[str, int]) -> None:
    """Raise ``ModelError`` unless the nodes are those of ``columns``, which gives the size of each one's last axis."""
    fits = len(nodes) == len(columns) and all(_fits(node, columns.get(node.name)) for node in nodes)
    if not fits:
        found = ", ".join(f"{node.name} {node.shape} {node.type}" for node in nodes)
        wanted = " and ".join(
            f"one {kind} '{name}' of float32 with {RANKS[name]} axes, the last of {last} and the others free"
            for name, last in columns.items()
        )
        raise ModelError(f"{path}: expected {wanted}; found {found}; export the model again with 'emostream export'")


def _fits(node: Any, last: int | None) -> bool:
    return (
        last is not None
        and node.type == "tensor(float)"
        and len(node.shape) == RANKS[node.name]
        and node.shape[-1] == last
        and not any(isinstance(size, int) for size in node.shape[:-1])
    )
