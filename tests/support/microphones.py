"""Microphones that do something to a voice: what the doctor is to find, made from speech and noise."""

import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile
import soxr

from emostream.audio import Samples
from emostream.doctor.recording import Recording
from emostream_trainer.data.channel import telephone
from emostream_trainer.data.codecs import GSM

HZ = 16_000
SILENCE_S, PAUSE_S = 2.0, 1.6
SENTENCES = (
    "The kettle is on the stove, and the cups are on the shelf.",
    "Look, it is snowing!",
    "She packed her books, and the house went quiet.",
)
# Men and women of several languages: what is found must not depend on one of them.
VOICES = ("en-us+m3", "en-gb-x-rp+f3", "de+f2", "fr+m1", "pl+f4")
SPEECH_PEAK = 0.3


def speech(voice: str) -> Samples:
    """Three sentences of espeak-ng between pauses, at 16 kHz, without any noise."""
    pieces = [np.zeros(round(SILENCE_S * HZ), np.float32)]
    for sentence in SENTENCES:
        with tempfile.TemporaryDirectory() as folder:
            wav = Path(folder, "sentence.wav")
            subprocess.run(["espeak-ng", "-v", voice, "-s", "170", "-w", str(wav), sentence], check=True, timeout=60)
            samples, rate_hz = soundfile.read(wav, dtype="float32")
        spoken = soxr.resample(samples, rate_hz, HZ)
        pieces += [np.trim_zeros(spoken), np.zeros(round(PAUSE_S * HZ), np.float32)]
    whole = np.concatenate(pieces).astype(np.float32)
    return whole * np.float32(SPEECH_PEAK / np.abs(whole).max())


def noise(length: int, dbfs: float, seed: int, *, pink: bool = False) -> Samples:
    """Noise of a room, white or falling by 3 dB an octave."""
    rng = np.random.default_rng(seed)
    if not pink:
        return rng.normal(0, 10 ** (dbfs / 20), length).astype(np.float32)
    spectrum = np.fft.rfft(rng.standard_normal(length))
    spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 20))
    falling = np.fft.irfft(spectrum, length)
    return (falling * 10 ** (dbfs / 20) / np.sqrt(np.mean(falling**2))).astype(np.float32)


def in_a_room(voice: Samples, seed: int, *, dbfs: float = -62.0) -> Samples:
    """A good microphone: the voice over a little noise, white by even seeds and pink by odd ones."""
    return voice + noise(len(voice), dbfs, seed, pink=seed % 2 == 1)


def clipped(heard: Samples, times: float = 4.0) -> Samples:
    """So much gain that peaks would stand at ``times`` full scale."""
    return np.clip(heard * np.float32(times / np.abs(heard).max()), -1, 1)


def by_telephone(heard: Samples) -> Samples:
    """300 to 3400 Hz through GSM's codec, and back to 16 kHz."""
    narrow = telephone(heard, GSM, HZ)
    return soxr.resample(narrow, 8_000, HZ)[: len(heard)].astype(np.float32)


def below_4_khz(heard: Samples) -> Samples:
    """What a Bluetooth headset's profile of 8 kHz leaves."""
    return soxr.resample(soxr.resample(heard, HZ, 8_000), 8_000, HZ)[: len(heard)].astype(np.float32)


def gain_controlled(heard: Samples, *, db_per_s: float = 9.0, most_db: float = 25.0) -> Samples:
    """Gain that falls at once when somebody speaks, and comes back by so much a second."""
    gain_db, block = most_db, round(0.01 * HZ)
    out = np.empty_like(heard)
    for start in range(0, len(heard), block):
        piece = heard[start : start + block]
        level_db = 10 * np.log10(np.mean(piece**2) + 1e-12)
        wanted_db = float(np.clip(-18 - level_db, -10, most_db))
        gain_db = (gain_db + wanted_db) / 2 if wanted_db < gain_db else min(wanted_db, gain_db + db_per_s / 100)
        out[start : start + block] = piece * 10 ** (gain_db / 20)
    return np.clip(out, -1, 1)


def compressed(heard: Samples) -> Samples:
    """A compander of ffmpeg that comes back within .8 s."""
    points = "compand=attacks=0.02:decays=0.8:points=-90/-60|-40/-25|-20/-18|0/-15"
    return _by_ffmpeg(heard, points)


def gated(heard: Samples) -> Samples:
    """A gate that lets nothing through in pauses."""
    return _by_ffmpeg(heard, "agate=threshold=0.01:range=0:ratio=20:attack=5:release=80")


def denoised(heard: Samples) -> Samples:
    """Spectral subtraction: what is not well above the noise of its frequency is taken out."""
    size, hop = 512, 128
    window = np.hanning(size + 1)[:-1]
    padded = np.pad(heard, (size, size))
    spectra = np.fft.rfft(np.lib.stride_tricks.sliding_window_view(padded, size)[::hop] * window)
    power = np.abs(spectra) ** 2
    floor = 3 * np.percentile(power, 30, axis=0)
    gain = np.sqrt(np.maximum(1 - floor / np.maximum(power, 1e-20), 1e-4))
    pieces = np.fft.irfft(spectra * gain) * window
    out = np.zeros(len(padded))
    for index, piece in enumerate(pieces):
        out[index * hop : index * hop + size] += piece
    return (out / 1.5)[size : size + len(heard)].astype(np.float32)


def with_dropouts(heard: Samples, seed: int, *, count: int = 5, ms: float = 20.0) -> Samples:
    """Silence cut into the middle of words."""
    rng = np.random.default_rng(seed)
    loud = np.flatnonzero(np.abs(heard) > 0.3 * np.abs(heard).max())
    holed = heard.copy()
    for start in rng.choice(loud, count, replace=False):
        holed[start : start + round(ms * HZ / 1000)] = 0
    return holed


def with_hum(heard: Samples, mains_hz: float, dbfs: float = -50.0) -> Samples:
    """A line of the mains and its multiples."""
    t = np.arange(len(heard)) / HZ
    hum = sum(np.sin(2 * np.pi * mains_hz * order * t + order) / order for order in (1, 2, 3, 5))
    return (heard + 10 ** (dbfs / 20) * hum).astype(np.float32)


def recording_of(*channels: Samples, sample_rate_hz: int = HZ) -> Recording:
    return Recording(np.stack(channels, axis=1).astype(np.float32), sample_rate_hz, "a microphone")


def _by_ffmpeg(heard: Samples, filters: str) -> Samples:
    form = ("-f", "f32le", "-ar", str(HZ), "-ac", "1")
    command = ["ffmpeg", "-v", "error", *form, "-i", "-", "-af", filters, *form, "-"]
    ended = subprocess.run(command, input=heard.astype("<f4").tobytes(), capture_output=True, check=True, timeout=60)
    return np.frombuffer(ended.stdout, "<f4")[: len(heard)].astype(np.float32)
