"""Feature rows against librosa, and the properties that make live equal offline."""

from dataclasses import dataclass

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from emostream.audio import Samples
from emostream.features import Feature, FeatureSpec, FeatureStream
from emostream_trainer.data.librosa_rows import librosa_rows
from tests.support.chunking import chunks, cuts

ALL = tuple(feature for feature in Feature if feature is not Feature.WAVEFORM)  # which stands alone
SIZES = [(2048, 512, 128), (1024, 320, 128), (512, 160, 64), (320, 160, 64), (2048, 1024, 128)]
SPECS = [FeatureSpec(features=ALL, frame_length=n, hop_length=hop, n_mels=mels) for n, hop, mels in SIZES]
SMALL = FeatureSpec(features=ALL, frame_length=400, hop_length=160, n_mels=40)
OF_THE_VOICE = msgspec.structs.replace(SMALL, high_pass_hz=20, dynamic_range_db=60)
"""A spec that leaves the recording chain out."""


def rows_of(spec: FeatureSpec, samples: Samples) -> NDArray[np.float32]:
    return FeatureStream(spec).whole(samples)


def by_feature(spec: FeatureSpec, rows: NDArray[np.float32]) -> dict[Feature, NDArray[np.float32]]:
    edges = np.cumsum([spec.width(feature) for feature in spec.features])[:-1]
    return dict(zip(spec.features, np.split(rows, edges, axis=1), strict=True))


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: f"{spec.frame_length}-{spec.hop_length}-{spec.n_mels}")
def test_rows_equal_librosas_on_real_speech(spec: FeatureSpec, recording: Samples) -> None:
    ours, theirs = by_feature(spec, rows_of(spec, recording)), by_feature(spec, librosa_rows(spec, recording))
    for feature in ALL:
        assert ours[feature].shape == theirs[feature].shape
        # Decibels and cepstra pass through zero, so 1e-4 is of the column's largest value.
        scale = np.abs(theirs[feature]).max(axis=0)
        assert np.max(np.abs(ours[feature] - theirs[feature]) / scale) < 1e-4, feature
    for feature in (Feature.CENTROID, Feature.CONTRAST, Feature.CONTRAST_MEAN):
        np.testing.assert_allclose(ours[feature], theirs[feature], rtol=1e-4, atol=0)


@pytest.mark.parametrize(
    "spec",
    [
        FeatureSpec(features=ALL, sample_rate_hz=44_100, frame_length=1102, hop_length=441, f_max_hz=22_050, n_mels=80),
        FeatureSpec(features=ALL, f_min_hz=60, f_max_hz=7_600, n_mels=80, n_mfcc=40),
        FeatureSpec(features=ALL, contrast_bands=4, contrast_f_min_hz=300, contrast_quantile=0.1),
        FeatureSpec(features=ALL, high_pass_hz=80),
        FeatureSpec(features=ALL, dynamic_range_db=40),
        FeatureSpec(features=ALL, high_pass_hz=20, dynamic_range_db=60),
    ],
    ids=["44100 Hz", "narrow mel", "other contrast", "high-pass", "dynamic range", "both"],
)
def test_every_option_means_what_it_means_in_librosa(spec: FeatureSpec, recording: Samples) -> None:
    speech = recording[16_000:64_000]
    ours, theirs = by_feature(spec, rows_of(spec, speech)), by_feature(spec, librosa_rows(spec, speech))
    for feature in ALL:
        scale = np.abs(theirs[feature]).max(axis=0)
        assert np.max(np.abs(ours[feature] - theirs[feature]) / scale) < 1e-4, feature


@pytest.mark.parametrize("features", [(feature,) for feature in ALL] + [(Feature.CONTRAST_MEAN, Feature.MFCC)])
def test_columns_stand_in_the_order_of_the_spec_and_do_not_depend_on_each_other(
    features: tuple[Feature, ...], recording: Samples
) -> None:
    speech = recording[16_000:32_000]
    everything = by_feature(SMALL, rows_of(SMALL, speech))
    rows = rows_of(msgspec.structs.replace(SMALL, features=features), speech)
    np.testing.assert_array_equal(rows, np.concatenate([everything[feature] for feature in features], axis=1))


@pytest.mark.parametrize("spec", [SMALL, SPECS[0], OF_THE_VOICE], ids=["400-160", "2048-512", "of the voice"])
@settings(max_examples=40)
@given(data=st.data())
def test_any_chunking_gives_the_same_rows_bit_for_bit(spec: FeatureSpec, data: st.DataObject) -> None:
    audio = SPEECH_LIKE[: data.draw(st.integers(0, len(SPEECH_LIKE)))]
    stream = FeatureStream(spec)
    pieces = [stream.push(piece) for piece in chunks(audio, data.draw(cuts(len(audio))))]
    rows = np.concatenate([*pieces, stream.flush()])
    assert len(rows) == spec.n_frames(len(audio))
    np.testing.assert_array_equal(rows, rows_of(spec, audio))


@pytest.mark.parametrize("offset", [0.1, -0.5])
def test_a_constant_offset_changes_nothing_behind_a_high_pass(offset: float, recording: Samples) -> None:
    speech = recording[16_000:32_000]
    clean = rows_of(OF_THE_VOICE, speech)
    np.testing.assert_allclose(rows_of(OF_THE_VOICE, speech + np.float32(offset)), clean, rtol=1e-3, atol=0.2)
    without = msgspec.structs.replace(OF_THE_VOICE, high_pass_hz=0)
    assert np.abs(rows_of(without, speech + np.float32(offset)) - rows_of(without, speech)).max() > 10


@settings(max_examples=10)
@given(band_hz=st.integers(3_000, 6_000))
def test_noise_in_an_empty_band_changes_next_to_nothing_within_a_dynamic_range(band_hz: int) -> None:
    log_mel = msgspec.structs.replace(OF_THE_VOICE, features=(Feature.LOG_MEL,))
    n = len(SPEECH_LIKE)
    spectrum = np.fft.rfft(SPEECH_LIKE)
    spectrum[round(band_hz * n / 16_000) :] = 0
    narrow = np.fft.irfft(spectrum, n).astype(np.float32)
    noise = np.random.default_rng(1).normal(0, 1e-5, n).astype(np.float32)
    loud = rows_of(log_mel, narrow).max(axis=1) > -30
    difference = np.abs(rows_of(log_mel, narrow + noise) - rows_of(log_mel, narrow))[loud]
    assert len(difference) > 20
    assert difference.max() < 2


def test_one_sample_at_a_time_gives_the_same_rows(recording: Samples) -> None:
    speech, stream = recording[16_000:20_000], FeatureStream(SMALL)
    pieces = [stream.push(speech[i : i + 1]) for i in range(len(speech))]
    assert max(len(piece) for piece in pieces) == 1
    np.testing.assert_array_equal(np.concatenate(pieces), rows_of(SMALL, speech))


@given(seen=st.integers(0, 8_000), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=20)
def test_the_future_never_changes_the_past(seen: int, seed: int) -> None:
    past = SPEECH_LIKE[:seen]
    future = np.random.default_rng(seed).uniform(-1, 1, 4_000).astype(np.float32)
    rows = rows_of(SMALL, past)
    np.testing.assert_array_equal(rows_of(SMALL, np.concatenate([past, future]))[: len(rows)], rows)


def test_a_row_depends_on_its_own_frame_alone(recording: Samples) -> None:
    rows = rows_of(SMALL, recording[:64_000])
    for i in (0, 1, 77, 200, len(rows) - 1):
        start = i * SMALL.hop_length
        frame = recording[start : start + SMALL.frame_length]
        np.testing.assert_array_equal(rows_of(SMALL, frame), rows[i : i + 1])


@pytest.mark.parametrize(("n_samples", "n_rows"), [(0, 0), (399, 0), (400, 1), (559, 1), (560, 2), (16_000, 98)])
def test_rows_are_whole_frames_only(n_samples: int, n_rows: int) -> None:
    rows = rows_of(SMALL, np.ones(n_samples, np.float32))
    assert rows.shape == (n_rows, SMALL.dim)
    assert rows.dtype == np.float32


@pytest.mark.parametrize("end", ["reset", "flush"])
@pytest.mark.parametrize("spec", [SMALL, OF_THE_VOICE], ids=["plain", "of the voice"])
def test_after_reset_or_flush_a_stream_equals_a_new_one(spec: FeatureSpec, end: str, recording: Samples) -> None:
    stream = FeatureStream(spec)
    stream.push(recording[:12_345])
    getattr(stream, end)()
    speech = recording[16_000:24_000]
    np.testing.assert_array_equal(np.concatenate([stream.push(speech), stream.flush()]), rows_of(spec, speech))


def test_a_flush_completes_no_frame_without_a_high_pass(recording: Samples) -> None:
    stream = FeatureStream(SMALL)
    stream.push(recording[:12_345])
    assert stream.flush().shape == (0, SMALL.dim)


def test_what_is_kept_between_pushes_is_less_than_a_frame_and_a_hop(recording: Samples) -> None:
    stream = FeatureStream(SMALL)
    for piece in np.split(recording[:160_000], 100):
        stream.push(piece)
        assert len(stream._kept) < SMALL.frame_length
        assert stream._kept.base is None, "a view would keep all audio alive"


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: str(spec.frame_length))
def test_extremes_give_finite_rows(spec: FeatureSpec) -> None:
    for value in (0.0, 1e-30, 1.0, -1.0, 1e6):
        rows = rows_of(spec, np.full(8_000, value, np.float32))
        assert np.isfinite(rows).all(), value
    click = np.zeros(8_000, np.float32)
    click[4_000] = 1
    assert np.isfinite(rows_of(spec, click)).all()


def test_digital_silence_is_the_floor_without_centre_or_contrast() -> None:
    silence = by_feature(SMALL, rows_of(SMALL, np.zeros(4_000, np.float32)))
    np.testing.assert_allclose(silence[Feature.LOG_MEL], -100, rtol=1e-6)
    np.testing.assert_array_equal(silence[Feature.CENTROID], 0)
    np.testing.assert_array_equal(silence[Feature.CONTRAST], 0)


def test_a_tone_has_its_centre_at_its_frequency() -> None:
    tone = np.sin(2 * np.pi * 1_000 * np.arange(16_000) / 16_000).astype(np.float32)
    assert by_feature(SMALL, rows_of(SMALL, tone))[Feature.CENTROID] == pytest.approx(1_000, rel=0.01)


@pytest.mark.parametrize("high_pass_hz", [0.0, 20.0])
def test_a_waveform_is_the_samples_themselves_however_they_come(high_pass_hz: float, recording: Samples) -> None:
    spec = FeatureSpec(features=(Feature.WAVEFORM,), frame_length=320, hop_length=320, high_pass_hz=high_pass_hz)
    assert spec.dim == 320
    speech = recording[:50_000]
    rows = rows_of(spec, speech)
    assert rows.shape == (156, 320)
    if not high_pass_hz:
        assert np.array_equal(rows.ravel(), speech[: 156 * 320])
    np.testing.assert_allclose(rows, librosa_rows(spec, speech), atol=1e-6)
    stream = FeatureStream(spec)
    pieces = [stream.push(piece) for piece in np.split(speech, [1, 319, 320, 7_000, 7_001, 33_333])]
    assert np.array_equal(np.concatenate([*pieces, stream.flush()]), rows)


@dataclass(frozen=True)
class Refusal:
    changes: dict[str, object]
    rule: str


REFUSALS = [
    Refusal({"features": ()}, "features must name"),
    Refusal({"features": (Feature.WAVEFORM, Feature.MFCC)}, "waveform must be the only feature"),
    Refusal({"features": (Feature.WAVEFORM,)}, "frame_length equal to hop_length"),
    Refusal({"features": (Feature.MFCC, Feature.MFCC)}, "each once"),
    Refusal({"sample_rate_hz": 3_999, "f_max_hz": 1_000.0}, "sample_rate_hz must be"),
    Refusal({"sample_rate_hz": 10**400}, "sample_rate_hz must be"),
    Refusal({"sample_rate_hz": -16_000}, "sample_rate_hz must be"),
    Refusal({"frame_length": 0}, "frame_length must be"),
    Refusal({"frame_length": 401}, "frame_length must be even"),
    Refusal({"frame_length": 10**400}, "frame_length must be"),
    Refusal({"hop_length": 0}, "hop_length must be"),
    Refusal({"hop_length": 2_049}, "hop_length must be"),
    Refusal({"n_mels": 0, "n_mfcc": 0}, "n_mels must be"),
    Refusal({"n_mels": 10**6}, "n_mels must be"),
    Refusal({"n_mfcc": 0}, "n_mfcc must be"),
    Refusal({"n_mfcc": 129}, "n_mfcc must be"),
    Refusal({"f_max_hz": 8_001.0}, "f_max_hz <= half"),
    Refusal({"f_min_hz": -1.0}, "0 <= f_min_hz"),
    Refusal({"f_min_hz": 8_000.0}, "f_min_hz < f_max_hz"),
    Refusal({"f_max_hz": float("nan")}, "f_max_hz"),
    Refusal({"f_max_hz": float("inf")}, "f_max_hz"),
    Refusal({"contrast_bands": 7}, "top contrast octave"),
    Refusal({"contrast_bands": 0}, "contrast_bands must be"),
    Refusal({"contrast_bands": 10**400}, "contrast_bands must be"),
    Refusal({"contrast_f_min_hz": 0.0}, "contrast"),
    Refusal({"contrast_f_min_hz": float("nan")}, "contrast"),
    # At 64 samples a bin is 250 Hz wide and the lowest contrast band, 0 to 200 Hz, would hold nothing.
    Refusal({"frame_length": 64, "hop_length": 32}, "contrast_f_min_hz must be at least one FFT bin"),
    Refusal({"contrast_quantile": 0.0}, "contrast_quantile"),
    Refusal({"contrast_quantile": 1.0}, "contrast_quantile"),
]


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: f"{refusal.changes}"[:50])
def test_a_spec_refuses_numbers_that_make_no_row(refusal: Refusal) -> None:
    with pytest.raises(ValueError, match="feature spec cannot be built") as caught:
        FeatureSpec(**{"features": ALL, **refusal.changes})
    assert refusal.rule in str(caught.value)
    assert "\n" not in str(caught.value)


@given(
    frame_length=st.integers(8, 200).map(lambda n: 2 * n),
    n_mels=st.integers(1, 200),
    contrast_bands=st.integers(1, 6),
    contrast_f_min_hz=st.floats(20, 2_000),
    contrast_quantile=st.floats(0.001, 0.999),
    f_min_hz=st.floats(0, 4_000),
)
@settings(max_examples=60)
def test_a_spec_that_is_not_refused_makes_finite_rows(**numbers: float) -> None:
    try:
        spec = FeatureSpec(features=ALL, hop_length=16, n_mfcc=1, **numbers)
    except ValueError:
        return
    rows = rows_of(spec, SPEECH_LIKE[:1_000])
    assert rows.shape[1] == spec.dim
    assert np.isfinite(rows).all()


def test_the_fingerprint_differs_when_any_field_does() -> None:
    changes: dict[str, object] = {
        "features": (Feature.MFCC,),
        "sample_rate_hz": 22_050,
        "frame_length": 1024,
        "hop_length": 256,
        "n_mels": 64,
        "f_min_hz": 20.0,
        "f_max_hz": 7_000.0,
        "n_mfcc": 13,
        "contrast_bands": 5,
        "contrast_f_min_hz": 150.0,
        "contrast_quantile": 0.05,
        "high_pass_hz": 20.0,
        "dynamic_range_db": 60.0,
    }
    spec = FeatureSpec(features=ALL)
    assert set(changes) == set(spec.__struct_fields__)
    changed = [msgspec.structs.replace(spec, **{name: value}) for name, value in changes.items()]
    reordered = FeatureSpec(features=ALL[::-1])
    assert len({s.fingerprint() for s in [spec, reordered, *changed]}) == len(changes) + 2
    assert FeatureSpec(features=ALL).fingerprint() == spec.fingerprint()


def test_a_spec_survives_json_and_a_numbers_spelling_does_not_change_its_fingerprint() -> None:
    again = msgspec.json.decode(msgspec.json.encode(SMALL), type=FeatureSpec)
    assert again == SMALL
    assert again.fingerprint() == SMALL.fingerprint()
    whole = msgspec.json.decode(b'{"features": ["mfcc"], "f_max_hz": 8000}', type=FeatureSpec)
    assert whole.fingerprint() == FeatureSpec(features=(Feature.MFCC,)).fingerprint()


def speech_like(n_samples: int) -> Samples:
    """Noise and a gliding tone in bursts, with digital silence between them."""
    rng, t = np.random.default_rng(7), np.arange(n_samples) / 16_000
    sound = rng.normal(0, 0.05, n_samples) + 0.5 * np.sin(2 * np.pi * (200 + 900 * t) * t)
    return (sound * (np.sin(2 * np.pi * 3 * t) > 0)).astype(np.float32)


SPEECH_LIKE = speech_like(24_000)
