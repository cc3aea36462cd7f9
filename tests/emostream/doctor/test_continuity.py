"""Dropouts: holes in words are found wherever they are, the pauses of speech are none."""

import numpy as np
import pytest

from emostream.audio import Samples
from emostream.doctor.analysis import analyse
from emostream.doctor.continuity import check_dropouts, silent_holes
from emostream.doctor.finding import Verdict
from emostream.doctor.recording import Recording
from emostream.inference.vad import VoiceActivityModel
from tests.support.microphones import HZ


def in_words(recording: Samples, count: int) -> list[int]:
    """Places in the middle of loud sound, more than half a second apart."""
    loud = np.flatnonzero(np.abs(recording) > 0.3)
    places: list[int] = []
    for place in loud:
        if not places or place > places[-1] + HZ // 2:
            places.append(int(place))
    assert len(places) >= count
    return places[:count]


@pytest.mark.parametrize("ms", [5, 20, 100])
def test_each_hole_is_found_where_it_is(recording: Samples, vad_model: VoiceActivityModel, ms: int) -> None:
    holed, places = recording.copy(), in_words(recording, 6)
    for place in places:
        holed[place : place + ms * HZ // 1000] = 0
    found = silent_holes(analyse(holed, HZ, vad_model))
    assert [start_s for start_s, _ in found] == pytest.approx([place / HZ for place in places], abs=0.002)
    assert [end_s - start_s for start_s, end_s in found] == pytest.approx([ms / 1000] * len(places), abs=0.003)


def test_a_hole_that_holds_its_last_value_is_found_too(recording: Samples, vad_model: VoiceActivityModel) -> None:
    (place,) = in_words(recording, 1)
    held = recording.copy()
    held[place : place + 320] = held[place]
    assert len(silent_holes(analyse(held, HZ, vad_model))) == 1


def test_speech_itself_has_none(recording: Samples, vad_model: VoiceActivityModel) -> None:
    assert silent_holes(analyse(recording, HZ, vad_model)) == []


def test_what_the_sound_system_lost_counts(recording: Samples, vad_model: VoiceActivityModel) -> None:
    analysis = analyse(recording, HZ, vad_model)
    once = Recording(recording[:, None], HZ, "x", losses=1, lost_s=0.06)
    assert check_dropouts(once, analysis).verdict is Verdict.WARNING
    finding = check_dropouts(Recording(recording[:, None], HZ, "x", losses=2, lost_s=0.3), analysis)
    assert finding.verdict is Verdict.PROBLEM
    assert finding.values == {"dropouts": 2.0, "lost_s": 0.3}
