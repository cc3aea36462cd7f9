"""One face over a Keras and a torch network: predict, and load weights."""

from pathlib import Path
from typing import Any, Protocol

from emostream.features.arrays import Logits, Offset, Rows, Summaries, Windows
from emostream_trainer.networks.registry import network_entry
from emostream_trainer.recipes import Recipe


class Network(Protocol):
    """A network of either framework.

    ``network`` is what is exported, a ``keras.Model`` or a ``torch.nn.Module``. ``summary_size`` is S, 0 for a network
    without a summary. ``rounds`` says that it has layers that round what they read (``networks.integer_linear``).
    """

    network: Any
    summary_size: int
    rounds: bool

    def run(self, windows: Windows, offset: Offset | None = None) -> tuple[Logits, Summaries]:
        """Logits (B, K) and summaries (B, S) of windows (B, T, D), as in use; no ``offset`` (B, S) stands for zeros."""

    def load_weights(self, path: Path) -> None:
        """Read the network's part of a checkpoint."""


def new_network(recipe: Recipe, n_labels: int, rows: Rows | None = None, pretrained: Path | None = None) -> Network:
    """The network of a recipe; arguments and errors are those of ``build_network``."""
    if network_entry(recipe).framework == "torch":
        from emostream_trainer.networks.torch_network import TorchNetwork

        return TorchNetwork(recipe, n_labels, rows, pretrained)
    from emostream_trainer.networks.keras_network import KerasNetwork

    return KerasNetwork(recipe, n_labels, rows)


def load_network(recipe: Recipe, n_labels: int, checkpoint: Path) -> Network:
    """The network of a recipe with the weights of a checkpoint."""
    network = new_network(recipe, n_labels)
    network.load_weights(checkpoint)
    return network
