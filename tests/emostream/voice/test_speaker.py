"""How an utterance differs from those before it."""

import numpy as np
import pytest

from emostream.voice.meter import VoiceStatistics, new_pitches
from emostream.voice.speaker import PRIOR_S, RelativeVoice, SpeakerVoice


def voice(semitones: float, seconds: float = 2.0, tilt_db: float = 15.0) -> VoiceStatistics:
    pitches = new_pitches()
    pitches.add(np.full(round(seconds / 0.02), semitones + 0.05))
    return VoiceStatistics(pitches=pitches, loudness_dbfs=-20, syllables=4, seconds=1.0, tilt_db=tilt_db)


def test_the_first_utterance_differs_from_nothing() -> None:
    assert SpeakerVoice().relative(voice(30)) == RelativeVoice(0, 0)


def test_later_ones_differ_as_far_as_the_voice_is_known() -> None:
    speaker = SpeakerVoice()
    speaker.push(voice(12, seconds=6, tilt_db=10))
    relative = speaker.relative(voice(16, tilt_db=14))
    share = 6 / (6 + PRIOR_S)
    assert relative.pitch_semitones == pytest.approx(4 * share, abs=0.01)
    assert relative.tilt_db == pytest.approx(4 * share, abs=0.1)


def test_the_pitch_is_a_median_and_the_tilt_a_mean() -> None:
    speaker = SpeakerVoice()
    for semitones, tilt_db in ((12, 10), (12, 10), (30, 40)):
        speaker.push(voice(semitones, tilt_db=tilt_db))
    relative = speaker.relative(voice(12, tilt_db=20))
    assert relative.pitch_semitones == pytest.approx(0, abs=0.05)
    assert relative.tilt_db == pytest.approx(0, abs=0.5)


def test_what_was_long_ago_is_forgotten() -> None:
    speaker = SpeakerVoice()
    for _ in range(100):
        speaker.push(voice(10, seconds=6, tilt_db=5))
    for _ in range(100):
        speaker.push(voice(22, seconds=6, tilt_db=25))
    relative = speaker.relative(voice(22, tilt_db=25))
    assert relative.pitch_semitones == pytest.approx(0, abs=0.05)
    assert relative.tilt_db == pytest.approx(0, abs=1)
