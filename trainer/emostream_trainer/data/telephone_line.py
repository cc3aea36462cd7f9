"""A clip as it arrives by telephone, for classifiers of voices that came through one."""

from numpy.random import Generator

from emostream.audio import Samples
from emostream_trainer.data.augmentation import at_level
from emostream_trainer.data.channel import LINE_DBFS, TELEPHONE_HZ, at_rate, telephone
from emostream_trainer.data.codecs import TELEPHONE_CODECS

LEVEL_DBFS = (-50.0, -15.0)


def by_telephone(samples: Samples, rng: Generator, sample_rate_hz: int = 16_000) -> Samples:
    """The clip within 300 to 3400 Hz at 8 kHz and back, float32, as long; peaks are clipped.

    Drawn are the codec, none, G.711 (mu-law or A-law), G.721 or GSM 6.10, and the level in the end.
    """
    codec = (None, *TELEPHONE_CODECS)[rng.integers(len(TELEPHONE_CODECS) + 1)]
    narrow = telephone(at_level(samples, LINE_DBFS), codec, sample_rate_hz)
    heard = at_rate(narrow, TELEPHONE_HZ, sample_rate_hz, len(samples))
    return at_level(heard, rng.uniform(*LEVEL_DBFS))
