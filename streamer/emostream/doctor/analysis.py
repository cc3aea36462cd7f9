"""What several checks look at, computed once: spectra every 10 ms, where speech is and where nobody speaks."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from emostream.audio import Samples
from emostream.features.resample import Resampler
from emostream.inference.vad import SAMPLE_RATE_HZ, VoiceActivityConfig, VoiceActivityDetector, VoiceActivityModel

HOP_S, FRAME_S = 0.01, 0.032
# Around speech there is what the detector did not take for it: breath, the room's tail.
BEFORE_S, AFTER_S = 0.1, 0.15
_SPEECH_DBFS = -20.0
_LOUD_FRAMES = 95
_MOST_GAIN_DB = 70.0
_LEAST_QUIET_S = 0.3

F64 = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Analysis:
    """k frames of 32 ms, one every 10 ms, of mono ``samples`` (n,) whose constant part, ``offset``, is taken out.

    ``power`` is (k, bins): its sum over the bins is a frame's mean square. ``speech`` and ``quiet`` are (k,): frames in
    utterances, and those well outside of them. ``since_speech_s`` is (k,): the time since speech ended, infinite before
    the first.
    """

    samples: Samples
    offset: float
    sample_rate_hz: int
    power: F64
    speech: Flags
    quiet: Flags
    since_speech_s: F64

    @cached_property
    def hz(self) -> F64:
        """The frequencies of the bins."""
        hz: F64 = np.fft.rfftfreq(2 * (self.power.shape[1] - 1), 1 / self.sample_rate_hz).astype(np.float64)
        return hz

    @cached_property
    def level_db(self) -> F64:
        """The level of each frame in dB under full scale, (k,)."""
        return to_db(self.power.sum(axis=1))

    @property
    def speech_s(self) -> float:
        """Seconds of speech."""
        return float(self.speech.sum() * HOP_S)

    @property
    def quiet_s(self) -> float:
        """Seconds in which nobody speaks."""
        return float(self.quiet.sum() * HOP_S)

    @cached_property
    def speech_dbfs(self) -> float:
        """The level of speech: mean power of its frames. -200 where there is none."""
        return float(to_db(self.power[self.speech].sum(axis=1).mean())) if self.speech.any() else -200.0

    @cached_property
    def noise_dbfs(self) -> float:
        """The level of what is there when nobody speaks; of the quietest twentieth where somebody always does.

        -200 without any frame.
        """
        if not len(self.power):
            return -200.0
        quiet = self.quiet if self.quiet_s >= _LEAST_QUIET_S else self.level_db <= np.percentile(self.level_db, 5)
        return float(to_db(self.power[quiet].sum(axis=1).mean()))

    def pauses(self) -> list[slice]:
        """The stretches of quiet frames."""
        return runs(self.quiet)


def analyse(samples: Samples, sample_rate_hz: int, vad_model: VoiceActivityModel) -> Analysis:
    """Find speech and quiet in mono samples, float32 of shape (n,), whatever their level is."""
    offset = float(samples.mean(dtype=np.float64)) if len(samples) else 0.0
    moving = (samples - np.float32(offset)).astype(np.float32)
    power = _power(moving, sample_rate_hz)
    n_frames = len(power)
    starts = np.arange(n_frames) * HOP_S
    speech, near = np.zeros(n_frames, bool), np.zeros(n_frames, bool)
    since = np.full(n_frames, np.inf)
    for start_s, end_s in _utterances(moving, sample_rate_hz, power, vad_model):
        speech |= (starts + FRAME_S / 2 >= start_s) & (starts + FRAME_S / 2 < end_s)
        near |= (starts + FRAME_S > start_s - BEFORE_S) & (starts < end_s + AFTER_S)
        since[starts >= end_s] = starts[starts >= end_s] - end_s
    return Analysis(moving, offset, sample_rate_hz, power, speech, ~near, since)


def to_db(power: F64) -> F64:
    """Power as dB, -200 for nothing."""
    return 10 * np.log10(np.maximum(power, 1e-20))


def runs(flags: Flags) -> list[slice]:
    """The stretches in which flags (k,) are set."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return [slice(int(start), int(end)) for start, end in zip(edges[::2], edges[1::2], strict=True)]


def _power(samples: Samples, sample_rate_hz: int) -> F64:
    size, hop = round(FRAME_S * sample_rate_hz), round(HOP_S * sample_rate_hz)
    if len(samples) < size:
        return np.zeros((0, size // 2 + 1))
    window = np.hanning(size + 1)[:-1]
    frames = np.lib.stride_tricks.sliding_window_view(samples, size)[::hop]
    # Each frame about its own mean: where a gate lets nothing through, the mean of the whole recording is no sound.
    means = frames @ window / window.sum()
    spectra = np.abs(np.fft.rfft((frames - means[:, None]) * window)) ** 2
    spectra[:, 1 : (size + 1) // 2] *= 2
    power: F64 = spectra / (size * np.square(window).sum())
    return power


def _utterances(
    samples: Samples, sample_rate_hz: int, power: F64, vad_model: VoiceActivityModel
) -> list[tuple[float, float]]:
    """Start and end of each utterance in seconds. The detector hears its loud parts at one level, whatever it was."""
    if not len(power):
        return []
    loud_db = float(np.percentile(to_db(power.sum(axis=1)), _LOUD_FRAMES))
    gain = 10 ** (min(_SPEECH_DBFS - loud_db, _MOST_GAIN_DB) / 20)
    resampler = Resampler(sample_rate_hz, SAMPLE_RATE_HZ)
    audio = np.concatenate([resampler.push(samples), resampler.flush()]) * np.float32(gain)
    detector = VoiceActivityDetector(vad_model, VoiceActivityConfig(), 0, sample_rate_hz)
    changes = [*detector.push(np.clip(audio, -1, 1)), *detector.flush()]
    times = [change.at_sample / SAMPLE_RATE_HZ for change in changes]
    return list(zip(times[::2], times[1::2], strict=True))
