"""Enrolments by moods that go wrong: whose clips they are of, and what happened to them."""

from pathlib import Path

import numpy as np
import pytest

from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.labels import FOUR
from emostream_trainer.evaluation.enrolment import Enrolment, mood_enrolments
from emostream_trainer.evaluation.noise import BABBLE, Noise
from emostream_trainer.evaluation.wrong_moods import NOISY_SNR_DB, Silence, enrolments_gone_wrong
from tests.support.tiny_training import made_up_clips

MOODS = ["neutral", "sad", "angry", "happy"]
ANOTHERS, ONE_MOOD, NOISY, SILENT = ("another speaker's", "one mood alone", "behind babble, 0 dB", "silence")


@pytest.fixture(scope="module")
def clips() -> list[Clip]:
    """Three speakers of one corpus with three clips of each mood, and one alone in another."""
    return [*made_up_clips(MOODS * 3 * 3, 3), *made_up_clips(MOODS * 3, 1, "other")]


@pytest.fixture(scope="module")
def own(clips: list[Clip]) -> dict[str, Enrolment]:
    return mood_enrolments(clips, FOUR, 2)


@pytest.fixture(scope="module")
def wrong(own: dict[str, Enrolment], clips: list[Clip]) -> dict[str, dict[str, Enrolment]]:
    return enrolments_gone_wrong(own, clips)


def test_another_speaker_is_of_the_same_corpus(
    wrong: dict[str, dict[str, Enrolment]], own: dict[str, Enrolment]
) -> None:
    assert set(own) == {"made-0", "made-1", "made-2", "other-0"}
    assert {speaker: each.speaker for speaker, each in wrong[ANOTHERS].items()} == {
        "made-0": "made-1",
        "made-1": "made-2",
        "made-2": "made-0",
    }
    assert wrong[ANOTHERS]["made-0"] == own["made-1"]


def test_one_mood_is_another_for_each_speaker(
    wrong: dict[str, dict[str, Enrolment]], own: dict[str, Enrolment], clips: list[Clip]
) -> None:
    emotions = {clip.path: clip.emotion for clip in clips}
    assert {each.moods for each in wrong[ONE_MOOD].values()} == {(label, label) for label in FOUR.labels}
    for speaker, each in wrong[ONE_MOOD].items():
        assert set(each.clips) < set(own[speaker].clips)
        assert tuple(emotions[path] for path in each.clips) == each.moods


def test_in_noise_others_are_heard_as_loud(
    wrong: dict[str, dict[str, Enrolment]], own: dict[str, Enrolment], clips: list[Clip]
) -> None:
    speakers: dict[Path, str] = {clip.path: clip.speaker for clip in clips}
    for speaker, each in wrong[NOISY].items():
        assert (each.clips, each.moods) == (own[speaker].clips, own[speaker].moods)
        assert len(each.disturbances) == len(each.clips)
        for noise in each.disturbances:
            assert isinstance(noise, Noise)
            assert (noise.kind, noise.snr_db) == (BABBLE, NOISY_SNR_DB)
            assert speaker not in {speakers[path] for path in noise.voices}


def test_silence_is_as_long_as_the_clip(wrong: dict[str, dict[str, Enrolment]]) -> None:
    for each in wrong[SILENT].values():
        assert each.disturbances == (Silence(),) * len(each.clips)
    block = Silence().apply(np.ones(100, np.float32))
    assert block.samples.shape == (100,)
    assert not block.samples.any()


def test_who_is_alone_has_nobody_to_be_heard_behind() -> None:
    clips = made_up_clips(MOODS * 2, 1)
    wrong = enrolments_gone_wrong(mood_enrolments(clips, FOUR, 1), clips)
    assert wrong[ANOTHERS] == wrong[NOISY] == {}
    assert wrong[ONE_MOOD].keys() == wrong[SILENT].keys() == {"made-0"}
