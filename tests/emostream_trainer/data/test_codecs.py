"""Codecs give back what they were given: as long, at the same time, much alike, and the same each time."""

import numpy as np
import pytest

from emostream.audio import Samples
from emostream_trainer.data.codecs import FILE_CODECS, TELEPHONE_CODECS, Codec, transcode

CODECS = pytest.mark.parametrize("codec", TELEPHONE_CODECS + FILE_CODECS, ids=lambda codec: codec.name)


def _voice(codec: Codec, seconds: float = 1.5) -> Samples:
    """A buzz that swells, glides and fades."""
    t = np.arange(round(seconds * codec.sample_rate_hz)) / codec.sample_rate_hz
    phase = 2 * np.pi * (120 * t + 30 * t**2)
    buzz = sum(np.sin(harmonic * phase) / harmonic for harmonic in range(3, 15))
    return (0.2 * np.sin(np.pi * t / seconds) * buzz).astype(np.float32)


@CODECS
def test_a_voice_comes_back_in_its_place_and_not_quite_itself(codec: Codec) -> None:
    voice = _voice(codec)
    heard = transcode(voice, codec)
    assert heard.dtype == np.float32
    assert heard.shape == voice.shape
    assert 0.9 < np.corrcoef(heard, voice)[0, 1] < 0.99999
    assert not np.array_equal(heard, voice)


@CODECS
def test_the_same_voice_gives_the_same_bytes(codec: Codec) -> None:
    voice = _voice(codec, seconds=0.5)
    assert np.array_equal(transcode(voice, codec), transcode(voice, codec))


@CODECS
@pytest.mark.parametrize("length", [0, 1, 7, 799, 5_001])
def test_any_length_is_kept(codec: Codec, length: int) -> None:
    heard = transcode(np.full(length, 0.1, np.float32), codec)
    assert heard.shape == (length,)
    assert np.isfinite(heard).all()


@CODECS
def test_what_is_too_loud_is_clipped_and_never_wraps(codec: Codec) -> None:
    loud = 5 * _voice(codec, seconds=0.5)
    assert np.corrcoef(transcode(loud, codec), np.clip(loud, -1, 1))[0, 1] > 0.9
