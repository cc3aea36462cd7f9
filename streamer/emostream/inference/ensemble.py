"""The models that judge one stream together, and what of its voice they take for the speaker's own."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emostream.errors import ModelError
from emostream.inference.batching import InferenceRequest, Requests, run_alone
from emostream.inference.model import EmotionModel
from emostream.inference.speaker import AdaptationConfig, SpeakerAdaptation, SpeakerProfile
from emostream.inference.vad import SAMPLE_RATE_HZ, SpeechChange
from emostream.pipeline.segment import Step

F32 = NDArray[np.float32]


@dataclass
class _LastOutput:
    """A model's last answer, ``logits`` (1, K) and ``summaries`` (1, S); it stands before the ``until``-th step."""

    logits: F32
    summaries: F32
    until: int = 0

    @classmethod
    def of(cls, model: EmotionModel) -> "_LastOutput":
        """Before the first one."""
        size = model.summary_size
        return cls(np.zeros((1, len(model.card.labels)), np.float32), np.zeros((1, size), np.float32))

    def spread(self, asked: NDArray[np.bool_], logits: F32, summaries: F32) -> tuple[F32, F32]:
        """Answers for all steps from those for the ones at which the model was ``asked``; the last one stands."""
        latest = np.cumsum(asked)  # 0 is the one from before
        logits = np.concatenate([self.logits, logits])[latest]
        summaries = np.concatenate([self.summaries, summaries])[latest]
        self.logits, self.summaries = logits[-1:], summaries[-1:]
        return logits, summaries


class Ensemble:
    """Steps in, each model's probabilities out, with the speaker's baseline taken off.

    Raises ``ModelError`` for models that cannot listen together and ``ProfileError`` for a profile made with others.
    """

    def __init__(
        self, models: Sequence[EmotionModel], config: AdaptationConfig, profile: SpeakerProfile | None = None
    ) -> None:
        _check_together(models)
        self._models = tuple(models)
        self._baseline = SpeakerAdaptation([model.card for model in models], config, profile)
        self._longest_unadapted_s = config.longest_unadapted_s
        self._step = models[0].card.grid().step
        self.start_segment()

    def reset(self) -> None:
        """Forget what was heard, keep the profile: what follows is as from a new panel."""
        self._baseline.reset()
        self.start_segment()

    def start_segment(self) -> None:
        """The sample axis begins anew; the speaker stays."""
        self._weighed_samples = 0
        self._adapted_at = 0
        self._standing = [_LastOutput.of(model) for model in self._models]

    @property
    def speech_s(self) -> float:
        """Seconds of speech that were judged."""
        return self._baseline.speech_s

    def profile(self, name: str) -> SpeakerProfile:
        """What was judged so far as a person's profile. Raises ``ProfileError`` where no model has a summary."""
        return self._baseline.profile(name)

    def stretches(self, heard: Iterator[SpeechChange | Step]) -> Iterator[list[SpeechChange | Step]]:
        """Turns and steps that see the same baseline; what a stretch brought is taken into account behind it."""
        stretch: list[SpeechChange | Step] = []
        for item in heard:
            stretch.append(item)
            if self._baseline.adapts and self._adapts_after(item):
                yield stretch
                self._baseline.adapt()
                stretch = []
        if stretch:
            yield stretch

    def judge(self, steps: Sequence[Step]) -> list[F32]:
        """Each model's probabilities, shape (models, K), for every step; windows of one length go as one batch."""
        return run_alone(self.predict_requests(steps), self._models)

    def predict_requests(self, steps: Sequence[Step]) -> Requests[list[F32]]:
        """As ``judge``, for a driver who may put the questions of several streams to the models at once."""
        judged: list[F32] = []
        for _, alike in itertools.groupby(steps, key=lambda step: [len(window.rows) for window in step.windows]):
            group = list(alike)
            asked = [self._asked(index, group) for index in range(len(self._models))]
            windows = tuple(_stacked(group, index, which) for index, which in enumerate(asked))
            answer = yield InferenceRequest(windows, self._baseline.offsets)
            of_steps = [
                standing.spread(which, *of_model)
                for standing, which, of_model in zip(self._standing, asked, answer, strict=True)
            ]
            p = [model.calibrated(logits) for model, (logits, _) in zip(self._models, of_steps, strict=True)]
            judged.extend(np.stack(p, axis=1))
            self._remember(group, [summaries for _, summaries in of_steps])
        return judged

    def _asked(self, index: int, steps: Sequence[Step]) -> NDArray[np.bool_]:
        """At which of the steps a model is asked: where its last answer is old enough, and at a last, shorter one."""
        every, standing = self._models[index].card.every_steps, self._standing[index]
        asked = np.zeros(len(steps), np.bool_)
        for place, step in enumerate(steps):
            number, within = divmod(step.end_sample, self._step)
            asked[place] = number >= standing.until or within
            if asked[place]:
                # Behind a first one models take turns, so that no step has to wait for all of them.
                first = number != standing.until
                standing.until = number + every - (index % every if first else 0)
        return asked

    def _remember(self, steps: Sequence[Step], summaries: Sequence[F32]) -> None:
        """Let the baseline hear each step's summaries, weighed by the speech that no step before it had heard."""
        for step, *of_step in zip(steps, *summaries, strict=True):
            new_samples = step.speech_samples - self._weighed_samples
            self._weighed_samples = step.speech_samples
            self._baseline.push(of_step, new_samples / SAMPLE_RATE_HZ)

    def _adapts_after(self, item: SpeechChange | Step) -> bool:
        """Whether the baseline adapts here: between utterances, and now and then within one that does not end.

        That depends on the audio alone, never on how it was cut into blocks.
        """
        if isinstance(item, SpeechChange):
            self._adapted_at = item.known_at
            return not item.speaking
        longest = self._longest_unadapted_s * SAMPLE_RATE_HZ
        if not item.speaking or item.end_sample - self._adapted_at < longest:
            return False
        self._adapted_at = item.end_sample
        return True


def _stacked(steps: Sequence[Step], index: int, asked: NDArray[np.bool_]) -> F32:
    """A model's windows (B, T, D) of the steps at which it is asked."""
    rows = [step.windows[index].rows for step in steps]
    chosen = [rows[place] for place in np.flatnonzero(asked)]
    return np.stack(chosen) if chosen else np.zeros((0, *rows[0].shape), np.float32)


def _check_together(models: Sequence[EmotionModel]) -> None:
    if not models:
        raise ModelError("no model was given: name one with --model, or leave it out for the shipped ones")
    first = models[0].card
    for card in (model.card for model in models):
        ours = (card.labels, card.features.sample_rate_hz, card.window_ms, card.step_ms, card.shortest_window_ms)
        theirs = (first.labels, first.features.sample_rate_hz, first.window_ms, first.step_ms, first.shortest_window_ms)
        if ours != theirs:
            raise ModelError(
                f"{first.name} and {card.name} cannot listen together: labels, rate, window, step and shortest window "
                f"must be the same; got {theirs} and {ours}; name models of one kind with --model"
            )
    if first.features.sample_rate_hz != SAMPLE_RATE_HZ:
        raise ModelError(
            f"{first.name} wants audio at {first.features.sample_rate_hz} Hz, expected {SAMPLE_RATE_HZ} Hz, which the "
            "speech gate hears: train it at that rate"
        )
