"""Which frequencies arrive: telephones and Bluetooth headsets leave out what distinguishes moods."""

import numpy as np

from emostream.doctor.analysis import Analysis, to_db
from emostream.doctor.finding import Finding, ok, unknown, warning
from emostream.doctor.level import LEAST_SPEECH_S

LEAST_RATE_HZ = 16_000
_MID_HZ, _HIGH_HZ = (1_000.0, 3_400.0), (5_000.0, 7_500.0)
_LOW_HZ, _FIRST_FORMANT_HZ = (80.0, 250.0), (300.0, 1_000.0)
# Of 70 speakers of seven corpora the one with the least had -64 dB (a phone's codec), nine in ten above -34 dB.
_NO_HIGHS_DB = -50.0
_NO_LOWS_DB = -25.0
_LOUD_FRAMES = 95


def check_band(analysis: Analysis) -> Finding:
    """Whether speech reaches up to 8 kHz, as far as the models hear."""
    rate = analysis.sample_rate_hz
    if rate < LEAST_RATE_HZ:
        return warning("band", f"sampled at {rate} Hz: nothing above {rate / 2000:g} kHz", _ADVICE, upper_hz=rate / 2)
    if analysis.speech_s < LEAST_SPEECH_S:
        return unknown("band", "too little speech to judge it")
    # What is loud now and then: an s may be the only sound with high frequencies.
    loud = np.percentile(analysis.power[analysis.speech], _LOUD_FRAMES, axis=0)
    highs = _level_db(analysis, loud, _HIGH_HZ) - _level_db(analysis, loud, _MID_HZ)
    lows = _level_db(analysis, loud, _LOW_HZ) - _level_db(analysis, loud, _FIRST_FORMANT_HZ)
    values = {"highs_db": highs, "lows_db": lows}
    if highs < _NO_HIGHS_DB:
        line = "300 to 3400 Hz, a telephone's" if lows < _NO_LOWS_DB else "nothing above 4 kHz"
        return warning("band", line, _ADVICE, **values)
    return ok("band", f"full: what lies above 5 kHz is {-highs:.0f} dB below the middle", **values)


_ADVICE = (
    "Bluetooth headsets that record fall back to 8 kHz, and so do telephones: use a wired or built-in microphone, "
    "or a headset's LE Audio or mSBC profile"
)


def _level_db(analysis: Analysis, power: np.ndarray, band_hz: tuple[float, float]) -> float:
    inside = (analysis.hz >= band_hz[0]) & (analysis.hz < band_hz[1])
    return float(to_db(power[inside].sum()))
