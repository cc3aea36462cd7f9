"""Bytes and arrays as samples: any split gives the same, and what is no PCM is refused by name."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emostream.pcm import ENCODINGS, NotFiniteError, OutOfRangeError, PcmDecoder, mono_samples

TONE = np.sin(np.arange(1000) / 7).astype(np.float32) / 2


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(ends=st.lists(st.integers(0, 4000), max_size=20))
def test_any_split_of_the_bytes_gives_the_same_samples(encoding: str, ends: list[int]) -> None:
    data = (TONE * 32768).astype("<i2").tobytes() if encoding == "s16le" else TONE.astype("<f4").tobytes()
    decoder = PcmDecoder(encoding)
    cuts = [0, *sorted(end % (len(data) + 1) for end in ends), len(data)]
    pieces = [decoder.push(data[start:end]) for start, end in pairwise(cuts)]
    assert decoder.flush() == 0
    np.testing.assert_array_equal(np.concatenate(pieces), PcmDecoder(encoding).push(data))


def test_half_a_sample_is_counted_and_forgotten() -> None:
    decoder = PcmDecoder("f32le")
    assert len(decoder.push(b"\0" * 7)) == 1
    assert decoder.flush() == 3
    np.testing.assert_array_equal(decoder.push(np.float32(0.5).tobytes()), [0.5])


def test_full_scale_is_one() -> None:
    np.testing.assert_array_equal(PcmDecoder("s16le").push(b"\x00\x80\x00\x40"), np.float32([-1, 0.5]))


def test_nan_is_no_sample() -> None:
    with pytest.raises(NotFiniteError):
        PcmDecoder("f32le").push(np.float32("nan").tobytes())


def test_arrays_in_every_form_that_is_allowed() -> None:
    np.testing.assert_array_equal(mono_samples(TONE), TONE)
    np.testing.assert_array_equal(mono_samples(np.int16([-32768, 16384])), np.float32([-1, 0.5]))
    np.testing.assert_array_equal(mono_samples(np.float32([[1, 0], [0.5, 0.25]])), np.float32([0.5, 0.375]))
    np.testing.assert_array_equal(mono_samples(np.int16([[16384, 0]])), np.float32([0.25]))
    assert mono_samples(np.zeros((0, 2), np.int16)).shape == (0,)


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        (TONE.astype(np.float64), "float64, expected float32 in [-1, 1] or int16"),
        (TONE.astype(np.float16), "float16"),
        (TONE.astype(">f4"), ">f4"),
        (np.zeros(4, np.int32), "scale it to [-1, 1]"),
        (np.zeros(4, np.uint8), "uint8"),
        (np.zeros(4, np.complex64), "complex64"),
        (np.zeros(4, object), "object"),
        (TONE.tobytes(), "got bytes"),
        ([0.1, 0.2], "got list"),
        (None, "got NoneType"),
    ],
)
def test_another_type_is_a_type_error_that_says_so(samples: object, words: str) -> None:
    with pytest.raises(TypeError) as error:
        mono_samples(samples)
    assert words in str(error.value)


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros((2, 1000), np.float32),
        np.zeros((3, 0), np.float32),
        np.zeros((2, 2, 2), np.int16),
        np.array(0.5, np.float32),
        np.float32([0, np.inf]),
    ],
    ids=["channels first", "no channel", "three axes", "a number", "infinity"],
)
def test_another_shape_and_infinity_are_value_errors(samples: object) -> None:
    with pytest.raises(ValueError, match="expected"):
        mono_samples(samples)


@pytest.mark.parametrize("channels", [1, 2])
def test_integers_as_floats_are_refused_in_arrays_too(channels: int) -> None:
    samples = np.full((160, channels), -12_345, np.float32)
    with pytest.raises(OutOfRangeError, match=r"go up to 12345: expected \[-1, 1\]; divide int16 by 32768"):
        mono_samples(samples)


def test_a_hot_recording_is_taken() -> None:
    assert mono_samples(np.float32([1.5, -2.0])).tolist() == [1.5, -2.0]
