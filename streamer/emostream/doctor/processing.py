"""Signs that a system has changed the sound on its way: gain that follows the voice, noise that is taken out."""

import numpy as np

from emostream.doctor.analysis import Analysis, Flags, to_db
from emostream.doctor.finding import Finding, ok, unknown, warning
from emostream.doctor.level import LEAST_SPEECH_S, QUIET_DBFS

# Just after speech, where a gain is still low, and later, where it has come back.
_EARLY_S, _LATE_S = (0.15, 0.45), 0.8
_LEAST_FRAMES, _LEAST_PAUSES = 10, 2
_RISE_DB, _RISE_EVERYWHERE_DB = 3.0, 2.0
# Behind the tail that a room gives to speech.
_FAR_S = 0.3
_LEAST_FAR_FRAMES = 50
_BAND_HZ = (300.0, 3_500.0)
# Bins of natural noise differ by 5.6 dB by chance, in frames in which something else sounds by up to 8; where single
# bins were taken out, what is left differs by 9 and more.
_APART_BINS, _UNEVEN_DB = 4, 8.5
# What 16 bits do not hold is no noise: no bin counts as lower than white noise of this level.
_LEAST_NOISE_DBFS = -100.0
_ZERO_DBFS, _ZERO_SHARE = -110.0, 0.2
_DEAD_DBFS, _DEAD_SNR_DB = -82.0, 60.0
_TURN_OFF = "it changes how a voice sounds: turn it off in the system's sound settings, the mixer or the driver"


def check_gain_control(analysis: Analysis) -> Finding:
    """Whether the noise rises in each pause: the gain was turned down while somebody spoke, and comes back.

    Gain that changes over many seconds leaves no such sign.
    """
    rises = []
    after = analysis.since_speech_s
    for pause in analysis.pauses():
        levels, since = analysis.level_db[pause], after[pause]
        early = levels[(since >= _EARLY_S[0]) & (since < _EARLY_S[1])]
        late = levels[(since >= _LATE_S) & np.isfinite(since)]
        if min(len(early), len(late)) >= _LEAST_FRAMES:
            rises.append(float(np.median(late) - np.median(early)))
    if len(rises) < _LEAST_PAUSES:
        return unknown("gain control", "too few pauses to judge it", "pause for 2 s between sentences, twice")
    rise = float(np.median(rises))
    if rise >= _RISE_DB and np.percentile(rises, 25) >= _RISE_EVERYWHERE_DB:
        found = f"the noise rises by {rise:.0f} dB in each pause: automatic gain control"
        return warning("gain control", found, _TURN_OFF, rise_db=rise)
    return ok("gain control", "the noise stays as it is in pauses", rise_db=rise)


def check_suppression(analysis: Analysis) -> Finding:
    """Whether pauses are more silent, or their noise less even, than a room and a microphone can be.

    Suppression that lowers all noise evenly, as that of calls does, leaves no sign in a recording.
    """
    check = "noise suppression"
    far = analysis.quiet & (analysis.since_speech_s >= _FAR_S)
    if far.sum() < _LEAST_FAR_FRAMES or analysis.speech_s < LEAST_SPEECH_S or analysis.speech_dbfs < QUIET_DBFS:
        return unknown(check, "too little silence, or speech too quiet, to judge it", "stay silent for 3 s first")
    levels = analysis.level_db[far]
    zeros, floor, uneven = float((levels < _ZERO_DBFS).mean()), float(np.median(levels)), _unevenness_db(analysis, far)
    values = {"zero_share": zeros, "floor_dbfs": floor, "uneven_db": uneven}
    if zeros >= _ZERO_SHARE:
        found = f"{zeros:.0%} of the silence is digital silence: a gate or a noise suppressor"
    elif floor < _DEAD_DBFS and analysis.speech_dbfs - floor > _DEAD_SNR_DB:
        found = f"silence at {floor:.0f} dBFS, more silent than rooms are: a gate or a noise suppressor"
    elif uneven >= _UNEVEN_DB:
        found = f"the noise has holes (neighbouring frequencies differ by {uneven:.0f} dB, in rooms by 5 to 8)"
    else:
        return ok(check, "no signs of it", **values)
    return warning(check, found, _TURN_OFF, **values)


def _unevenness_db(analysis: Analysis, frames: Flags) -> float:
    """How much neighbouring bins of a frame differ, each against its own median."""
    inside = (analysis.hz >= _BAND_HZ[0]) & (analysis.hz < _BAND_HZ[1])
    least = 10 ** (_LEAST_NOISE_DBFS / 10) / len(analysis.hz)
    levels = to_db(analysis.power[frames][:, inside] + least)
    levels -= np.median(levels, axis=0)
    return float((levels[:, _APART_BINS:] - levels[:, :-_APART_BINS]).std() / np.sqrt(2))
