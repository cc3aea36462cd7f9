"""Disturbances that clips are scored in: what a telephone, a headset, a sound card or a room do to them, and noise."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.random import Generator

from emostream.audio import AudioBlock, Samples
from emostream.inference.vad import SAMPLE_RATE_HZ
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.data.augmentation import at_snr, in_a_room
from emostream_trainer.data.channel import LINE_DBFS, TELEPHONE_HZ, add_offset, telephone
from emostream_trainer.data.codecs import MU_LAW
from emostream_trainer.data.sampling import stable_hash
from emostream_trainer.evaluation.cvsd import cvsd
from emostream_trainer.evaluation.noise import KINDS, noise_for

TELEPHONE, HEADSET, OFFSET, QUIET, WHITE, ROOM = "telephone", "headset", "offset", "quiet", "white", "room"
OFFSET_OF_FULL_SCALE = 0.05
QUIET_DB = -30.0
WHITE_SNR_DB = 20.0
VOICES_SNR_DB = 10.0
REVERBERATION_S = 0.5


class Disturbance(Protocol):
    """What happens to a clip before it is heard; always the same for the same clip."""

    def apply(self, audio: Samples) -> AudioBlock:
        """Audio (n,) at 16 kHz as it is heard then, at the rate that it comes at."""
        ...


@dataclass(frozen=True)
class Recorded:
    """A clip through a recording chain: ``kind`` is one of the names above, the seed fixes what is random."""

    kind: str
    seed: int

    def apply(self, audio: Samples) -> AudioBlock:
        """See ``Disturbance``."""
        chain, sample_rate_hz = _CHAINS[self.kind]
        return AudioBlock(chain(audio, np.random.default_rng(self.seed)), sample_rate_hz, 0)


def disturbance_for(clip: Clip, others: Sequence[Clip], kind: str) -> Disturbance:
    """The disturbance of this kind for a clip; babble and cafe have the voices of others (``noise_for``)."""
    if kind in KINDS:
        return noise_for(clip, others, kind, VOICES_SNR_DB)
    return Recorded(kind, stable_hash(clip, kind))


def _by_telephone(audio: Samples, _rng: Generator) -> Samples:
    return telephone(audio, MU_LAW, SAMPLE_RATE_HZ)


def _by_headset(audio: Samples, _rng: Generator) -> Samples:
    """At the level that calls are planned for: delta modulation is overloaded by what is louder."""
    gain = np.float32(10 ** (LINE_DBFS / 20) / (np.sqrt(np.mean(audio**2)) or 1.0))
    return cvsd(telephone(audio * gain, None, SAMPLE_RATE_HZ)) / gain


def _with_offset(audio: Samples, _rng: Generator) -> Samples:
    return add_offset(audio, OFFSET_OF_FULL_SCALE)


def _quiet(audio: Samples, _rng: Generator) -> Samples:
    """In 16 bits, as sound cards give them: what is quiet comes nearer to their steps."""
    return (np.round(audio * (32_768 * 10 ** (QUIET_DB / 20))) / 32_768).astype(np.float32)


def _in_white_noise(audio: Samples, rng: Generator) -> Samples:
    return at_snr(audio, rng.standard_normal(len(audio)).astype(np.float32), WHITE_SNR_DB)


def _in_a_room(audio: Samples, rng: Generator) -> Samples:
    return in_a_room(audio, REVERBERATION_S, rng, SAMPLE_RATE_HZ)


# What is done, and the rate that the result is at.
_CHAINS: dict[str, tuple[Callable[[Samples, Generator], Samples], int]] = {
    TELEPHONE: (_by_telephone, TELEPHONE_HZ),
    HEADSET: (_by_headset, TELEPHONE_HZ),
    OFFSET: (_with_offset, SAMPLE_RATE_HZ),
    QUIET: (_quiet, SAMPLE_RATE_HZ),
    WHITE: (_in_white_noise, SAMPLE_RATE_HZ),
    ROOM: (_in_a_room, SAMPLE_RATE_HZ),
}
