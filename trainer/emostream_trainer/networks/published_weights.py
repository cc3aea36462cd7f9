"""Weights of others that come along, in few bytes: float16, or 4 bits with scales."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from emostream.errors import NoInputError

# Numbers of a matrix of 4 bits that have a scale in common; they are neighbours along its input.
GROUP = 32


def load_published(network: nn.Module, path: Path, name: str) -> None:
    """Give a network the weights in a file; ``name`` says whose they are. Raises ``NoInputError`` for another file."""
    try:
        with np.load(path) as saved:
            weights = {weight: torch.from_numpy(_decoded(saved, weight)) for weight in network.state_dict()}
        network.load_state_dict(weights)
    except FileNotFoundError as error:
        raise NoInputError(f"{path}: no such file; it comes with emostream") from error
    except (ValueError, KeyError, RuntimeError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise NoInputError(f"{path} is not {name} ({reason}): install emostream again") from error


def _decoded(saved: "np.lib.npyio.NpzFile", name: str) -> NDArray[np.float32]:
    """A weight as float32.

    A byte is two codes of 4 bits, the lower half first: (code - 8) * scale, with scales (out, in / GROUP).
    """
    weight: NDArray[np.float32] = saved[name].astype(np.float32)
    if saved[name].dtype != np.uint8:
        return weight
    scale = saved[f"{name}.scale"].astype(np.float32)
    codes = np.stack([saved[name] & 15, saved[name] >> 4], axis=-1).astype(np.float32) - 8
    return (codes.reshape(*scale.shape, GROUP) * scale[..., None]).reshape(len(scale), -1)
