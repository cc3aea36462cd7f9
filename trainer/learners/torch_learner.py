"""The 2-D network learning in torch."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from trainer.batches import Batch
from trainer.networks import mel_cnn2d
from trainer.networks.dusha import load_dusha
from trainer.recipes import Recipe

F32 = NDArray[np.float32]

TEACHER_EMBEDDING = 128


class TorchLearner:
    """A torch network with Adam and decoupled weight decay."""

    def __init__(self, recipe: Recipe, n_labels: int, rows: F32, published: Path | None) -> None:
        torch.manual_seed(recipe.seed)
        self._recipe = recipe
        self.network: nn.Module
        if recipe.variant == "seed":
            self.network = mel_cnn2d.Seed(n_labels)
        elif recipe.variant == "transferred":
            self.network = mel_cnn2d.Transferred(n_labels)
            if published:
                self.network.trunk.load_state_dict(load_dusha(published).state_dict())
        else:
            mean, deviation = torch.from_numpy(rows.mean(axis=0)), torch.from_numpy(rows.std(axis=0) + 1e-3)
            self.network = mel_cnn2d.Attentive(n_labels, mean, deviation)
        self._imitate = nn.Linear(mel_cnn2d.EMBEDDING, TEACHER_EMBEDDING)
        self._all = nn.ModuleList([self.network, self._imitate])
        self._optimiser = torch.optim.AdamW(
            self._all.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay
        )

    def learn(self, batch: Batch, learning_rate: float) -> float:
        """One optimiser step; gives the loss."""
        self.network.train()
        for group in self._optimiser.param_groups:
            group["lr"] = learning_rate
        loss = self._loss(torch.from_numpy(batch.windows), torch.from_numpy(batch.targets), batch.teacher)
        self._optimiser.zero_grad()
        loss.backward()
        self._optimiser.step()
        return float(loss.detach())

    def logits(self, windows: F32) -> F32:
        """Logits (B, K) of windows (B, T, D), as in use: no dropout."""
        self.network.eval()
        with torch.inference_mode():
            return self.network(torch.from_numpy(windows)).numpy()

    def save(self, path: Path) -> None:
        """Write weights and the optimiser's state."""
        state = {"all": self._all.state_dict(), "optimiser": self._optimiser.state_dict()}
        torch.save(state | {"random": torch.get_rng_state()}, path)

    def load(self, path: Path) -> None:
        """Read what ``save`` wrote."""
        state = torch.load(path, map_location="cpu", weights_only=True)
        self._all.load_state_dict(state["all"])
        self._optimiser.load_state_dict(state["optimiser"])
        torch.set_rng_state(state["random"])

    def _loss(self, windows: Tensor, targets: Tensor, teacher: F32) -> Tensor:
        weight = self._recipe.teacher_weight
        if not weight:
            return _cross_entropy(self.network(windows), targets)
        embedding = self.network.embedding(windows)
        return _cross_entropy(self.network.classify(embedding), targets) + weight * nn.functional.mse_loss(
            self._imitate(embedding), torch.from_numpy(teacher)
        )


def _cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Mean over the windows that have a target: rows of zeros weigh nothing."""
    return -(targets * torch.log_softmax(logits, dim=1)).sum() / targets.sum().clamp_min(1)
