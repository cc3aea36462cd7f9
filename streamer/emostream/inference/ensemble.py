"""The models that run on one stream together, adapted to its speaker."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emostream.errors import ModelError
from emostream.features.arrays import Logits, Probabilities, Summaries, Windows
from emostream.inference.batching import InferenceRequest, Requests
from emostream.inference.model import EmotionModel
from emostream.inference.probabilities import logarithmic_pool
from emostream.inference.profile import SpeakerProfile
from emostream.inference.speaker import AdaptationConfig, SpeakerAdaptation
from emostream.inference.step import Step
from emostream.inference.vad import SAMPLE_RATE_HZ, SpeechChange


@dataclass(frozen=True, slots=True)
class ModelOutputs:
    """What the models say of a step: ``p`` of shape (models, K), and each model's summary, of shape (S,)."""

    p: Probabilities
    summaries: tuple[Summaries, ...]


# None where a step holds too little speech for the models to run, and for changes of speech.
Predicted = tuple[SpeechChange | Step, ModelOutputs | None]

# Of the first word or two little can be said, and it would stand for a second: the next window is asked for sooner.
MORE_SPEECH = 1.5


@dataclass
class _LastOutput:
    """A model's last output, ``logits`` (1, K) and ``summaries`` (1, S); it is used before the ``until``-th step.

    Its window held ``speech_samples`` of speech.
    """

    logits: Logits
    summaries: Summaries
    until: int = 0
    speech_samples: int = 0
    step: int = 0  # the last one that it was used for

    @classmethod
    def of(cls, model: EmotionModel) -> "_LastOutput":
        """Before the first one."""
        size = model.summary_size
        return cls(np.zeros((1, len(model.card.labels)), np.float32), np.zeros((1, size), np.float32))

    def spread(self, due_mask: NDArray[np.bool_], logits: Logits, summaries: Summaries) -> tuple[Logits, Summaries]:
        """Outputs for all steps from those for the steps at which the model was due; the last one is kept."""
        latest = np.cumsum(due_mask)  # 0 is the one from before
        logits = np.concatenate([self.logits, logits])[latest]
        summaries = np.concatenate([self.summaries, summaries])[latest]
        self.logits, self.summaries = logits[-1:], summaries[-1:]
        return logits, summaries


class Ensemble:
    """Speech changes and steps in, each model's probabilities out, adapted to the speaker.

    A step whose window holds less than ``shortest_speech_ms`` of speech is not run. ``network_interval`` is how many
    times more rarely than their cards say the models run from now on: 1, or more where their cost cannot be paid.

    Raises ``ModelError`` for models that cannot run together and ``ProfileError`` for a profile made with others.
    """

    def __init__(
        self,
        models: Sequence[EmotionModel],
        config: AdaptationConfig,
        profile: SpeakerProfile | None = None,
        *,
        shortest_speech_ms: int = 0,
    ) -> None:
        _check_together(models)
        self._models = tuple(models)
        self._adaptation = SpeakerAdaptation([model.card for model in models], config, profile)
        self._longest_unadapted_samples = config.longest_unadapted_s * SAMPLE_RATE_HZ
        self._shortest_speech_ms = shortest_speech_ms
        self._step_samples = models[0].card.grid().step_samples
        self.network_interval = 1
        self.start_segment()

    def reset(self) -> None:
        """Forget the speech so far, keep the profile: what follows is as from a new ensemble."""
        self._adaptation.reset()
        self.start_segment()

    def start_segment(self) -> None:
        """The sample axis begins anew; the speaker stays."""
        self._counted_samples = 0
        self._adapted_at = 0
        self._last_outputs = [_LastOutput.of(model) for model in self._models]

    @property
    def speech_s(self) -> float:
        """Seconds of speech that the models ran on, and that a profile of now would be the mean of."""
        return self._adaptation.speech_s

    def start_profile(self) -> None:
        """A profile is of the speech from here on, which must begin a segment; the adaptation stays."""
        self._adaptation.start_profile()

    def profile(self, name: str) -> SpeakerProfile:
        """The speech so far as a person's profile. Raises ``ProfileError`` where no model has a summary."""
        return self._adaptation.profile(name)

    def predict(self, items: Iterable[SpeechChange | Step]) -> Requests[list[Predicted]]:
        """Every item with its probabilities, in order; speech changes have none.

        The adaptation takes effect from the next stretch on: the offset changes at the end of an utterance, and within
        one that has lasted for ``longest_unadapted_s``. Steps between two such changes see the same offset and go
        through the networks together, windows of one length as one batch. Where the offset changes depends on the audio
        alone, so any chunking of the same audio gives the same.
        """
        predicted: list[Predicted] = []
        for stretch in self._stretches(items):
            steps = [item for item in stretch if isinstance(item, Step) and self._has_enough_speech(item)]
            outputs = yield from self._predict_steps(steps)
            by_end = dict(zip((step.end_sample for step in steps), outputs, strict=True))
            predicted += [(item, by_end.get(item.end_sample) if isinstance(item, Step) else None) for item in stretch]
        return predicted

    def _stretches(self, items: Iterable[SpeechChange | Step]) -> Iterator[list[SpeechChange | Step]]:
        """Items that see the same offset; it adapts behind each stretch to the speech in it."""
        stretch: list[SpeechChange | Step] = []
        for item in items:
            stretch.append(item)
            if self._adaptation.adapts and self._adapts_after(item):
                yield stretch
                self._adaptation.adapt()
                stretch = []
        if stretch:
            yield stretch

    def _predict_steps(self, steps: Sequence[Step]) -> Requests[list[ModelOutputs]]:
        """What the models say of each step."""
        predicted: list[ModelOutputs] = []
        for _, alike in itertools.groupby(steps, key=lambda step: [len(window.rows) for window in step.windows]):
            group = list(alike)
            due_masks = [self._due_mask(index, group) for index in range(len(self._models))]
            windows = tuple(_stacked(group, index, due_mask) for index, due_mask in enumerate(due_masks))
            result = yield InferenceRequest(windows, self._adaptation.offsets)
            outputs = [
                last_output.spread(due_mask, logits, summaries)
                for last_output, due_mask, (logits, summaries) in zip(
                    self._last_outputs, due_masks, result, strict=True
                )
            ]
            by_model = [model.calibrated(logits) for model, (logits, _) in zip(self._models, outputs, strict=True)]
            of_steps = [
                ModelOutputs(p, tuple(summaries))
                for p, *summaries in zip(
                    np.stack(by_model, axis=1), *(summaries for _, summaries in outputs), strict=True
                )
            ]
            self._count_speech(group, of_steps)
            predicted += of_steps
        return predicted

    def _has_enough_speech(self, step: Step) -> bool:
        return step.window_speech_samples * 1000 >= self._shortest_speech_ms * SAMPLE_RATE_HZ

    def _due_mask(self, index: int, steps: Sequence[Step]) -> NDArray[np.bool_]:
        """At which steps a model runs: where its last output is old enough, and at a last, shorter one.

        And where the window holds ``MORE_SPEECH`` times the speech that the last output's had.
        """
        every_steps = self._models[index].card.every_steps * self.network_interval
        last_output = self._last_outputs[index]
        growth = MORE_SPEECH**self.network_interval
        due_mask = np.zeros(len(steps), np.bool_)
        for place, step in enumerate(steps):
            number, within = divmod(step.end_sample, self._step_samples)
            # What was said before a pause must not stand for what is said behind it.
            is_behind_pause = self.network_interval > 1 and number > last_output.step + 1
            last_output.step = number
            has_grown = 0 < growth * last_output.speech_samples <= step.window_speech_samples
            due_mask[place] = number >= last_output.until or has_grown or is_behind_pause or within
            if due_mask[place]:
                last_output.speech_samples = step.window_speech_samples
                # Behind a first one models take turns, so that no step has to wait for all of them.
                first = number != last_output.until
                turn = index * every_steps // len(self._models)
                last_output.until = number + every_steps - (turn if first else 0)
        return due_mask

    def _count_speech(self, steps: Sequence[Step], outputs: Sequence[ModelOutputs]) -> None:
        """Give the adaptation each step's summaries, weighted by the speech that no step before it held."""
        even = (1 / len(self._models),) * len(self._models)
        for step, said in zip(steps, outputs, strict=True):
            new_samples = step.speech_samples - self._counted_samples
            self._counted_samples = step.speech_samples
            self._adaptation.push(said.summaries, logarithmic_pool(said.p, even), new_samples / SAMPLE_RATE_HZ)

    def _adapts_after(self, item: SpeechChange | Step) -> bool:
        """Whether the offset changes here: at the end of an utterance, or within one that lasts."""
        if isinstance(item, SpeechChange):
            self._adapted_at = item.known_at
            return not item.speaking
        if not item.speaking or item.end_sample - self._adapted_at < self._longest_unadapted_samples:
            return False
        self._adapted_at = item.end_sample
        return True


def _stacked(steps: Sequence[Step], index: int, due_mask: NDArray[np.bool_]) -> Windows:
    """A model's windows (B, T, D) of the steps at which it is due."""
    rows = [step.windows[index].rows for step in steps]
    due_rows = [rows[place] for place in np.flatnonzero(due_mask)]
    return np.stack(due_rows) if due_rows else np.zeros((0, *rows[0].shape), np.float32)


def _check_together(models: Sequence[EmotionModel]) -> None:
    if not models:
        raise ModelError("no model was given: name one with --model, or leave it out for the shipped ones")
    first = models[0].card
    for card in (model.card for model in models):
        found = (card.labels, card.features.sample_rate_hz, card.window_ms, card.step_ms, card.shortest_window_ms)
        expected = (
            first.labels,
            first.features.sample_rate_hz,
            first.window_ms,
            first.step_ms,
            first.shortest_window_ms,
        )
        if found != expected:
            raise ModelError(
                f"{first.name} and {card.name} cannot listen together: labels, rate, window, step and shortest window "
                f"must be the same; got {expected} and {found}; name models of one kind with --model"
            )
    if first.features.sample_rate_hz != SAMPLE_RATE_HZ:
        raise ModelError(
            f"{first.name} wants audio at {first.features.sample_rate_hz} Hz, expected {SAMPLE_RATE_HZ} Hz, which the "
            "speech gate hears: train it at that rate"
        )
