"""What streams ask of the networks, so that windows of many streams can go through each network as one batch.

A stream does not run a network. It is a generator that yields an ``InferenceRequest`` and is sent the
``InferenceResult``; whoever drives it decides which streams share a batch. So a stream alone and a stream among many
run the same code.
"""

from collections import defaultdict
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from emostream.inference.model import EmotionModel

F32 = NDArray[np.float32]
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class InferenceRequest:
    """Windows of one stream: each model's, float32 of shape (B, T, D), and its offset, of shape (S,) or None.

    B is a model's own: 0 where it is not asked.
    """

    windows: tuple[F32, ...]
    offsets: tuple[F32 | None, ...]

    @property
    def lengths(self) -> tuple[int, ...]:
        """T of each model: questions of the same lengths can share a batch."""
        return tuple(windows.shape[1] for windows in self.windows)


# Each model's logits (B, K) and summaries (B, S), both float32.
InferenceResult = tuple[tuple[F32, F32], ...]
Requests = Generator[InferenceRequest, InferenceResult, R]


def run_batch(models: Sequence[EmotionModel], questions: Sequence[InferenceRequest]) -> list[InferenceResult]:
    """The answer to each question; windows of the same lengths go as one batch, whoever asks."""
    alike: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
    for index, question in enumerate(questions):
        alike[question.lengths].append(index)
    by_index: dict[int, InferenceResult] = {}
    for indices in alike.values():
        by_index |= dict(zip(indices, _together(models, [questions[index] for index in indices]), strict=True))
    return [by_index[index] for index in range(len(questions))]


def run_alone(inquiry: Requests[R], models: Sequence[EmotionModel]) -> R:
    """What a stream that shares with nobody comes to."""
    try:
        question = next(inquiry)
        while True:
            question = inquiry.send(run_batch(models, [question])[0])
    except StopIteration as end:
        result: R = end.value
        return result


def _together(models: Sequence[EmotionModel], questions: Sequence[InferenceRequest]) -> list[InferenceResult]:
    if len(questions) == 1:
        only = questions[0]
        judged = zip(models, only.windows, only.offsets, strict=True)
        return [tuple(model.run(windows, offset) for model, windows, offset in judged)]
    by_model = []
    for index, model in enumerate(models):
        offsets = [_of_each_window(question, index) for question in questions]
        known = [offset for offset in offsets if offset is not None]
        logits, summaries = model.run(
            np.concatenate([question.windows[index] for question in questions]),
            np.concatenate(known) if len(known) == len(offsets) else None,
        )
        ends = np.cumsum([len(question.windows[index]) for question in questions])[:-1]
        by_model.append(zip(np.split(logits, ends), np.split(summaries, ends), strict=True))
    return list(zip(*by_model, strict=True))


def _of_each_window(question: InferenceRequest, index: int) -> F32 | None:
    """The model's offset, of shape (B, S). Whether there is one depends on its card, so all streams agree on that."""
    offset = question.offsets[index]
    return None if offset is None else np.broadcast_to(offset, (len(question.windows[index]), len(offset)))
