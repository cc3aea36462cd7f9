"""Audio between two gaps: one sample axis on which resampling, features, windows and speech keep step."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from emostream.audio import Samples
from emostream.features.resample import Resampler
from emostream.features.streams import FeatureStreams
from emostream.features.windows import FeatureWindow, FeatureWindows
from emostream.inference.model import EmotionModel
from emostream.inference.step import Step
from emostream.inference.vad import SpeechChange, VoiceActivityDetector
from emostream.voice.meter import VoiceMeter

SILENCE_DBFS = -120.0
# Far beyond what a microphone gives, near enough for every sum and square to stay finite in single precision.
LOUDEST = np.float32(1e6)


class Segment:
    """Audio without a gap: resampling, features, windows and speech on one sample axis that starts at 0.

    ``features`` are the stream's, of each model. They come from outside, and are reset, because their tables take far
    longer to make than a second of audio takes to read, and gaps may come by the dozen.
    """

    def __init__(
        self,
        models: Sequence[EmotionModel],
        features: FeatureStreams,
        detector: VoiceActivityDetector,
        input_hz: int,
    ) -> None:
        self._grid = models[0].card.grid()
        self._resampler = Resampler(input_hz, models[0].card.features.sample_rate_hz)
        self._features = features
        self._features.reset()
        self._windows = [FeatureWindows(model.card.grid(), model.card.features.dim) for model in models]
        self._ready: list[list[FeatureWindow]] = [[] for _ in models]
        self._detector = detector
        self._detector.reset()
        self._meter = VoiceMeter()
        self._n_samples = 0
        self._undetected: list[Samples] = []
        self._unextracted: list[Samples] = []
        self._energy = 0.0

    def push(self, samples: Samples) -> Iterator[SpeechChange | Step]:
        """Take float32 samples of shape (n,) at the input's rate, give speech changes and steps in the order of time.

        Samples beyond ``LOUDEST`` are clipped to it.
        """
        # Always a copy: whoever gave the samples may fill them anew.
        yield from self._analyse(self._resampler.push(np.clip(samples, -LOUDEST, LOUDEST)))

    def flush(self) -> Iterator[SpeechChange | Step]:
        """The audio ended: the last, shorter step and the end of whoever speaks."""
        yield from self._analyse(self._resampler.flush())
        yield from self._detect()
        self._extract()
        for ready, windows, rows in zip(self._ready, self._windows, self._features.flush(), strict=True):
            ready.extend([*windows.push(rows), *windows.flush(self._n_samples)])
        # Rows that fill the first window may be there a moment before its audio is.
        if all(self._ready) and self._n_samples >= self._grid.shortest_samples:
            yield self._end_step()
        yield from self._measured(self._detector.flush())

    def _analyse(self, audio: Samples) -> Iterator[SpeechChange | Step]:
        """Go from step to step, so that a step holds what was known at its end, however the audio was cut."""
        step, half = self._grid.step_samples, self._grid.step_samples // 2
        while len(audio):
            into_step = self._n_samples % step
            to_boundary = (half if into_step < half and into_step + len(audio) < step else step) - into_step
            piece, audio = audio[:to_boundary], audio[to_boundary:]
            self._n_samples += len(piece)
            self._undetected.append(piece)
            if len(piece) == to_boundary:
                yield from self._detect()
            if self._n_samples % step == 0:
                self._extract()
                if all(self._ready):
                    yield self._end_step()

    def _detect(self) -> Iterator[SpeechChange]:
        """Run the voice activity detector on half a step or a whole one: in smaller pieces it costs twice as much."""
        if self._undetected:
            audio = np.concatenate(self._undetected)
            self._undetected.clear()
            self._unextracted.append(audio)
            self._meter.push(audio)
            yield from self._measured(self._detector.push(audio))
            self._meter.advance(self._detector.certain_end)

    def _measured(self, changes: Iterable[SpeechChange]) -> Iterator[SpeechChange]:
        """The changes of speech, each end of it with what was measured of the voice."""
        for change in changes:
            if change.speaking:
                self._meter.start(change.at_sample)
                yield change
            else:
                yield replace(change, voice=self._meter.end(change.at_sample))

    def _extract(self) -> None:
        """Features of a step's audio at once: in pieces of a few milliseconds they cost several times as much."""
        if not self._unextracted:
            return
        audio = np.concatenate(self._unextracted)
        self._unextracted.clear()
        self._energy = float(np.dot(audio, audio))
        for ready, windows, rows in zip(self._ready, self._windows, self._features.push(audio), strict=True):
            ready.extend(windows.push(rows))

    def _end_step(self) -> Step:
        windows = tuple(ready.pop(0) for ready in self._ready)
        length = (self._n_samples - 1) % self._grid.step_samples + 1
        start = max(0, self._n_samples - self._grid.length_samples)
        return Step(
            end_sample=self._n_samples,
            windows=windows,
            window_speech_samples=self._detector.speech_between(start, self._n_samples),
            speech_samples=self._detector.speech_samples,
            speaking=self._detector.speaking,
            level_dbfs=max(SILENCE_DBFS, 10 * float(np.log10(max(self._energy / length, 1e-12)))),
        )
