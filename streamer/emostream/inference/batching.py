"""Inference requests of streams, so that windows of many streams can go through each network as one batch.

A stream does not run a network. It is a generator that yields an ``InferenceRequest`` and is sent the
``InferenceResult``; its driver decides which streams share a batch. So a stream alone and a stream among many run the
same code.
"""

from collections import defaultdict
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from emostream.features.arrays import Logits, Offset, Summaries, Windows
from emostream.inference.model import EmotionModel

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class InferenceRequest:
    """Windows of one stream for each model, of shape (B, T, D), and each model's offset, of shape (S,) or None.

    B may differ by model; 0 if the model is skipped.
    """

    windows: tuple[Windows, ...]
    offsets: tuple[Offset | None, ...]

    @property
    def lengths(self) -> tuple[int, ...]:
        """T of each model: requests of the same lengths can share a batch."""
        return tuple(windows.shape[1] for windows in self.windows)


# Each model's logits (B, K) and summaries (B, S).
InferenceResult = tuple[tuple[Logits, Summaries], ...]
# A generator that ends with a result of its own, such as the events of a block.
Requests = Generator[InferenceRequest, InferenceResult, R]


def run_batch(models: Sequence[EmotionModel], requests: Sequence[InferenceRequest]) -> list[InferenceResult]:
    """The result of each request, in order; windows of the same lengths go as one batch, also across streams."""
    indices_by_lengths: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
    for index, request in enumerate(requests):
        indices_by_lengths[request.lengths].append(index)
    results: dict[int, InferenceResult] = {}
    for indices in indices_by_lengths.values():
        results |= dict(zip(indices, _run_together(models, [requests[index] for index in indices]), strict=True))
    return [results[index] for index in range(len(requests))]


def run_alone(requests: Requests[R], models: Sequence[EmotionModel]) -> R:
    """Run every request of one stream by itself, and give what the generator ends with."""
    try:
        request = next(requests)
        while True:
            request = requests.send(run_batch(models, [request])[0])
    except StopIteration as end:
        ended_with: R = end.value
        return ended_with


def _run_together(models: Sequence[EmotionModel], requests: Sequence[InferenceRequest]) -> list[InferenceResult]:
    """The results of requests whose windows have the same lengths."""
    if len(requests) == 1:
        only = requests[0]
        inputs = zip(models, only.windows, only.offsets, strict=True)
        return [tuple(model.run(windows, offset) for model, windows, offset in inputs)]
    outputs_by_model = []
    for index, model in enumerate(models):
        offsets = [_offset_per_window(request, index) for request in requests]
        known = [offset for offset in offsets if offset is not None]
        logits, summaries = model.run(
            np.concatenate([request.windows[index] for request in requests]),
            np.concatenate(known) if len(known) == len(offsets) else None,
        )
        ends = np.cumsum([len(request.windows[index]) for request in requests])[:-1]
        outputs_by_model.append(zip(np.split(logits, ends), np.split(summaries, ends), strict=True))
    return list(zip(*outputs_by_model, strict=True))


def _offset_per_window(request: InferenceRequest, index: int) -> Offset | None:
    """A model's offset, of shape (B, S). Whether it is None depends on the model's card, so it is the same for all."""
    offset = request.offsets[index]
    return None if offset is None else np.broadcast_to(offset, (len(request.windows[index]), len(offset)))
