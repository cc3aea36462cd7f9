"""What is there when nobody speaks: its level against speech, and the hum of the mains in it."""

import numpy as np

from emostream.doctor.analysis import HOP_S, Analysis, to_db
from emostream.doctor.finding import Finding, ok, problem, unknown, warning
from emostream.doctor.level import LEAST_SPEECH_S

GOOD_SNR_DB, LEAST_SNR_DB = 20.0, 10.0
MAINS_HZ = (50.0, 60.0)
_HARMONICS = 6
_WINDOW_S = 0.5
_LEAST_WINDOWS = 3
# How far a line stands above what is 6 to 22 Hz beside it.
_LINE_DB, _LINES, _STRONG_LINE_DB = 12.0, 2, 20.0
_BESIDE_HZ = (6.0, 22.0)
# Far below speech nobody need mind it.
_HUM_BELOW_SPEECH_DB = 45.0


def check_noise(analysis: Analysis) -> Finding:
    """The level of speech over that of the room and the microphone."""
    noise = analysis.noise_dbfs
    if analysis.speech_s < LEAST_SPEECH_S:
        return unknown("noise", f"{noise:.0f} dBFS; too little speech to compare it with", noise_dbfs=noise)
    snr = analysis.speech_dbfs - noise
    found = f"{noise:.0f} dBFS, speech is {snr:.0f} dB above it"
    values = {"noise_dbfs": noise, "snr_db": snr}
    advice = "speak nearer to the microphone, or quieten the room: windows, fans, other voices"
    if snr < LEAST_SNR_DB:
        return problem("noise", found, advice, **values)
    return warning("noise", found, advice, **values) if snr < GOOD_SNR_DB else ok("noise", found, **values)


def check_hum(analysis: Analysis) -> Finding:
    """Lines at 50 or 60 Hz and their multiples, where nobody speaks."""
    spectrum, hz = _quiet_spectrum(analysis)
    if spectrum is None:
        return unknown("hum", "too little silence to look for it", "stay silent for 3 s in the recording")
    best, best_db, lines = 0.0, -200.0, 0
    for mains in MAINS_HZ:
        above = [_line(spectrum, hz, mains * order) for order in range(1, _HARMONICS + 1)]
        clear = [power for power, over_db in above if over_db >= _LINE_DB]
        is_hum = len(clear) >= _LINES or above[0][1] >= _STRONG_LINE_DB
        level = float(to_db(np.array(sum(clear) + 1e-20)))
        if is_hum and level > best_db:
            best, best_db, lines = mains, level, len(clear)
    if best_db < max(analysis.speech_dbfs - _HUM_BELOW_SPEECH_DB, -90):
        return ok("hum", "none" if best_db <= -200 else f"{best:.0f} Hz at {best_db:.0f} dBFS, too little to matter")
    return warning(
        "hum",
        f"{best:.0f} Hz and its multiples ({lines} lines) at {best_db:.0f} dBFS",
        "see cables and plugs: power supplies beside the microphone's cable, a laptop's charger, a ground loop",
        hum_hz=best,
        hum_dbfs=best_db,
    )


def _quiet_spectrum(analysis: Analysis) -> tuple[np.ndarray | None, np.ndarray]:
    """Mean power of windows of half a second in which nobody speaks, and its frequencies; None where too few are."""
    rate = analysis.sample_rate_hz
    size = round(_WINDOW_S * rate)
    window = np.hanning(size + 1)[:-1]
    hz = np.fft.rfftfreq(size, 1 / rate)
    frames = round(_WINDOW_S / HOP_S)
    spectra = []
    for pause in analysis.pauses():
        for first in range(pause.start, pause.stop - frames + 1, frames // 2):
            start = round(first * HOP_S * rate)
            piece = analysis.samples[start : start + size]
            if len(piece) == size:
                spectra.append(2 * np.abs(np.fft.rfft(piece * window)) ** 2 / (size * np.square(window).sum()))
    return (np.mean(spectra, axis=0) if len(spectra) >= _LEAST_WINDOWS else None), hz


def _line(spectrum: np.ndarray, hz: np.ndarray, line_hz: float) -> tuple[float, float]:
    """The power of a line, and how many dB its highest bin stands above what is beside it."""
    distance = np.abs(hz - line_hz)
    line = distance <= 3.0
    beside = (distance >= _BESIDE_HZ[0]) & (distance <= _BESIDE_HZ[1])
    over = to_db(spectrum[line].max()) - to_db(np.median(spectrum[beside]))
    return float(spectrum[line].sum()), float(over)
