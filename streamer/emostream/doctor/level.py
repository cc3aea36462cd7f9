"""Is there sound, is somebody speaking, how loud; clipping, and a constant part."""

import numpy as np

from emostream.audio import Samples
from emostream.doctor.analysis import Analysis, runs
from emostream.doctor.finding import Finding, ok, problem, unknown, warning
from emostream.doctor.recording import Recording

LEAST_SPEECH_S, _SOME_SPEECH_S = 1.0, 0.2
_LONGER = "record again, and speak for some seconds"
# UAR falls by .02 where a voice is 30 dB quieter than those of corpora, and the speech gate amplifies by 17 dB only.
QUIET_DBFS, TOO_QUIET_DBFS = -50.0, -62.0
# A wave that is cut off stays at its limit for some samples; the crest of a natural one is that flat once or twice.
_FLAT, _FLAT_SAMPLES = 0.002, 3
_FEW_TOPS, _MANY_TOPS = 4, 20
_LEAST_PEAK = 0.01
_OFFSET, _OFFSET_OF_SPEECH, _LEAST_OFFSET = 0.01, 0.3, 0.002


def check_sound(recording: Recording) -> Finding:
    """Whether there is anything but zeros: a muted or forbidden microphone gives nothing else."""
    if not len(recording.frames):
        return problem("sound", "no sound came at all", "see whether the microphone is plugged in, and choose another")
    peak = float(np.abs(recording.frames).max())
    if peak == 0:
        return problem(
            "sound",
            f"{recording.seconds:.0f} s of nothing but zeros",
            "it is muted, or this program may not use it: see its switch, the mixer, and the system's privacy settings",
        )
    return ok("sound", f"{recording.seconds:.1f} s at {recording.sample_rate_hz} Hz", seconds=recording.seconds)


def check_speech(analysis: Analysis) -> Finding:
    """Whether somebody can be heard to speak."""
    seconds = analysis.speech_s
    if seconds >= LEAST_SPEECH_S:
        return ok("speech", f"{seconds:.1f} s of speech", speech_s=seconds)
    level = float(10 * np.log10(np.mean(np.square(analysis.samples, dtype=np.float64)) + 1e-20))
    if seconds >= _SOME_SPEECH_S:
        return unknown("speech", f"{seconds:.1f} s of speech, too little to judge a voice", _LONGER, speech_s=seconds)
    return problem(
        "speech",
        f"{seconds:.1f} s of speech, in sound of {level:.0f} dBFS",
        "if you spoke, this is not the microphone that you spoke into, or it is turned down: choose another with "
        "--device ('emostream devices' lists them), and look at its level in the mixer",
        speech_s=seconds,
        level_dbfs=level,
    )


def check_level(analysis: Analysis) -> Finding:
    """How loud speech is."""
    if analysis.speech_s < LEAST_SPEECH_S:
        return unknown("level", "too little speech to measure")
    level = analysis.speech_dbfs
    found = f"speech at {level:.0f} dBFS"
    if level < TOO_QUIET_DBFS:
        return problem("level", f"{found}, far too quiet", _TURN_UP, speech_dbfs=level)
    if level < QUIET_DBFS:
        return warning("level", f"{found}, quiet", _TURN_UP, speech_dbfs=level)
    return ok("level", found, speech_dbfs=level)


_TURN_UP = "turn the microphone up in the mixer, or speak nearer to it: -35 to -15 dBFS are good"


def check_clipping(samples: Samples) -> Finding:
    """How often waves are cut off at the microphone's limit, whatever level that has by now.

    What was resampled or coded after it was cut off has no flat tops any more, and is not found.
    """
    peak = float(np.abs(samples).max()) if len(samples) else 0.0
    tops, clipped = 0, 0
    if peak >= _LEAST_PEAK:
        for side in (samples, -samples):
            # Of a wave with a constant part, only one side may be cut off.
            flat = [top for top in runs(side >= side.max() * (1 - _FLAT)) if top.stop - top.start >= _FLAT_SAMPLES]
            tops += len(flat)
            clipped += sum(top.stop - top.start for top in flat)
    share = clipped / max(len(samples), 1)
    peak_dbfs = float(20 * np.log10(peak + 1e-10))
    values = {"clipped_share": share, "flat_tops": float(tops), "peak_dbfs": peak_dbfs}
    if tops < _FEW_TOPS:
        return ok("clipping", f"none, peak at {peak_dbfs:.0f} dBFS", **values)
    found = f"{tops} waves cut off, {share:.2%} of all samples"
    advice = "turn the microphone down in the mixer (and its boost off), or speak from further away"
    return (problem if tops >= _MANY_TOPS else warning)("clipping", found, advice, **values)


def check_offset(analysis: Analysis) -> Finding:
    """The constant part (DC): nothing to hear, but half of the room for loud sound may be gone."""
    if len(analysis.samples) < analysis.sample_rate_hz:
        return unknown("offset", "too short to measure it")
    offset, speech = abs(analysis.offset), 10 ** (analysis.speech_dbfs / 20)
    found = f"{analysis.offset:+.2%} of full scale"
    if offset > _OFFSET or offset > max(_OFFSET_OF_SPEECH * speech, _LEAST_OFFSET):
        return warning(
            "offset",
            found,
            "labels bear it, yet loud sound is cut off early: another input or sound card has none",
            offset=analysis.offset,
        )
    return ok("offset", found, offset=analysis.offset)
