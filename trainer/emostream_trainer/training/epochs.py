"""One epoch of a torch network, to learn or to judge, as the report of 2024 had them."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader


class EpochResult(NamedTuple):
    """Means over the clips of an epoch: cross-entropy in nats, and the share that is right."""

    loss: float
    accuracy: float


def fit_epoch(
    network: nn.Module, batches: "DataLoader[tuple[Tensor, int]]", optimiser: torch.optim.Optimizer
) -> EpochResult:
    """Learn from each batch once, where the network is; the figures are of each batch before its step."""
    network.train()
    return _epoch(network, batches, optimiser)


def eval_epoch(network: nn.Module, batches: "DataLoader[tuple[Tensor, int]]") -> EpochResult:
    """Judge each batch, and learn nothing."""
    network.eval()
    with torch.inference_mode():
        return _epoch(network, batches, None)


def _epoch(
    network: nn.Module, batches: "DataLoader[tuple[Tensor, int]]", optimiser: torch.optim.Optimizer | None
) -> EpochResult:
    loss_sum, right, clips = 0.0, 0, 0
    device = next(network.parameters()).device
    for pictures, labels in batches:
        logits, truth = network(pictures.to(device)), labels.to(device)
        loss = nn.functional.cross_entropy(logits, truth)
        if optimiser:
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
        clips += len(labels)
        loss_sum += float(loss.detach()) * len(labels)
        right += int((logits.argmax(1) == truth).sum())
    return EpochResult(loss_sum / clips, right / clips)
