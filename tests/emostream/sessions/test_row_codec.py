"""Rows as bytes and back: what is lost is the rounding, and nothing else."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from emostream.audio import Samples
from emostream.features import Feature, FeatureSpec, FeatureStream
from emostream.sessions.row_codec import ROUNDING, can_be_kept, decode_rows, encode_rows
from tests.support.tiny_models import MEL_SPEC, MFCC_SPEC

TWO_BANDS = FeatureSpec(features=(Feature.LOG_MEL,), frame_length=512, hop_length=160, n_mels=2, n_mfcc=2)


@pytest.mark.parametrize("spec", [MEL_SPEC, MFCC_SPEC], ids=["mel", "mfcc"])
def test_rows_of_speech_come_back_rounded(spec: FeatureSpec, recording: Samples) -> None:
    rows = FeatureStream(spec).whole(recording)
    coded = encode_rows(rows, spec)
    back = decode_rows(coded, spec)
    units = np.concatenate([np.full(spec.width(feature), ROUNDING[feature]) for feature in spec.features])
    assert back.dtype == np.float32
    assert (np.abs(back - rows) <= units / 2 + 1e-3).all()
    assert np.array_equal(back, decode_rows(encode_rows(back, spec), spec))


def test_a_row_takes_a_fraction_of_what_it_does_in_float16(recording: Samples) -> None:
    rows = FeatureStream(MEL_SPEC).whole(recording)
    coded = encode_rows(rows, MEL_SPEC)
    assert (len(coded.low) + len(coded.high)) / rows.size < 0.4  # bytes a value


@given(
    arrays(
        np.float32,
        st.tuples(st.integers(0, 12), st.just(2)),
        elements=st.floats(-1e6, 1e6, width=32).map(lambda value: np.float32(round(value / 2.5) * 2.5)),
    )
)
def test_any_levels_come_back_up_to_the_highest(rows: np.ndarray) -> None:
    highest = np.float32(2.5 * (2**14 - 1))
    assert np.array_equal(decode_rows(encode_rows(rows, TWO_BANDS), TWO_BANDS), np.clip(rows, -highest, highest))


def test_damaged_rows_are_refused() -> None:
    coded = encode_rows(np.full((3, 2), -50, np.float32), TWO_BANDS)
    with pytest.raises(ValueError, match="expected 4 rows of 2 columns, got 6 and 6 bytes"):
        decode_rows(msgspec.structs.replace(coded, count=4), TWO_BANDS)
    with pytest.raises(ValueError, match="incomplete or truncated stream"):
        decode_rows(msgspec.structs.replace(coded, low=coded.low[:-2]), TWO_BANDS)


def test_samples_themselves_are_no_rows_to_keep() -> None:
    sound = FeatureSpec(features=(Feature.WAVEFORM,), frame_length=384, hop_length=384)
    assert can_be_kept(MEL_SPEC)
    assert not can_be_kept(sound)
    assert {*ROUNDING, Feature.WAVEFORM} == set(Feature)
