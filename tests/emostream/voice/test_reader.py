"""From statistics to what an event says."""

from emostream.voice.reader import VoiceReader
from tests.emostream.voice.test_arousal import FORMULA
from tests.emostream.voice.test_speaker import voice

P = {"angry": 0.5, "sad": 0.5}


def test_measures_are_rounded_to_what_they_are_worth() -> None:
    measures = VoiceReader(FORMULA).push(voice(12), P)
    assert measures.pitch_hz == 120.3
    assert measures.pitch_range_semitones == 0.1
    assert measures.loudness_dbfs == -20
    assert measures.syllables_per_s == 4
    assert measures.arousal == 0.622


def test_arousal_needs_a_formula_and_probabilities() -> None:
    assert VoiceReader(None).push(voice(12), P).arousal is None
    assert VoiceReader(FORMULA).push(voice(12), {}).arousal is None


def test_each_utterance_is_compared_with_those_before() -> None:
    reader = VoiceReader(FORMULA)
    first = reader.push(voice(12), P)
    higher = reader.push(voice(18), P)
    assert higher.arousal is not None
    assert first.arousal is not None
    assert higher.arousal > first.arousal
    reader.reset()
    assert reader.push(voice(18), P).arousal == first.arousal
