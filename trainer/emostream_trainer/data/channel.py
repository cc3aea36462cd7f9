"""What lies between a voice and its samples: limits of a band, telephone lines, too much gain, a constant offset.

Audio is float32 of shape (n,); results have its length, and full scale is 1.
"""

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy.fft import next_fast_len

from emostream.audio import Samples
from emostream_trainer.data.codecs import Codec, transcode

F64 = NDArray[np.float64]

TELEPHONE_HZ = 8_000
TELEPHONE_BAND_HZ = (300.0, 3_400.0)
# ITU-T P.56: what networks are planned for is an active level of -26 dB under full scale.
LINE_DBFS = -26.0
EDGE_HZ = 50.0


def band_limit(audio: Samples, low_hz: float, high_hz: float, sample_rate_hz: int) -> Samples:
    """Nothing below ``low_hz`` and nothing above ``high_hz``, without delay: brick walls, as a codec's are.

    The gain goes from 0 to 1 within the band, in a raised cosine of 50 Hz; no wall where a limit is 0 or at least half
    the rate.
    """
    # What rings beyond the end must not come in at the beginning.
    n_fft = next_fast_len(len(audio) + round(2 * sample_rate_hz / EDGE_HZ), real=True)
    spectrum = np.fft.rfft(audio, n_fft)
    hz: F64 = np.fft.rfftfreq(n_fft, 1 / sample_rate_hz).astype(np.float64)
    if low_hz > 0:
        spectrum *= _edge((hz - low_hz) / EDGE_HZ)
    if high_hz < sample_rate_hz / 2:
        spectrum *= _edge((high_hz - hz) / EDGE_HZ)
    return np.fft.irfft(spectrum, n_fft)[: len(audio)].astype(np.float32)


def telephone(audio: Samples, codec: Codec | None, sample_rate_hz: int) -> Samples:
    """As it arrives by telephone: 300 to 3400 Hz at 8 kHz, through a codec where one is given; still at 8 kHz.

    Of shape (about n * 8000 / ``sample_rate_hz``,).
    """
    band = band_limit(audio, *TELEPHONE_BAND_HZ, sample_rate_hz)
    narrow: Samples = soxr.resample(band, sample_rate_hz, TELEPHONE_HZ)
    return transcode(narrow, codec) if codec else narrow


def at_rate(audio: Samples, in_hz: int, out_hz: int, length: int) -> Samples:
    """Audio at another rate, cut or followed by silence to ``length``."""
    resampled: Samples = soxr.resample(audio, in_hz, out_hz)[:length]
    return np.pad(resampled, (0, length - len(resampled)))


def saturate(audio: Samples, drive_db: float, *, soft: bool) -> Samples:
    """A converter or an amplifier that gets too much: peaks would stand ``drive_db`` over full scale, and reach it.

    Hard is clipping; soft is a hyperbolic tangent, as analogue stages and tape have it.
    """
    peak = float(np.abs(audio).max(initial=0.0))
    if peak == 0:
        return audio
    driven = audio * np.float32(10 ** (drive_db / 20) / peak)
    saturated: Samples = np.tanh(driven) if soft else np.clip(driven, -1, 1)
    return saturated


def add_offset(audio: Samples, offset: float) -> Samples:
    """The audio with a constant added, as cheap sound cards do; what passes full scale is clipped."""
    moved: Samples = np.clip(audio + np.float32(offset), -1, 1)
    return moved


def _edge(into: F64) -> F64:
    """The gain so far into the band: 0 up to 0, 1 from 1 on."""
    return 0.5 - 0.5 * np.cos(np.pi * np.clip(into, 0, 1))
