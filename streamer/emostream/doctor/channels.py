"""Whether all channels carry the voice, and in the same sense."""

import numpy as np

from emostream.doctor.finding import Finding, ok, warning
from emostream.doctor.recording import Recording

_DEAD_DB = 40.0
_DEAD_DBFS = -90.0
_INVERTED = -0.8


def check_channels(recording: Recording) -> Finding:
    """Dead channels and inverted ones."""
    count = recording.frames.shape[1]
    if count == 1:
        return ok("channels", "one", channels=1.0)
    levels = recording.channel_dbfs
    loudest = int(levels.argmax())
    dead = [index + 1 for index, level in enumerate(levels) if level < max(levels[loudest] - _DEAD_DB, _DEAD_DBFS)]
    values = {"channels": float(count), "read_channel": float(recording.channel + 1)}
    if dead and levels[loudest] > _DEAD_DBFS:
        numbers = ", ".join(map(str, dead))
        return warning(
            "channels",
            f"{'channel' if len(dead) == 1 else 'channels'} {numbers} of {count} without sound",
            f"read the one that has it: --channel {loudest + 1}",
            **values,
        )
    if (other := _inverted(recording, loudest)) is not None:
        return warning(
            "channels",
            f"channel {other + 1} is channel {loudest + 1} inverted: mixed, they cancel each other out",
            f"read one of them: --channel {loudest + 1}; and see the wiring of the cable",
            **values,
        )
    return ok("channels", f"{count}, all with sound", **values)


def _inverted(recording: Recording, loudest: int) -> int | None:
    moving = recording.frames - recording.frames.mean(axis=0)
    reference = moving[:, loudest]
    for index in range(moving.shape[1]):
        scale = np.linalg.norm(moving[:, index]) * np.linalg.norm(reference)
        if index != loudest and scale > 0 and moving[:, index] @ reference / scale < _INVERTED:
            return index
    return None
