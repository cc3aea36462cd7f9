"""The 2-D network learning in torch."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from emostream.features.arrays import Rows
from emostream_trainer.data.training_set import Batch
from emostream_trainer.networks.summarised import OverTrunk, Summarised
from emostream_trainer.networks.torch_network import TorchNetwork
from emostream_trainer.recipes import TEACHER_SUMMARY, Recipe
from emostream_trainer.training.allocator import keep_freed_memory
from emostream_trainer.training.devices import Device
from emostream_trainer.training.discriminant import Discriminant, NarrowDiscriminant


class TorchLearner(TorchNetwork):
    """A torch network with Adam and decoupled weight decay."""

    def __init__(
        self, recipe: Recipe, n_labels: int, rows: Rows, pretrained: Path | None, device: Device = "cpu"
    ) -> None:
        keep_freed_memory()
        torch.manual_seed(recipe.seed)
        super().__init__(recipe, n_labels, rows, pretrained)
        taught = TEACHER_SUMMARY[recipe.teacher] if recipe.teacher else 0
        self._imitate = nn.Linear(self.summary_size, taught) if recipe.teacher else nn.Identity()
        self.move(device)
        self._imitate.to(device)
        self._taught = recipe.teacher is not None
        learnt = [*self.network.parameters(), *self._imitate.parameters()]
        self._optimiser = torch.optim.AdamW(learnt, recipe.learning_rate, weight_decay=recipe.weight_decay)

    def learn(self, batch: Batch, learning_rate: float) -> dict[str, float]:
        """As ``Learner.learn``."""
        self.network.train()
        for group in self._optimiser.param_groups:
            group["lr"] = learning_rate
        name, loss = self._loss(batch)
        self._optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimiser.step()
        return {name: float(loss.detach())}

    def _loss(self, batch: Batch) -> tuple[str, Tensor]:
        """The loss and its name: of imitating the teacher alone, or of the labels."""
        windows = self._moved(batch.windows)
        if not isinstance(self.network, Summarised):
            return "loss", _cross_entropy(self.network(windows), self._moved(batch.targets))
        summary = self.network.summary(windows)
        if self._taught:
            return "teacher distance", nn.functional.mse_loss(self._imitate(summary), self._moved(batch.teacher))
        return "loss", _cross_entropy(self.network.classify(summary), self._moved(batch.targets))

    def rescale(self, mean: NDArray[np.float32], deviation: NDArray[np.float32]) -> None:
        """As ``Learner.rescale``."""
        layer = self._summarised().standardise
        running_mean, running_var = layer.running_mean, layer.running_var
        assert running_mean is not None, "it tracks the statistics of what it standardises"
        assert running_var is not None
        old_deviation = (running_var + layer.eps).sqrt()
        running_mean += old_deviation * self._moved(mean)
        running_var.copy_((old_deviation * self._moved(deviation)) ** 2 - layer.eps)

    def set_discriminant(self, discriminant: Discriminant) -> None:
        """As ``Learner.set_discriminant``."""
        network = self._summarised()
        _set_linear(network.classify, discriminant)
        if discriminant.narrow:
            assert isinstance(network, OverTrunk), "only networks over a trunk have one for a telephone's band"
            _set_linear(network.classify_narrow, discriminant.narrow)
            network.shift.copy_(self._moved(discriminant.narrow.shift))

    def save(self, path: Path) -> None:
        """Write weights, the optimiser's state and that of the random numbers."""
        state = {
            "network": self.network.state_dict(),
            "imitate": self._imitate.state_dict(),
            "optimiser": self._optimiser.state_dict(),
        }
        random = {"random": torch.get_rng_state()}
        if self._device.type == "cuda":
            random["random_cuda"] = torch.cuda.get_rng_state()
        torch.save(state | random, path)

    def load(self, path: Path) -> None:
        """As ``Learner.load``."""
        state = torch.load(path, map_location="cpu", weights_only=True)
        self.network.load_state_dict(state["network"])
        self._imitate.load_state_dict(state["imitate"])
        self._optimiser.load_state_dict(state["optimiser"])
        torch.set_rng_state(state["random"])
        if self._device.type == "cuda" and "random_cuda" in state:
            torch.cuda.set_rng_state(state["random_cuda"])

    def _summarised(self) -> Summarised:
        assert isinstance(self.network, Summarised), "only networks with a summary are rescaled and have a discriminant"
        return self.network


def _set_linear(layer: nn.Linear, discriminant: Discriminant | NarrowDiscriminant) -> None:
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(discriminant.weight.T))
        layer.bias.copy_(torch.from_numpy(discriminant.bias))


def _cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Mean over the windows that have a target: rows of zeros weigh nothing."""
    loss: Tensor = -(targets * torch.log_softmax(logits, dim=1)).sum() / targets.sum().clamp_min(1)
    return loss
