"""Waveform augmentation: the rooms, noises, microphones and lines that a laptop hears and a studio corpus does not."""

import zlib
from dataclasses import dataclass

import numpy as np
import soxr
from numpy.random import Generator
from scipy.fft import next_fast_len
from scipy.signal import fftconvolve

from emostream.audio import Samples
from emostream_trainer.data.channel import (
    LINE_DBFS,
    TELEPHONE_HZ,
    add_offset,
    at_rate,
    band_limit,
    saturate,
    telephone,
)
from emostream_trainer.data.codecs import FILE_CODECS, TELEPHONE_CODECS, transcode

OTHER_SPEED = (0.05, 0.12)


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How often each change is made (probabilities in [0, 1]) and how far it goes (ranges are drawn uniformly).

    ``telephone_p``, ``band_p`` and ``codec_p`` exclude each other: they sum to 1 at most.
    """

    room_p: float = 0.3
    reverberation_s: tuple[float, float] = (0.1, 0.6)
    microphone_p: float = 0.4
    microphone_gain_db: float = 4.0
    low_pass_hz: tuple[float, float] = (3_400.0, 8_000.0)
    high_pass_hz: tuple[float, float] = (20.0, 250.0)
    noise_p: float = 0.6
    babble_share: float = 0.4
    snr_db: tuple[float, float] = (3.0, 30.0)
    saturation_p: float = 0.15
    drive_db: tuple[float, float] = (3.0, 18.0)
    telephone_p: float = 0.15
    band_p: float = 0.2
    band_low_hz: tuple[float, float] = (20.0, 300.0)
    band_high_hz: tuple[float, float] = (3_400.0, 7_000.0)
    codec_p: float = 0.06
    level_dbfs: tuple[float, float] = (-66.0, -12.0)
    offset_p: float = 0.2
    offset_db: tuple[float, float] = (-54.0, -20.0)
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
    """One random disturbance of a clip, float32, as long or longer; ``babble`` (any length) may be its noise.

    In the order of a recording chain, each drawn by itself; probabilities and ranges are the defaults of ``config``:

    - silence of .1 to .7 s before and after (.4)
    - a room that reverberates for .1 to .6 s (.3)
    - noise 3 to 30 dB below the speech (.6): babble (.4 of them), or noise whose power falls as 1/f**a, a in 0 to 2
    - a microphone's frequency response (.4): within 4 dB, 24 dB an octave below 20 to 250 and above 3400 to 8000 Hz
    - peaks driven 3 to 18 dB over full scale (.15), clipped or softly saturated, half of each
    - a line (.41): a telephone's, 300 to 3400 Hz at 8 kHz (.15) with no codec, G.711 (mu-law or A-law), G.721 or GSM
      6.10, a fifth of each; or brick walls at 20 to 300 and 3400 to 7000 Hz (.2), as wide-band telephones and lossy
      codecs have them; or Opus, Vorbis or MP3 at 14 to 24 kbit/s (.06)
    - always an RMS of -66 to -12 dB under full scale, peaks clipped
    - a constant of either sign, .002 to .1 of full scale, uniform in dB (.2)
    """
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
    if rng.random() < config.saturation_p:
        audio = saturate(audio, rng.uniform(*config.drive_db), soft=rng.random() < 0.5)
    audio = at_level(_through_a_line(audio, config, rng, sample_rate_hz), rng.uniform(*config.level_dbfs))
    if rng.random() < config.offset_p:
        audio = add_offset(audio, rng.choice([-1, 1]) * 10 ** (rng.uniform(*config.offset_db) / 20))
    return audio


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


def _through_a_line(audio: Samples, config: Augmentation, rng: Generator, sample_rate_hz: int) -> Samples:
    """A telephone, a band with brick walls, a codec of files, or nothing."""
    drawn = rng.random()
    if drawn < config.telephone_p:
        line = (None, *TELEPHONE_CODECS)[rng.integers(len(TELEPHONE_CODECS) + 1)]
        narrow = telephone(at_level(audio, LINE_DBFS), line, sample_rate_hz)
        return at_rate(narrow, TELEPHONE_HZ, sample_rate_hz, len(audio))
    drawn -= config.telephone_p
    if drawn < config.band_p:
        low_hz, high_hz = rng.uniform(*config.band_low_hz), rng.uniform(*config.band_high_hz)
        return band_limit(audio, low_hz, high_hz, sample_rate_hz)
    if drawn - config.band_p < config.codec_p:
        codec = FILE_CODECS[rng.integers(len(FILE_CODECS))]
        at_its_rate = soxr.resample(at_level(audio, LINE_DBFS), sample_rate_hz, codec.sample_rate_hz)
        return at_rate(transcode(at_its_rate, codec), codec.sample_rate_hz, sample_rate_hz, len(audio))
    return audio


def _excerpt(audio: Samples, length: int, rng: Generator) -> Samples:
    start = int(rng.integers(0, max(1, len(audio) - length)))
    return np.resize(audio[start : start + length], length)
