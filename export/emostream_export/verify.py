"""The proof that an ONNX file says what its framework says, on real windows, before anybody runs it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emostream.errors import EmostreamError
from emostream.features.arrays import Windows
from emostream.inference.model import EmotionModel
from emostream.inference.probabilities import softmax
from emostream_trainer.networks.network import Network

LARGEST_DIFFERENCE = 1e-4
# Of networks that round: where two ways to compute differ in the last bit of a float32, a number may be rounded the
# other way, and many behind it. Seen are .02 at most and .002 on the mean.
LARGEST_DIFFERENCE_ROUNDED = 0.05


class MismatchError(EmostreamError):
    """The ONNX graph and the network it came from disagree: nothing is written."""


@dataclass(frozen=True)
class Verification:
    """What was compared and the largest difference of a probability."""

    windows: int
    largest_difference: float


def verify(path: Path, network: Network, batches: list[Windows]) -> Verification:
    """Compare a model file with the framework on batches of windows (B, T, D) of several T.

    Raises ``MismatchError`` where a probability differs by more than ``largest_allowed`` or a likeliest label does.
    """
    model, allowed = EmotionModel.load(path), largest_allowed(network)
    largest = 0.0
    for windows in batches:
        difference = compare(model, network, windows)
        largest = float(np.maximum(largest, difference.largest))
        # Written so that NaN, of a training that diverged, is refused too.
        if not largest <= allowed or difference.flipped:
            raise MismatchError(
                f"{model.card.name}/{model.card.variant}: ONNX and framework differ by up to {largest:.2e} in "
                f"probability ({difference.flipped} of {len(windows)} labels differ, T = {windows.shape[1]}), expected "
                f"at most {allowed:.0e} and no other label: nothing was written"
            )
    return Verification(sum(len(windows) for windows in batches), largest)


def largest_allowed(network: Network) -> float:
    """How far a probability of a network's graph may be from the framework's."""
    return LARGEST_DIFFERENCE_ROUNDED if network.rounds else LARGEST_DIFFERENCE


@dataclass(frozen=True)
class ModelDifference:
    """The largest difference of a probability, in which window, and how many likeliest labels differ."""

    largest: float
    window: int
    flipped: int


def compare(model: EmotionModel, network: Network, windows: Windows) -> ModelDifference:
    """ONNX against the framework on windows (B, T, D), each of somebody's: an offset that is not used would show."""
    offset = np.random.default_rng(0).normal(0, 0.5, (len(windows), network.summary_size)).astype(np.float32)
    ours = model.calibrated(model.run(windows, offset)[0])
    theirs = softmax(network.run(windows, offset)[0] / np.float32(model.card.temperature))
    distance = np.abs(ours - theirs).max(axis=1)
    # Where two labels tie to within the bound, which one leads means nothing.
    top = np.sort(theirs, axis=1)
    clear = top[:, -1] - top[:, -2] > 2 * largest_allowed(network)
    flipped = int((ours.argmax(1) != theirs.argmax(1))[clear].sum())
    return ModelDifference(float(distance.max()), int(distance.argmax()), flipped)
