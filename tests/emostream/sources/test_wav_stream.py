"""WAV through a pipe: the samples of the file, whatever the chunking and whatever its sizes say."""

import io
import struct
from contextlib import suppress
from itertools import pairwise

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from emostream.audio import Samples
from emostream.features.resample import Resampler
from emostream.sources.wav_stream import WavDecoder, WavHeaderError, parse_wav_header

HZ = 16_000
NOISE = np.random.default_rng(8).uniform(-0.9, 0.9, (3_000, 2)).astype(np.float32)
KINDS = [("PCM_16", "WAV"), ("PCM_32", "WAV"), ("FLOAT", "WAV"), ("PCM_16", "WAVEX"), ("FLOAT", "RF64")]


def wav(samples: Samples = NOISE[:, 0], *, hz: int = HZ, subtype: str = "PCM_16", container: str = "WAV") -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, hz, format=container, subtype=subtype)
    return file.getvalue()


def with_size(data: bytes, size: int) -> bytes:
    at = data.index(b"data") + 4
    return data[:at] + struct.pack("<I", size) + data[at + 4 :]


def decoded(data: bytes, cuts: list[int] | None = None, *, hz: int = HZ) -> Samples:
    decoder = WavDecoder(hz)
    edges = [0, *sorted(cuts or []), len(data)]
    pieces = [decoder.push(data[start:end]) for start, end in pairwise(edges)]
    return np.concatenate([*pieces, decoder.end()])


@pytest.mark.parametrize(("subtype", "container"), KINDS)
@pytest.mark.parametrize("channels", [1, 2])
@settings(max_examples=15)
@given(data=st.data())
def test_any_chunking_gives_the_samples_of_the_file(
    subtype: str, container: str, channels: int, data: st.DataObject
) -> None:
    file = wav(NOISE[:, :channels], subtype=subtype, container=container)
    cuts = data.draw(st.lists(st.integers(0, len(file)), max_size=8))
    expected = soundfile.read(io.BytesIO(file), dtype="float32", always_2d=True)[0].mean(axis=1)
    np.testing.assert_array_equal(decoded(file, cuts), expected)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFFFFF, 0x80000000, 2_000])
def test_a_declared_size_is_a_hint(size: int) -> None:
    np.testing.assert_array_equal(decoded(with_size(wav(), size)), decoded(wav()))
    assert len(decoded(wav())) == len(NOISE)


def test_a_chunk_behind_the_samples_is_no_sound() -> None:
    assert len(decoded(wav() + b"LIST" + struct.pack("<I", 400) + bytes(range(200)) * 2)) == len(NOISE)


def test_another_rate_is_resampled_as_everywhere() -> None:
    whole = soundfile.read(io.BytesIO(wav(hz=44_100)), dtype="float32")[0]
    resampler = Resampler(44_100, HZ)
    expected = np.concatenate([resampler.push(whole), resampler.flush()])
    np.testing.assert_allclose(decoded(wav(hz=44_100), [50, 999, 3_000]), expected, atol=1e-6)


def test_half_a_sample_at_the_end_is_counted() -> None:
    decoder = WavDecoder(HZ)
    decoder.push(with_size(wav(), 0) + b"\1")
    assert (decoder.flush(), decoder.sample_bytes) == (1, 2)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (wav(subtype="PCM_24"), "format 1 and 24 bits"),
        (wav(subtype="ULAW"), "format 7 and 8 bits"),
        (b"RIFF\x24\0\0\0AVI LIST", "'AVI '"),
        (wav(hz=500), "1 channels at 500 Hz"),
        (b"RIFF\0\0\0\0WAVEjunk" + struct.pack("<I", 1 << 20) + bytes(100), "within its first 65536 bytes"),
    ],
    ids=["24 bits", "mu-law", "AVI", "rate", "no data"],
)
def test_what_is_not_decoded_here_says_what_it_is(data: bytes, says: str) -> None:
    with pytest.raises(WavHeaderError, match=says):
        decoded(data)


@settings(max_examples=50)
@given(tail=st.binary(max_size=200))
def test_any_bytes_behind_riff_are_a_header_or_refused(tail: bytes) -> None:
    with suppress(WavHeaderError):
        header = parse_wav_header(b"RIFF\0\0\0\0WAVE" + tail)
        assert header is None or header.data_at <= 12 + len(tail)
