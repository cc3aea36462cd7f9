"""Each disturbance does what its name says, at the rate that it comes at, and the same each time."""

import pickle

import numpy as np
import pytest

from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.registry import read_corpus
from emostream_trainer.data.feature_cache import read_audio
from emostream_trainer.evaluation.disturbance import (
    HEADSET,
    OFFSET,
    QUIET,
    ROOM,
    TELEPHONE,
    WHITE,
    Recorded,
    disturbance_for,
)
from emostream_trainer.evaluation.noise import BABBLE, CAFE, Noise
from tests.support.small_corpora import clips_tsv

RATE_HZ = 16_000
KINDS = (TELEPHONE, HEADSET, OFFSET, QUIET, WHITE, BABBLE, CAFE, ROOM)
NOISE = np.random.default_rng(5).normal(0, 0.05, RATE_HZ).astype(np.float32)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> tuple[Clip, ...]:
    return read_corpus(clips_tsv(tmp_path_factory.mktemp("corpus"), speakers=2, clips=1)).clips


def _rms(audio: np.ndarray) -> float:
    return float(np.sqrt(np.mean(audio.astype(np.float64) ** 2)))


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_the_same_each_time_and_in_another_process(kind: str, clips: tuple[Clip, ...]) -> None:
    audio = read_audio(clips[0].path, RATE_HZ)
    disturbance = disturbance_for(clips[0], clips, kind)
    block = disturbance.apply(audio)
    again = pickle.loads(pickle.dumps(disturbance)).apply(audio)
    assert block.samples.dtype == np.float32
    assert np.array_equal(block.samples, again.samples)
    assert not np.array_equal(block.samples, audio)
    assert len(block.samples) / block.sample_rate_hz == pytest.approx(len(audio) / RATE_HZ, abs=1e-3)
    assert disturbance != disturbance_for(clips[1], clips, kind)


def test_voices_of_others_are_noise_at_10_db(clips: tuple[Clip, ...]) -> None:
    for kind in (BABBLE, CAFE):
        noise = disturbance_for(clips[0], clips, kind)
        assert isinstance(noise, Noise)
        assert (noise.kind, noise.snr_db) == (kind, 10)


@pytest.mark.parametrize("kind", [TELEPHONE, HEADSET])
def test_calls_are_narrow_and_of_their_level(kind: str) -> None:
    block = Recorded(kind, 0).apply(NOISE)
    assert block.sample_rate_hz == 8_000
    power = np.abs(np.fft.rfft(block.samples * np.blackman(len(block.samples)))) ** 2
    assert 10 * np.log10(power[400:3_300].mean() / power[:280].mean()) > 10
    in_band = np.sqrt((3_400 - 300) / 8_000)
    assert _rms(block.samples) == pytest.approx(in_band * _rms(NOISE), rel=0.1)


def test_an_offset_is_added() -> None:
    assert np.allclose(Recorded(OFFSET, 0).apply(NOISE).samples - NOISE, 0.05, atol=1e-6)


def test_30_db_lower_is_in_steps_of_16_bits() -> None:
    quiet = Recorded(QUIET, 0).apply(NOISE).samples
    assert 20 * np.log10(_rms(NOISE) / _rms(quiet)) == pytest.approx(30, abs=0.05)
    assert np.array_equal(quiet * 32_768, np.round(quiet * 32_768))


def test_white_noise_is_20_db_below_and_white() -> None:
    tone = np.sin(np.arange(RATE_HZ) / 5).astype(np.float32)
    added = Recorded(WHITE, 0).apply(tone).samples - tone
    assert 20 * np.log10(_rms(tone) / _rms(added)) == pytest.approx(20, abs=0.05)
    power = np.abs(np.fft.rfft(added)) ** 2
    assert power[:4_000].mean() == pytest.approx(power[4_000:].mean(), rel=0.1)


def test_a_room_rings_for_half_a_second() -> None:
    click = np.zeros(RATE_HZ, np.float32)
    click[1_000] = 1
    heard = Recorded(ROOM, 0).apply(click).samples
    assert np.abs(heard).argmax() == 1_000
    assert _rms(heard[1_100:2_100]) > 30 * _rms(heard[8_000:9_000])


def test_silence_stays_finite(clips: tuple[Clip, ...]) -> None:
    for kind in KINDS:
        assert np.isfinite(disturbance_for(clips[0], clips, kind).apply(np.zeros(1_000, np.float32)).samples).all()
