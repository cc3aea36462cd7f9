"""The 2-D network learning in torch."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from emostream_trainer.data.training_set import Batch
from emostream_trainer.networks import mel_cnn2d
from emostream_trainer.networks.dusha import SUMMARY, load_dusha
from emostream_trainer.recipes import Recipe
from emostream_trainer.training.discriminant import Discriminant

F32 = NDArray[np.float32]


class TorchLearner:
    """A torch network with Adam and decoupled weight decay."""

    def __init__(self, recipe: Recipe, n_labels: int, rows: F32, published: Path | None) -> None:
        torch.manual_seed(recipe.seed)
        self._recipe = recipe
        self.network: nn.Module
        if recipe.variant == "seed":
            self.network = mel_cnn2d.Seed(n_labels)
        elif recipe.relative:
            self.network = mel_cnn2d.Staged(n_labels)
            if published:
                self.network.trunk.load_state_dict(load_dusha(published).state_dict())
        else:
            mean, deviation = torch.from_numpy(rows.mean(axis=0)), torch.from_numpy(rows.std(axis=0) + 1e-3)
            self.network = mel_cnn2d.Attentive(n_labels, mean, deviation)
        self.summary_size = SUMMARY if recipe.relative else 0
        self._optimiser = torch.optim.AdamW(
            self.network.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay
        )

    def learn(self, batch: Batch, learning_rate: float) -> float:
        """One optimiser step; gives the loss."""
        self.network.train()
        for group in self._optimiser.param_groups:
            group["lr"] = learning_rate
        windows = torch.from_numpy(batch.windows)
        logits = (
            self.network.classify(self.network.summary(windows)) if self._recipe.relative else self.network(windows)
        )
        loss = _cross_entropy(logits, torch.from_numpy(batch.targets))
        self._optimiser.zero_grad()
        loss.backward()
        self._optimiser.step()
        return float(loss.detach())

    def run(self, windows: F32, offset: F32 | None = None) -> tuple[F32, F32]:
        """Logits (B, K) and summaries (B, S) of windows (B, T, D), as in use; no ``offset`` (B, S) stands for zeros."""
        self.network.eval()
        given = np.zeros((len(windows), self.summary_size), np.float32) if offset is None else offset
        with torch.inference_mode():
            if not self._recipe.relative:
                return self.network(torch.from_numpy(windows)).numpy(), given
            logits, summary = self.network(torch.from_numpy(windows), torch.from_numpy(given))
        return logits.numpy(), summary.numpy()

    def rescale(self, mean: F32, deviation: F32) -> None:
        """Standardise summaries by these numbers (S,) of the summaries as they are now."""
        layer = self.network.standardise
        old_deviation = (layer.running_var + layer.eps).sqrt()
        layer.running_mean += old_deviation * torch.from_numpy(mean)
        layer.running_var.copy_((old_deviation * torch.from_numpy(deviation)) ** 2 - layer.eps)

    def set_discriminant(self, head: Discriminant) -> None:
        """Judge standardised summaries by this head."""
        with torch.no_grad():
            self.network.classify.weight.copy_(torch.from_numpy(head.weight.T))
            self.network.classify.bias.copy_(torch.from_numpy(head.bias))

    def save(self, path: Path) -> None:
        """Write weights and the optimiser's state."""
        state = {"network": self.network.state_dict(), "optimiser": self._optimiser.state_dict()}
        torch.save(state | {"random": torch.get_rng_state()}, path)

    def load(self, path: Path) -> None:
        """Read what ``save`` wrote."""
        state = torch.load(path, map_location="cpu", weights_only=True)
        self.network.load_state_dict(state["network"])
        self._optimiser.load_state_dict(state["optimiser"])
        torch.set_rng_state(state["random"])


def _cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Mean over the windows that have a target: rows of zeros weigh nothing."""
    return -(targets * torch.log_softmax(logits, dim=1)).sum() / targets.sum().clamp_min(1)
