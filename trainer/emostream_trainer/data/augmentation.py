"""Waveform augmentation: the rooms, microphones and noises that a laptop hears and a studio corpus does not."""

import zlib
from dataclasses import dataclass

import numpy as np
import soxr
from numpy.random import Generator
from scipy.fft import next_fast_len
from scipy.signal import fftconvolve

from emostream.audio import Samples

OTHER_SPEED = (0.05, 0.12)


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How often each change is made (probabilities in [0, 1]) and how far it goes (ranges are drawn uniformly)."""

    room_p: float = 0.3
    reverberation_s: tuple[float, float] = (0.1, 0.6)
    microphone_p: float = 0.4
    microphone_gain_db: float = 4.0
    low_pass_hz: tuple[float, float] = (3_400.0, 8_000.0)
    high_pass_hz: tuple[float, float] = (20.0, 250.0)
    noise_p: float = 0.6
    babble_share: float = 0.4
    snr_db: tuple[float, float] = (3.0, 30.0)
    level_dbfs: tuple[float, float] = (-42.0, -14.0)
    padding_p: float = 0.4
    padding_s: tuple[float, float] = (0.1, 0.7)


def speed_perturb(samples: Samples, speaker: str, sample_rate_hz: int = 16_000) -> Samples:
    """The clip by somebody who is not there: played 5 to 12 % faster or slower, by the same factor for a speaker.

    That moves pitch and formants as a smaller or a larger speaker would (Ko et al. 2015), and a speaker's neutral clips
    along with the others, so that a baseline of the new voice can be had.
    """
    rng = np.random.default_rng(zlib.crc32(speaker.encode()))
    factor = 1 + rng.choice([-1, 1]) * rng.uniform(*OTHER_SPEED)
    resampled: Samples = soxr.resample(samples, sample_rate_hz, sample_rate_hz / factor).astype(np.float32)
    return resampled


def augment(
    samples: Samples, babble: Samples, config: Augmentation, rng: Generator, sample_rate_hz: int = 16_000
) -> Samples:
    """One random disturbance of a clip, float32, as long or longer; ``babble`` (any length) may be its noise."""
    audio = samples
    if rng.random() < config.padding_p:
        before, after = (rng.uniform(*config.padding_s, size=2) * sample_rate_hz).astype(int)
        audio = np.pad(audio, (before, after))
    if rng.random() < config.room_p:
        audio = in_a_room(audio, rng.uniform(*config.reverberation_s), rng, sample_rate_hz)
    if rng.random() < config.noise_p:
        noise = (
            _excerpt(babble, len(audio), rng) if rng.random() < config.babble_share else coloured_noise(len(audio), rng)
        )
        audio = at_snr(audio, noise, rng.uniform(*config.snr_db))
    if rng.random() < config.microphone_p:
        audio = _through_a_microphone(audio, config, rng, sample_rate_hz)
    return at_level(audio, rng.uniform(*config.level_dbfs))


def at_snr(speech: Samples, noise: Samples, snr_db: float) -> Samples:
    """Speech plus noise of the same length, scaled so that their powers stand ``snr_db`` apart."""
    noise_power = float(np.mean(noise**2))
    if noise_power == 0:
        return speech
    gain = np.sqrt(np.mean(speech**2) / noise_power / 10 ** (snr_db / 10))
    mixed: Samples = (speech + gain * noise).astype(np.float32)
    return mixed


def at_level(audio: Samples, level_dbfs: float) -> Samples:
    """The audio at an RMS of ``level_dbfs``; what would pass full scale is clipped, as a converter does."""
    rms = float(np.sqrt(np.mean(audio**2))) if len(audio) else 0.0
    scaled = audio if rms == 0 else audio * (10 ** (level_dbfs / 20) / rms)
    return np.clip(scaled, -1, 1).astype(np.float32)


def coloured_noise(length: int, rng: Generator) -> Samples:
    """Noise whose power falls as 1/f**a, a drawn from white (0) to brown (2); float32 of shape (length,)."""
    n_fft = next_fast_len(length, real=True)
    spectrum = np.fft.rfft(rng.standard_normal(n_fft))
    bins = np.maximum(np.arange(len(spectrum)), 1)
    return np.fft.irfft(spectrum * bins ** (-rng.uniform(0, 2) / 2), n_fft)[:length].astype(np.float32)


def in_a_room(audio: Samples, reverberation_s: float, rng: Generator, sample_rate_hz: int) -> Samples:
    """A direct sound and a tail of exponentially decaying noise that is 60 dB down after ``reverberation_s``."""
    t = np.arange(int(reverberation_s * sample_rate_hz)) / sample_rate_hz
    response = rng.standard_normal(len(t)) * np.exp(-6.9 * t / reverberation_s)
    response *= rng.uniform(0.2, 1.0) / np.sqrt(np.sum(response**2))
    response[0] = 1.0
    reverberant: Samples = fftconvolve(audio, response)[: len(audio)].astype(np.float32)
    return reverberant


def _through_a_microphone(audio: Samples, config: Augmentation, rng: Generator, sample_rate_hz: int) -> Samples:
    """A smooth random frequency response with a high-pass and a low-pass of 24 dB an octave."""
    # Lengths of large prime factors take many times longer.
    n_fft = next_fast_len(len(audio), real=True)
    spectrum = np.fft.rfft(audio, n_fft)
    hz = np.fft.rfftfreq(n_fft, 1 / sample_rate_hz)
    corners_hz = np.array([60, 250, 500, 1000, 2000, 4000, 8000])
    gain_db = np.interp(hz, corners_hz, rng.uniform(-1, 1, len(corners_hz)) * config.microphone_gain_db)
    low_hz, high_hz = rng.uniform(*config.high_pass_hz), rng.uniform(*config.low_pass_hz)
    gain = 10 ** (gain_db / 20) / np.sqrt(1 + (hz / high_hz) ** 8) / np.sqrt(1 + (low_hz / np.maximum(hz, 1)) ** 8)
    return np.fft.irfft(spectrum * gain, n_fft)[: len(audio)].astype(np.float32)


def _excerpt(audio: Samples, length: int, rng: Generator) -> Samples:
    start = int(rng.integers(0, max(1, len(audio) - length)))
    return np.resize(audio[start : start + length], length)
