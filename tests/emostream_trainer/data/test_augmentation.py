"""Augmentation does what was asked, as measured on the audio, and breaks on no audio at all."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emostream.audio import Samples
from emostream_trainer.data.augmentation import (
    OTHER_SPEED,
    Augmentation,
    at_level,
    at_snr,
    augment,
    coloured_noise,
    speed_perturb,
)

RATE_HZ = 16_000
NOTHING = Augmentation(
    room_p=0,
    microphone_p=0,
    noise_p=0,
    padding_p=0,
    saturation_p=0,
    telephone_p=0,
    band_p=0,
    codec_p=0,
    level_dbfs=(-20, -20),
    offset_p=0,
)
EVERYTHING = replace(
    Augmentation(),
    room_p=1,
    microphone_p=1,
    noise_p=1,
    padding_p=1,
    saturation_p=1,
    telephone_p=0.4,
    band_p=0.3,
    codec_p=0.3,
    offset_p=1,
)
NO_BABBLE = np.zeros(0, np.float32)


def _tone(hz: float, seconds: float = 1.0, level: float = 0.1) -> Samples:
    return (level * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE_HZ)) / RATE_HZ)).astype(np.float32)


def _rms_db(audio: Samples) -> float:
    return float(10 * np.log10(np.mean(audio.astype(np.float64) ** 2)))


def _amount(audio: Samples, hz: float) -> float:
    """The amplitude of a tone within the audio."""
    turns = np.exp(-2j * np.pi * hz * np.arange(len(audio)) / RATE_HZ)
    return float(2 * np.abs(np.mean(audio * turns)))


@pytest.mark.parametrize("snr_db", [-5.0, 0.0, 12.5, 30.0])
def test_noise_is_as_far_below_speech_as_asked(snr_db: float) -> None:
    speech, noise = _tone(300), np.random.default_rng(0).normal(0, 3, RATE_HZ).astype(np.float32)
    added = at_snr(speech, noise, snr_db) - speech
    assert _rms_db(speech) - _rms_db(added) == pytest.approx(snr_db, abs=0.01)
    assert np.corrcoef(added, noise)[0, 1] > 0.999


def test_silent_noise_and_silent_speech_change_nothing() -> None:
    speech, silence = _tone(300), np.zeros(RATE_HZ, np.float32)
    assert np.array_equal(at_snr(speech, silence, 10), speech)
    assert not at_snr(silence, speech, 10).any()


@pytest.mark.parametrize("level_dbfs", [-60.0, -20.0, -6.0])
def test_the_level_is_as_asked(level_dbfs: float) -> None:
    assert _rms_db(at_level(_tone(300), level_dbfs)) == pytest.approx(level_dbfs, abs=0.01)


def test_what_would_pass_full_scale_is_clipped() -> None:
    loud = at_level(_tone(300), 0.0)
    assert loud.max() == 1.0
    assert loud.min() == -1.0


def test_silence_has_no_level_to_be_brought_to() -> None:
    assert not at_level(np.zeros(100, np.float32), -20).any()
    assert len(at_level(NO_BABBLE, -20)) == 0


@pytest.mark.parametrize("seed", range(5))
def test_coloured_noise_never_rises_with_frequency(seed: int) -> None:
    noise = coloured_noise(8 * RATE_HZ, np.random.default_rng(seed))
    power = np.abs(np.fft.rfft(noise)) ** 2
    octaves = [power[start : 2 * start].mean() for start in (500, 2_000, 8_000, 32_000)]
    assert all(low > 0.9 * high for low, high in pairwise(octaves))


def test_nothing_asked_is_the_clip_at_its_new_level() -> None:
    clip = _tone(300)
    changed = augment(clip, NO_BABBLE, NOTHING, np.random.default_rng(0))
    assert changed.dtype == np.float32
    assert np.allclose(changed, at_level(clip, -20))


def test_the_same_generator_gives_the_same_version_and_another_another() -> None:
    clip, babble = _tone(300), coloured_noise(3 * RATE_HZ, np.random.default_rng(9))
    one, same, other = (augment(clip, babble, EVERYTHING, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one[:1000], other[:1000])


@pytest.mark.parametrize("seed", range(5))
def test_room_noise_and_microphone_keep_the_length(seed: int) -> None:
    config = replace(EVERYTHING, padding_p=0)
    clip = _tone(300, seconds=0.777)
    assert len(augment(clip, _tone(700), config, np.random.default_rng(seed))) == len(clip)


def _pitch_hz(audio: Samples) -> float:
    """The frequency of a tone, away from the edges."""
    middle = audio[4_000:-4_000] * np.hanning(len(audio) - 8_000)
    return float(np.fft.rfftfreq(1 << 18, 1 / RATE_HZ)[np.abs(np.fft.rfft(middle, 1 << 18)).argmax()])


@settings(max_examples=30)
@given(speaker=st.text())
def test_a_speed_perturbed_clip_is_faster_and_higher_or_slower_and_lower(speaker: str) -> None:
    changed = speed_perturb(_tone(300, seconds=2), speaker)
    assert changed.dtype == np.float32
    factor = 2 * RATE_HZ / len(changed)
    assert OTHER_SPEED[0] - 1e-3 <= abs(factor - 1) <= OTHER_SPEED[1] + 1e-3
    assert _pitch_hz(changed) == pytest.approx(300 * factor, rel=0.002)
    assert _rms_db(changed[4_000:-4_000]) == pytest.approx(_rms_db(_tone(300)), abs=0.1)


def test_speed_perturbation_is_one_and_the_same_for_all_clips_of_a_speaker() -> None:
    for speaker in ("crema-1001", "nemo-SM0"):
        short, long = speed_perturb(_tone(300, seconds=2), speaker), speed_perturb(_tone(200, seconds=3), speaker)
        assert len(long) == pytest.approx(1.5 * len(short), abs=2)
        assert _pitch_hz(long) == pytest.approx(_pitch_hz(short) * 2 / 3, rel=0.002)


def test_the_other_voices_of_speakers_differ_and_some_are_higher_and_some_lower() -> None:
    lengths = {len(speed_perturb(_tone(300), f"made-{number}")) for number in range(40)}
    assert len(lengths) > 30
    assert sum(length < RATE_HZ for length in lengths) > 10
    assert sum(length > RATE_HZ for length in lengths) > 10


@given(length=st.integers(1, 300), speaker=st.text(max_size=3))
def test_a_speed_perturbed_clip_of_next_to_nothing_can_still_be_disturbed(length: int, speaker: str) -> None:
    voice = speed_perturb(np.full(length, 0.1, np.float32), speaker)
    changed = augment(voice, NO_BABBLE, EVERYTHING, np.random.default_rng(length))
    assert np.isfinite(voice).all()
    assert np.isfinite(changed).all()


def test_padding_is_silence_on_both_sides() -> None:
    config = replace(NOTHING, padding_p=1, padding_s=(0.1, 0.7))
    clip = _tone(300) + np.float32(0.5)
    changed = augment(clip, NO_BABBLE, config, np.random.default_rng(0))
    heard = np.flatnonzero(changed)
    before, after = heard[0], len(changed) - 1 - heard[-1]
    assert len(changed) == len(clip) + before + after
    assert 0.1 * RATE_HZ - 1 <= min(before, after) <= max(before, after) <= 0.7 * RATE_HZ
    assert np.corrcoef(changed[before : len(changed) - after], clip)[0, 1] > 0.999


def test_babble_is_mixed_in_at_the_ratio_drawn() -> None:
    config = replace(NOTHING, noise_p=1, babble_share=1, snr_db=(6, 6))
    changed = augment(_tone(300), _tone(1_000, seconds=0.25), config, np.random.default_rng(0))
    assert 20 * np.log10(_amount(changed, 300) / _amount(changed, 1_000)) == pytest.approx(6, abs=0.1)


def test_a_room_rings_on_after_the_sound_and_not_before_it() -> None:
    config = replace(NOTHING, room_p=1, reverberation_s=(0.3, 0.3))
    clip = np.zeros(RATE_HZ, np.float32)
    clip[4_000] = 1.0
    changed = augment(clip, NO_BABBLE, config, np.random.default_rng(0))
    changed = changed / changed[4_000]
    assert np.abs(changed[:4_000]).max() < 1e-5
    assert np.abs(changed[4_001:8_000]).max() > 1e-3
    early, late = changed[4_001:5_000], changed[7_800:8_800]
    assert _rms_db(early) - _rms_db(late) > 40


def test_a_microphone_takes_off_what_is_too_low_and_too_high() -> None:
    config = replace(
        NOTHING, microphone_p=1, microphone_gain_db=0.0, high_pass_hz=(250, 250), low_pass_hz=(3_400, 3_400)
    )
    clip = _tone(60) + _tone(1_000) + _tone(7_000)
    changed = augment(clip, NO_BABBLE, config, np.random.default_rng(0))
    low, middle, high = (_amount(changed, hz) for hz in (60, 1_000, 7_000))
    assert 20 * np.log10(middle / low) > 40
    assert 20 * np.log10(middle / high) > 20


def _line(seed: int, **changes: float) -> Samples:
    """White noise through a line that is drawn for sure."""
    noise = np.random.default_rng(7).normal(0, 0.1, 2 * RATE_HZ).astype(np.float32)
    return augment(noise, NO_BABBLE, replace(NOTHING, **changes), np.random.default_rng(seed))


def _band_db(audio: Samples, from_hz: int, to_hz: int) -> float:
    spectrum = np.abs(np.fft.rfft(audio * np.blackman(len(audio)))) ** 2
    resolution_hz = RATE_HZ / len(audio)
    return float(10 * np.log10(spectrum[round(from_hz / resolution_hz) : round(to_hz / resolution_hz)].mean()))


@pytest.mark.parametrize("seed", range(8))
def test_a_telephone_is_of_its_band_whatever_its_codec(seed: int) -> None:
    heard = _line(seed, telephone_p=1)
    assert len(heard) == 2 * RATE_HZ
    assert _rms_db(heard) == pytest.approx(-20, abs=0.5)
    assert _band_db(heard, 400, 3_300) - _band_db(heard, 0, 280) > 12
    assert _band_db(heard, 400, 3_300) - _band_db(heard, 4_200, 8_000) > 60


@pytest.mark.parametrize("seed", range(8))
def test_a_band_has_walls_where_it_was_drawn(seed: int) -> None:
    heard = _line(seed, band_p=1)
    assert _band_db(heard, 400, 3_300) - _band_db(heard, 7_100, 8_000) > 60
    assert _band_db(heard, 400, 3_300) - _band_db(heard, 0, 15) > 60


def test_codecs_of_files_are_drawn_and_keep_the_sound() -> None:
    made = {_line(seed, codec_p=1).tobytes() for seed in range(12)}
    assert len(made) == 3, "each of the three"
    assert all(_rms_db(np.frombuffer(each, np.float32)) == pytest.approx(-20, abs=0.5) for each in made)


def test_a_driven_clip_has_its_peaks_cut_off() -> None:
    clip = np.random.default_rng(7).normal(0, 0.1, RATE_HZ).astype(np.float32)
    for seed in range(4):
        driven = augment(clip, NO_BABBLE, replace(NOTHING, saturation_p=1), np.random.default_rng(seed))
        crest = np.abs(driven).max() / np.sqrt(np.mean(driven**2))
        assert crest < 0.8 * np.abs(clip).max() / np.sqrt(np.mean(clip**2))


def test_offsets_of_both_signs_are_drawn_within_their_range() -> None:
    config = replace(NOTHING, offset_p=1)
    means = [augment(_tone(300), NO_BABBLE, config, np.random.default_rng(seed)).mean() for seed in range(20)]
    assert min(means) < 0 < max(means)
    assert all(0.0019 < abs(mean) < 0.101 for mean in means)


@settings(max_examples=60, deadline=None)
@given(
    length=st.integers(1, 3_000),
    babble=st.integers(0, 3_000),
    silent=st.booleans(),
    babble_share=st.sampled_from([0.0, 1.0]),
    seed=st.integers(0, 10_000),
)
def test_short_and_silent_clips_stay_finite(
    length: int, babble: int, silent: bool, babble_share: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    clip = np.zeros(length, np.float32) if silent else rng.normal(0, 0.1, length).astype(np.float32)
    noise = rng.normal(0, 0.1, babble).astype(np.float32)
    for config in (EVERYTHING, replace(EVERYTHING, padding_p=0)):
        changed = augment(clip, noise, replace(config, babble_share=babble_share), rng)
        assert np.isfinite(changed).all()
        assert np.abs(changed).max(initial=0) <= 1
