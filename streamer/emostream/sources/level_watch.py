"""Whether a microphone hears anything at all: a muted or forbidden one gives zeros, a dead one next to nothing."""

import numpy as np

from emostream.audio import AudioBlock

ZEROS_TIMEOUT_S = 5.0
_QUIET_TIMEOUT_S = 30.0
_QUIET_DBFS = -70
_QUIET = 10 ** (_QUIET_DBFS / 20)


class LevelWatch:
    """How long a source has given nothing but zeros, and nothing above -70 dBFS, in seconds of its sound."""

    def __init__(self) -> None:
        self._zeros = 0
        self._quiet = 0
        self._sample_rate_hz = 1

    def push(self, block: AudioBlock) -> None:
        """Take the next block; an empty one changes nothing."""
        count = len(block.samples)
        if not count:
            return
        peak = float(np.abs(block.samples).max())
        self._zeros = 0 if peak else self._zeros + count
        self._quiet = 0 if peak > _QUIET else self._quiet + count
        self._sample_rate_hz = block.sample_rate_hz

    @property
    def zeros_s(self) -> float:
        """Seconds of nothing but zeros until now."""
        return self._zeros / self._sample_rate_hz

    def trouble(self, name: str) -> str | None:
        """One line on what may be wrong with the microphone ``name``; None while it hears something."""
        if self.zeros_s >= ZEROS_TIMEOUT_S:
            return (
                f"{name} gives nothing but zeros: is it muted, or may this program not use it? "
                "See its switch, the mixer, and the system's privacy settings"
            )
        if self._quiet / self._sample_rate_hz >= _QUIET_TIMEOUT_S:
            return (
                f"{name} has given nothing above {_QUIET_DBFS} dBFS for {_QUIET_TIMEOUT_S:.0f} s: "
                "turn its level up in the mixer, or choose another with --device"
            )
        return None
