"""A torch network as it is used."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from emostream.features.arrays import Logits, Offset, Rows, Summaries, Windows
from emostream_trainer.networks.integer_linear import IntegerLinear
from emostream_trainer.networks.registry import build_network
from emostream_trainer.networks.summarised import Summarised
from emostream_trainer.recipes import Recipe

F32 = NDArray[np.float32]


class TorchNetwork:
    """``network`` is what is trained, used and exported."""

    def __init__(self, recipe: Recipe, n_labels: int, rows: Rows | None = None, pretrained: Path | None = None) -> None:
        self.network: nn.Module = build_network(recipe, n_labels, rows, pretrained)
        self._takes_offset = recipe.relative
        self.summary_size = self.network.classify.in_features if isinstance(self.network, Summarised) else 0
        self.rounds = any(isinstance(layer, IntegerLinear) for layer in self.network.modules())
        self._device = torch.device("cpu")

    def move(self, device: str) -> None:
        """Learn and run on a device from now on."""
        self._device = torch.device(device)
        self.network.to(self._device)

    def run(self, windows: Windows, offset: Offset | None = None) -> tuple[Logits, Summaries]:
        """As ``Network.run``."""
        self.network.eval()
        given = np.zeros((len(windows), self.summary_size), np.float32) if offset is None else offset
        with torch.inference_mode():
            if not self._takes_offset:
                return self.network(self._moved(windows)).cpu().numpy(), given
            logits, summaries = self.network(self._moved(windows), self._moved(given))
        return logits.cpu().numpy(), summaries.cpu().numpy()

    def load_weights(self, path: Path) -> None:
        """As ``Network.load_weights``."""
        state = torch.load(path, map_location="cpu", weights_only=True)
        self.network.load_state_dict(state["network"])

    def _moved(self, array: F32) -> Tensor:
        return torch.from_numpy(array).to(self._device)
