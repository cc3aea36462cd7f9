"""Levels, clipping and the constant part are measured as they are."""

import numpy as np
import pytest

from emostream.audio import Samples
from emostream.doctor.analysis import analyse
from emostream.doctor.finding import Verdict
from emostream.doctor.level import check_clipping, check_level, check_offset, check_speech
from emostream.inference.vad import VoiceActivityModel
from tests.support.microphones import HZ, clipped


def test_the_level_of_speech_follows_the_gain(recording: Samples, vad_model: VoiceActivityModel) -> None:
    levels = [
        check_level(analyse(recording * np.float32(10 ** (gain_db / 20)), HZ, vad_model)).values["speech_dbfs"]
        for gain_db in (0, -20, -50)
    ]
    assert levels[0] - levels[1] == pytest.approx(20, abs=0.2)
    assert levels[0] - levels[2] == pytest.approx(50, abs=0.5)


def test_natural_waves_have_no_flat_tops(recording: Samples) -> None:
    assert check_clipping(recording).values["flat_tops"] == 0


@pytest.mark.parametrize("times", [1.5, 2.0, 4.0])
@pytest.mark.parametrize("gain", [1.0, 0.1])
def test_clipping_is_found_whatever_the_gain_behind_it(recording: Samples, times: float, gain: float) -> None:
    finding = check_clipping(clipped(recording, times) * np.float32(gain))
    assert finding.verdict is Verdict.PROBLEM
    assert finding.values["peak_dbfs"] == pytest.approx(20 * np.log10(gain), abs=0.01)


def test_one_side_that_is_cut_off_is_enough(recording: Samples) -> None:
    assert check_clipping(np.minimum(recording, 0.4 * recording.max())).verdict is Verdict.PROBLEM


@pytest.mark.parametrize("offset", [-0.05, 0.02])
def test_the_offset_is_measured_beside_speech(recording: Samples, vad_model: VoiceActivityModel, offset: float) -> None:
    finding = check_offset(analyse(recording * 0.5 + np.float32(offset), HZ, vad_model))
    assert finding.verdict is Verdict.WARNING
    assert finding.values["offset"] == pytest.approx(offset, abs=0.001)


def test_a_little_speech_is_not_called_a_wrong_microphone(recording: Samples, vad_model: VoiceActivityModel) -> None:
    word = recording[: round(1.6 * HZ)]
    assert check_speech(analyse(word, HZ, vad_model)).verdict is Verdict.UNKNOWN
    assert check_speech(analyse(word[: round(0.8 * HZ)], HZ, vad_model)).verdict is Verdict.PROBLEM
