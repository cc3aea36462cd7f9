"""Noise behind clips: of other people, as loud as asked for, and always the same."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.registry import read_corpus
from emostream_trainer.data.feature_cache import read_audio
from emostream_trainer.data.sampling import stable_hash
from emostream_trainer.evaluation.noise import BABBLE, CAFE, KINDS, VOICES, noise_for
from tests.support.small_corpora import SAMPLE_RATE_HZ, clips_tsv
from tests.support.tiny_training import made_up_clips


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> tuple[Clip, ...]:
    return read_corpus(clips_tsv(tmp_path_factory.mktemp("corpus"), speakers=3, clips=1)).clips


@pytest.mark.parametrize("kind", KINDS)
def test_voices_are_of_others_and_each_of_another_one(kind: str) -> None:
    many = made_up_clips(["sad"] * 60, speakers=20)
    of_path = {clip.path: clip.speaker for clip in many}
    noise = noise_for(many[0], many, kind, 10)
    speakers = {of_path[path] for path in noise.voices}
    assert many[0].speaker not in speakers
    assert len(speakers) == len(noise.voices) == VOICES[kind]


def test_with_few_people_they_speak_twice(clips: tuple[Clip, ...]) -> None:
    of_path = {clip.path: clip.speaker for clip in clips}
    noise = noise_for(clips[0], clips, BABBLE, 10)
    assert sorted(of_path[path] for path in noise.voices) == ["made-1", "made-1", "made-2", "made-2"]


def test_nobody_else_is_refused(clips: tuple[Clip, ...]) -> None:
    with pytest.raises(ValueError, match="no other speaker than made-0"):
        noise_for(clips[0], [clip for clip in clips if clip.speaker == "made-0"], BABBLE, 10)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("snr_db", [20, 0])
def test_it_is_as_loud_as_asked_for(kind: str, snr_db: float, clips: tuple[Clip, ...]) -> None:
    audio = 0.1 * read_audio(clips[0].path, SAMPLE_RATE_HZ)
    added = noise_for(clips[0], clips, kind, snr_db).apply(audio).samples - audio
    ratio_db = 10 * np.log10(np.mean(audio**2) / np.mean(added**2))
    assert ratio_db == pytest.approx(snr_db, abs=0.1)


def test_it_never_passes_full_scale(clips: tuple[Clip, ...]) -> None:
    audio = read_audio(clips[0].path, SAMPLE_RATE_HZ)
    loud = audio / np.abs(audio).max()
    mixed = noise_for(clips[0], clips, CAFE, 0).apply(loud).samples
    assert mixed.dtype == np.float32
    assert mixed.shape == loud.shape
    assert np.abs(mixed).max() == pytest.approx(1.0)


def test_the_same_clip_has_the_same_noise_at_every_ratio_and_another_clip_another(clips: tuple[Clip, ...]) -> None:
    audio = 0.1 * read_audio(clips[0].path, SAMPLE_RATE_HZ)
    quiet, loud = (noise_for(clips[0], clips, CAFE, snr_db).apply(audio).samples - audio for snr_db in (20, 0))
    assert np.allclose(10 * quiet, loud, atol=1e-5)
    again = noise_for(clips[0], clips, CAFE, 0).apply(audio).samples - audio
    assert np.array_equal(loud, again)
    assert noise_for(clips[0], clips, CAFE, 0).seed != noise_for(clips[1], clips, CAFE, 0).seed


def test_a_clips_number_does_not_hang_on_where_it_lies(clips: tuple[Clip, ...]) -> None:
    moved = replace(clips[0], path=Path("/elsewhere") / f"{clips[0].path.stem}.flac")
    assert stable_hash(moved, "sample") == stable_hash(clips[0], "sample")
    assert stable_hash(clips[0], "sample") != stable_hash(clips[0], "babble")


def test_noise_behind_silence_is_silent_too(clips: tuple[Clip, ...]) -> None:
    silent = np.zeros(1000, np.float32)
    assert np.array_equal(noise_for(clips[0], clips, BABBLE, 10).apply(silent).samples, silent)
