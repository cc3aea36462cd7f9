"""Noise to be scored in: other people's voices from the corpora, near by (babble) or all over a room (cafe)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import Generator

from emostream.audio import AudioBlock, Samples
from emostream.inference.vad import SAMPLE_RATE_HZ
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.data.augmentation import at_snr, coloured_noise, in_a_room
from emostream_trainer.data.feature_cache import read_audio
from emostream_trainer.data.sampling import stable_hash

SNRS_DB = (20, 10, 5, 0)
KINDS = BABBLE, CAFE = ("babble", "cafe")
VOICES = {BABBLE: 4, CAFE: 12}
CAFE_REVERBERATION_S = 0.5


@dataclass(frozen=True)
class Noise:
    """What sounds behind a clip: ``kind`` is ``BABBLE`` or ``CAFE``, the voices are files, the seed fixes the rest.

    ``snr_db`` is the power of the whole clip, pauses included, over that of the noise.
    """

    kind: str
    snr_db: float
    voices: tuple[Path, ...]
    seed: int

    def apply(self, audio: Samples) -> AudioBlock:
        """Audio (n,) at 16 kHz with its noise, brought below full scale as a whole where the sum would pass it."""
        mixed = at_snr(audio, _sound(self, len(audio)), self.snr_db)
        scaled = mixed / max(1.0, float(np.abs(mixed).max(initial=0.0)))
        return AudioBlock(scaled.astype(np.float32), SAMPLE_RATE_HZ, 0)


def noise_for(clip: Clip, others: Sequence[Clip], kind: str, snr_db: float) -> Noise:
    """The noise of this kind for a clip, always the same for the same clips; of other speakers than the clip's.

    Each voice is another speaker's as long as there are enough. Raises ``ValueError`` where nobody else is among
    ``others``.
    """
    other_speakers = [other for other in others if other.speaker != clip.speaker]
    if not other_speakers:
        raise ValueError(f"got no other speaker than {clip.speaker} to babble behind {clip.path.name}")
    seed = stable_hash(clip, kind)
    rng = np.random.default_rng(seed)
    speakers = sorted({other.speaker for other in other_speakers})
    count = VOICES[kind]
    drawn = [speakers[i] for i in rng.permutation(len(speakers))]
    voices = []
    for turn in range(count):
        speaker = drawn[turn % len(drawn)]
        spoken = [other.path for other in other_speakers if other.speaker == speaker]
        voices.append(spoken[int(rng.integers(len(spoken)))])
    return Noise(kind, snr_db, tuple(voices), seed)


def _sound(noise: Noise, length: int) -> Samples:
    rng = np.random.default_rng(noise.seed)
    voices: Samples = np.sum(np.stack([_voice(path, length, rng) for path in noise.voices]), axis=0, dtype=np.float32)
    if noise.kind == BABBLE:
        return voices
    room = in_a_room(voices, CAFE_REVERBERATION_S, rng, SAMPLE_RATE_HZ)
    # Crockery and machines are about as loud as the guests.
    return at_snr(room, coloured_noise(length, rng), 0.0)


def _voice(path: Path, length: int, rng: Generator) -> Samples:
    """One voice over and over, from anywhere in it, each as loud as the next."""
    audio = read_audio(path, SAMPLE_RATE_HZ)
    rms = float(np.sqrt(np.mean(audio**2)))
    audio = np.roll(audio, int(rng.integers(len(audio)))) / (rms or 1.0)
    return np.resize(audio, length).astype(np.float32)
