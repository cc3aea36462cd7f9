"""What a stream says of the voice of an utterance."""

from collections.abc import Sequence

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import istft, stft

from emostream import assets
from emostream.audio import AudioBlock, Samples
from emostream.events import Event, Utterance, VoiceMeasures
from emostream.pipeline.stream import EmotionStream
from emostream.voice.arousal import ArousalFormula
from tests.support.chunking import chunks, cuts
from tests.support.streams import HZ, Parts, blocks, of_type, push_all
from tests.support.tiny_models import LABELS

ACOUSTIC = ArousalFormula(
    labels=dict.fromkeys(LABELS, 0.0),
    pitch_per_semitone=0.3,
    tilt_per_db=-0.1,
    bias=-0.5,
    protocol="none",
)
WITH_LABELS = ArousalFormula(
    labels=dict(zip(LABELS, (2.0, 1.0, -2.0, -1.0), strict=True)),
    pitch_per_semitone=0.0,
    tilt_per_db=0.0,
    bias=0.0,
    protocol="none",
)


def stream_of(parts: Parts, formula: ArousalFormula | None = ACOUSTIC) -> EmotionStream:
    return EmotionStream(parts.models, parts.vad_model, HZ, arousal=formula)


def whole(parts: Parts, audio: Samples, formula: ArousalFormula | None = ACOUSTIC) -> list[Event]:
    stream = stream_of(parts, formula)
    return stream.push(AudioBlock(audio, HZ, 0)) + stream.flush()


def voices(events: Sequence[Event]) -> list[VoiceMeasures]:
    return [event.voice for event in of_type(events, Utterance) if event.voice]


def test_each_sentence_of_the_recording_has_the_measures_of_a_voice(parts: Parts, recording: Samples) -> None:
    found = voices(whole(parts, recording))
    assert len(found) == 8
    for voice in found:
        assert 60 <= voice.pitch_hz <= 400
        assert 0.5 <= voice.pitch_range_semitones <= 20
        assert -45 <= voice.loudness_dbfs <= -10
        assert 0.5 <= voice.syllables_per_s <= 7
        assert voice.arousal is not None
        assert 0 < voice.arousal < 1
    # The angry ones and one of the happy ones.
    loudest = sorted(range(8), key=lambda i: -found[i].loudness_dbfs)[:3]
    assert sorted(loudest) == [1, 5, 6]


@settings(max_examples=10)
@given(data=st.data())
def test_any_chunking_gives_the_same_measures(data: st.DataObject, parts: Parts, recording: Samples) -> None:
    audio = recording[: data.draw(st.integers(0, 10 * HZ))]
    stream = stream_of(parts)
    pieces = blocks(chunks(audio, data.draw(cuts(len(audio), most=30))))
    assert voices(push_all(stream, pieces) + stream.flush()) == voices(whole(parts, audio))


@pytest.mark.parametrize("size", [160, 3_999, 80_000])
def test_any_block_size_gives_the_same_measures(size: int, parts: Parts, recording: Samples) -> None:
    stream = stream_of(parts)
    pieces = blocks(np.split(recording, range(size, len(recording), size)))
    assert voices(push_all(stream, pieces) + stream.flush()) == voices(whole(parts, recording))


def test_twenty_decibels_less_are_twenty_decibels_and_nothing_else(recording: Samples) -> None:
    """With the shipped models; the speech gate may begin or end an utterance 32 ms earlier or later."""
    factory, found = assets.load_stream_factory(), []
    for gain in (1.0, 0.1):
        stream = factory.stream(HZ, stream="audio", source="")
        found.append(voices(stream.push(AudioBlock(recording * np.float32(gain), HZ, 0)) + stream.flush()))
    for loud, soft in zip(*found, strict=True):
        assert soft.loudness_dbfs == pytest.approx(loud.loudness_dbfs - 20, abs=0.25)
        assert soft.pitch_hz == pytest.approx(loud.pitch_hz, rel=0.01)
        assert soft.pitch_range_semitones == pytest.approx(loud.pitch_range_semitones, abs=0.5)
        assert soft.syllables_per_s == pytest.approx(loud.syllables_per_s, abs=0.4)
        # Speech is found a moment earlier or later, so that networks run on other windows.
        assert soft.arousal == pytest.approx(loud.arousal, abs=0.1)


def test_arousal_follows_the_probabilities_of_the_utterance(parts: Parts, recording: Samples) -> None:
    for utterance in of_type(whole(parts, recording, WITH_LABELS), Utterance):
        z = sum(WITH_LABELS.labels[label] * p for label, p in utterance.p.items())
        assert utterance.voice
        assert utterance.voice.arousal == pytest.approx(1 / (1 + np.exp(-z)), abs=1e-3)


@pytest.mark.parametrize("formula", [None, msgspec.structs.replace(ACOUSTIC, labels={"bored": 1.0})])
def test_without_a_formula_for_its_labels_there_is_no_arousal(
    formula: ArousalFormula | None, parts: Parts, recording: Samples
) -> None:
    found = voices(whole(parts, recording[: 9 * HZ], formula))
    assert len(found) == 2
    assert all(voice.arousal is None for voice in found)


def test_the_first_utterance_knows_no_voice_and_the_next_ones_do(parts: Parts, recording: Samples) -> None:
    second = recording[int(4.5 * HZ) : 9 * HZ]
    (alone,) = voices(whole(parts, second))
    _, known = voices(whole(parts, recording[: 9 * HZ]))
    assert known.pitch_hz == pytest.approx(alone.pitch_hz, rel=0.02)
    assert known.arousal != pytest.approx(alone.arousal, abs=0.02)


def test_reset_forgets_the_voice(parts: Parts, recording: Samples) -> None:
    stream, audio = stream_of(parts), recording[: 9 * HZ]
    stream.push(AudioBlock(recording[9 * HZ : 20 * HZ], HZ, 0))
    stream.reset()
    again = stream.push(AudioBlock(audio, HZ, 0)) + stream.flush()
    assert again == whole(parts, audio)


def test_a_gap_ends_an_utterance_and_keeps_the_voice(parts: Parts, recording: Samples) -> None:
    first, second = recording[: 2 * HZ], recording[5 * HZ : 9 * HZ]
    stream = stream_of(parts)
    events = push_all(stream, [AudioBlock(first, HZ, 0), AudioBlock(second, HZ, 3 * HZ)]) + stream.flush()
    before, after = voices(events)
    (alone,) = voices(whole(parts, second))
    assert before == voices(whole(parts, first))[0]
    assert (after.pitch_hz, after.syllables_per_s) == (alone.pitch_hz, alone.syllables_per_s)
    assert after.arousal != alone.arousal


@pytest.mark.parametrize("level", [0.0, 0.001, 0.1])
def test_silence_and_noise_have_no_voice(level: float, parts: Parts) -> None:
    noise = np.random.default_rng(0).normal(0, 1, 10 * HZ).astype(np.float32) * np.float32(level)
    assert voices(whole(parts, noise)) == []


def test_whispering_has_no_voice(parts: Parts, recording: Samples) -> None:
    """Speech with random phases: it is heard as speech, and has no pitch."""
    spectra = stft(recording[5 * HZ : 9 * HZ], HZ, nperseg=320)[2]
    phases = np.random.default_rng(1).uniform(0, 2 * np.pi, spectra.shape)
    whispered = istft(np.abs(spectra) * np.exp(1j * phases), HZ, nperseg=320)[1].astype(np.float32)
    (utterance,) = of_type(whole(parts, whispered), Utterance)
    assert utterance.voice is None
