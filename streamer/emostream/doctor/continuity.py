"""Holes in the sound: what the sound system reported or kept back, and what stands as silence within words."""

import numpy as np

from emostream.audio import Samples
from emostream.doctor.analysis import Analysis, runs, to_db
from emostream.doctor.finding import Finding, ok, problem, warning
from emostream.doctor.level import QUIET_DBFS
from emostream.doctor.recording import Recording

_BLOCK_S = 0.001
_SHORTEST_S, _LONGEST_S, _BESIDE_S = 0.003, 0.5, 0.005
# A hole begins and ends within a millisecond, in the middle of sound; the closure of a p takes longer and is less deep.
_FALL_DB, _DEPTH_DB = 25.0, 40.0
_BELOW_SPEECH_DB, _BELOW_NOISE_DB = 25.0, 6.0
_MANY, _LONG_S = 3, 0.1


def check_dropouts(recording: Recording, analysis: Analysis) -> Finding:
    """All holes together, and how often they come."""
    holes = silent_holes(analysis)
    count = len(holes) + recording.losses
    lost_s = sum(end_s - start_s for start_s, end_s in holes) + recording.lost_s
    values = {"dropouts": float(count), "lost_s": lost_s}
    if not count:
        return ok("dropouts", f"none in {recording.seconds:.0f} s", **values)
    found = f"{count} in {recording.seconds:.0f} s, {1000 * lost_s:.0f} ms in all"
    advice = (
        "try another USB port or cable, come nearer with a wireless one, and end programs that keep the computer busy"
    )
    return (problem if count >= _MANY or lost_s >= _LONG_S else warning)("dropouts", found, advice, **values)


def silent_holes(analysis: Analysis) -> list[tuple[float, float]]:
    """Start and end in seconds of each silence that is cut into speech; none where speech is as quiet as 16 bits."""
    if analysis.speech_dbfs < QUIET_DBFS:
        return []
    block = max(1, round(_BLOCK_S * analysis.sample_rate_hz))
    block_s = block / analysis.sample_rate_hz
    levels = _levels_db(analysis.samples, block)
    deepest = min(analysis.noise_dbfs - _BELOW_NOISE_DB, analysis.speech_dbfs - _BELOW_SPEECH_DB - _DEPTH_DB)
    beside = round(_BESIDE_S / block_s)
    holes = []
    for hole in runs(levels < deepest):
        length_s = (hole.stop - hole.start) * block_s
        before, after = levels[max(hole.start - beside, 0) : hole.start], levels[hole.stop : hole.stop + beside]
        if not _SHORTEST_S <= length_s <= _LONGEST_S or min(len(before), len(after)) < beside:
            continue
        # A block at the edge may hold some of both.
        falls = max(before[-2:]) - levels[hole.start + 1], max(after[:2]) - levels[hole.stop - 2]
        is_within = min(before.max(), after.max()) >= analysis.speech_dbfs - _BELOW_SPEECH_DB
        if is_within and min(falls) >= _FALL_DB:
            holes.append((hole.start * block_s, hole.stop * block_s))
    return holes


def _levels_db(samples: Samples, block: int) -> np.ndarray:
    whole = samples[: len(samples) // block * block].reshape(-1, block)
    # Not about a constant part: a hole may be held at any value.
    return to_db(np.square(whole - whole.mean(axis=1, keepdims=True), dtype=np.float64).mean(axis=1))
