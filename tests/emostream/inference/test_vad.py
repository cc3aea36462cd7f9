"""Voice activity detection on real speech, on sounds that are none, and as a stream."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import butter, sosfiltfilt

from emostream.audio import AudioBlock, Samples
from emostream.events import UtteranceStart
from emostream.inference.vad import (
    CHUNK,
    CONTEXT,
    NARROW_HZ,
    SpeechChange,
    VoiceActivityConfig,
    VoiceActivityDetector,
    VoiceActivityModel,
)
from tests.support.chunking import chunks, cuts
from tests.support.streams import Parts, of_type

HZ = 16_000
CONFIG = VoiceActivityConfig()
# What sound came at decides which of the two networks hears it.
BOTH_RATES = pytest.mark.parametrize("input_hz", [HZ, NARROW_HZ])
SENTENCES_FROM_S = [0.9, 5.5, 9.7, 13.1, 18.2, 22.7, 26.1, 29.4]


def new_detector(
    model: VoiceActivityModel, config: VoiceActivityConfig = CONFIG, memory: int = 3 * HZ, input_hz: int = HZ
) -> VoiceActivityDetector:
    return VoiceActivityDetector(model, config, memory, input_hz)


def changes_of(
    model: VoiceActivityModel, audio: Samples, config: VoiceActivityConfig = CONFIG, input_hz: int = HZ
) -> list[SpeechChange]:
    detector = new_detector(model, config, input_hz=input_hz)
    return detector.push(audio) + detector.flush()


class ScriptedModel(VoiceActivityModel):
    """A network whose probabilities are written down: chunk by chunk, by the first sample of each."""

    def __init__(self) -> None:
        pass

    def run(self, chunks, state):  # type: ignore[no-untyped-def]
        return chunks[:, CONTEXT].astype(np.float32), state


def scripted(probabilities: list[float], config: VoiceActivityConfig = CONFIG) -> list[SpeechChange]:
    audio = np.repeat(np.array(probabilities, np.float32), CHUNK)
    return changes_of(ScriptedModel(), audio, replace(config, most_gain_db=0))


def test_speech_is_found_where_it_is_and_nowhere_else(vad_model: VoiceActivityModel, recording: Samples) -> None:
    changes = changes_of(vad_model, recording)
    assert [change.speaking for change in changes] == [True, False] * len(SENTENCES_FROM_S)
    starts, ends = ([change.at_sample / HZ for change in changes[i::2]] for i in (0, 1))
    assert starts == pytest.approx(SENTENCES_FROM_S, abs=0.25)

    level = np.array(
        [
            np.sqrt(np.mean(piece**2))
            for piece in np.split(recording[: len(recording) // 1600 * 1600], len(recording) // 1600)
        ]
    )
    spoken = np.zeros(len(level), bool)
    for start, end in zip(starts, ends, strict=True):
        spoken[int(start * 10) : int(np.ceil(end * 10))] = True
    quiet, loud = level < 10 ** (-60 / 20), level > 10 ** (-40 / 20)
    assert spoken[loud].mean() > 0.98
    assert spoken[quiet].mean() < 0.15, "only at the edges of sentences"


@BOTH_RATES
@pytest.mark.parametrize("gain_db", [-20, -30])
def test_a_quiet_voice_is_found_as_well(
    vad_model: VoiceActivityModel, recording: Samples, gain_db: int, input_hz: int
) -> None:
    changes = changes_of(vad_model, recording * np.float32(10 ** (gain_db / 20)), input_hz=input_hz)
    starts = [change.at_sample / HZ for change in changes if change.speaking]
    assert starts == pytest.approx(SENTENCES_FROM_S, abs=0.25)


def by_telephone(recording: Samples) -> Samples:
    return sosfiltfilt(butter(8, [300, 3_400], "bandpass", fs=HZ, output="sos"), recording).astype(np.float32)


@BOTH_RATES
def test_a_voice_over_a_telephone_is_found_as_well(
    vad_model: VoiceActivityModel, recording: Samples, input_hz: int
) -> None:
    changes = changes_of(vad_model, by_telephone(recording), input_hz=input_hz)
    starts = [change.at_sample / HZ for change in changes if change.speaking]
    assert starts == pytest.approx(SENTENCES_FROM_S, abs=0.35)


def test_what_comes_at_8_khz_is_heard_by_the_network_for_it(recording: Samples, parts: Parts) -> None:
    """It finds speech in a quiet telephone's sound where that for 16 kHz misses some."""
    quiet = by_telephone(recording) * np.float32(0.003)
    found = {hz: changes_of(parts.vad_model, quiet, input_hz=hz) for hz in (HZ, NARROW_HZ)}
    n_samples = {
        hz: sum(change.at_sample * (-1 if change.speaking else 1) for change in changes)
        for hz, changes in found.items()
    }
    assert n_samples[NARROW_HZ] > 1.1 * n_samples[HZ]
    stream = parts.stream(NARROW_HZ)
    events = stream.push(AudioBlock(quiet[::2], NARROW_HZ, 0)) + stream.flush()
    starts = [event.t_start_ms for event in of_type(events, UtteranceStart)]
    assert starts == pytest.approx([1000 * one.at_sample / HZ for one in found[NARROW_HZ] if one.speaking], abs=100)


def test_a_shout_is_heard_as_it_is_and_then_quiet_sound_again(recording: Samples) -> None:
    """The gain falls at once, comes back by the half-life, and is never below 1."""

    class Hearing(ScriptedModel):
        def __init__(self) -> None:
            self.heard: list[float] = []

        def run(self, chunks, state):  # type: ignore[no-untyped-def]
            self.heard.extend(chunks[:, -1])
            return np.zeros(len(chunks), np.float32), state

    hearing = Hearing()
    config = VoiceActivityConfig(level_half_life_s=1.0)
    new_detector(hearing, config).push(np.repeat(np.float32([0.01, 0.8, 0.01]), [HZ, HZ, 8 * HZ]))
    assert hearing.heard[10] == pytest.approx(0.0708, rel=0.01)
    assert hearing.heard[45] == pytest.approx(0.8)
    at_s = [round(seconds * HZ / CHUNK) for seconds in (3.9, 4.9, 9.5)]
    assert [hearing.heard[chunk] for chunk in at_s] == pytest.approx([0.01, 0.0186, 0.0708], rel=0.1)


@BOTH_RATES
@pytest.mark.parametrize("level", [1e-4, 0.001, 0.01, 0.1, 0.3])
def test_white_noise_is_not_speech(vad_model: VoiceActivityModel, level: float, input_hz: int) -> None:
    noise = np.random.default_rng(0).normal(0, level, 20 * HZ).clip(-1, 1).astype(np.float32)
    assert changes_of(vad_model, noise, input_hz=input_hz) == []


@BOTH_RATES
@pytest.mark.parametrize("frequency_hz", [50, 440, 1_000, 4_000])
@pytest.mark.parametrize("peak", [0.5, 0.005])
def test_a_tone_is_not_speech(vad_model: VoiceActivityModel, frequency_hz: int, peak: float, input_hz: int) -> None:
    tone = peak * np.sin(2 * np.pi * frequency_hz * np.arange(10 * HZ) / HZ)
    assert changes_of(vad_model, tone.astype(np.float32), input_hz=input_hz) == []


@BOTH_RATES
def test_digital_silence_is_not_speech(vad_model: VoiceActivityModel, input_hz: int) -> None:
    assert changes_of(vad_model, np.zeros(20 * HZ, np.float32), input_hz=input_hz) == []


@BOTH_RATES
@pytest.mark.parametrize("peak", [0.8, 0.01])
def test_clicks_are_not_speech(vad_model: VoiceActivityModel, peak: float, input_hz: int) -> None:
    clicks = peak * (np.random.default_rng(1).random(20 * HZ) < 3e-4)
    assert changes_of(vad_model, clicks.astype(np.float32), input_hz=input_hz) == []


@BOTH_RATES
@settings(max_examples=12)
@given(data=st.data())
def test_any_chunking_gives_the_same_turns(
    data: st.DataObject, vad_model: VoiceActivityModel, recording: Samples, input_hz: int
) -> None:
    audio = recording[: 10 * HZ]
    detector = new_detector(vad_model, input_hz=input_hz)
    pieces = chunks(audio, data.draw(cuts(len(audio), most=40)))
    changes = [change for piece in pieces for change in detector.push(piece)] + detector.flush()
    assert changes == changes_of(vad_model, audio, input_hz=input_hz)


@pytest.mark.parametrize("size", [1, 160, 511, 512, 513, 4_000])
def test_any_block_size_gives_the_same_turns(vad_model: VoiceActivityModel, recording: Samples, size: int) -> None:
    audio = recording[5 * HZ : 7 * HZ]
    detector = new_detector(vad_model)
    changes = [
        change for at in range(0, len(audio), size) for change in detector.push(audio[at : at + size])
    ] + detector.flush()
    assert changes == changes_of(vad_model, audio)
    assert len(changes) == 2


def test_turns_are_known_only_after_they_happened(vad_model: VoiceActivityModel, recording: Samples) -> None:
    detector = new_detector(vad_model)
    done = 0
    for piece in np.array_split(recording, 300):
        done += len(piece)
        for change in detector.push(piece):
            assert change.at_sample < change.known_at <= done
    assert not detector.speaking


@pytest.mark.parametrize("end", ["reset", "flush"])
def test_after_reset_or_flush_it_equals_a_new_one(vad_model: VoiceActivityModel, recording: Samples, end: str) -> None:
    detector = new_detector(vad_model)
    detector.push(recording[: 2 * HZ])
    assert detector.speaking
    getattr(detector, end)()
    assert not detector.speaking
    assert detector.speech_between(0, 2 * HZ) == 0
    assert detector.push(recording) + detector.flush() == changes_of(vad_model, recording)


def test_speech_begins_and_ends_at_its_thresholds() -> None:
    config = VoiceActivityConfig(enter=0.5, leave=0.375, hangover_ms=100)
    p = [0.0, 0.49, 0.5, 0.38, 0.375, 0.37, 0.37, 0.37, 0.37, 0.37, 0.49, 0.0]
    # 100 ms are 3.125 chunks: the fourth quiet one is the first that has waited long enough.
    assert scripted(p, config) == [SpeechChange(True, 2 * CHUNK, 3 * CHUNK), SpeechChange(False, 5 * CHUNK, 9 * CHUNK)]


def test_a_short_pause_does_not_end_an_utterance() -> None:
    config = VoiceActivityConfig(hangover_ms=100)
    assert len(scripted([0.9, 0, 0, 0, 0.9, 0, 0, 0, 0.9, 0, 0, 0, 0], config)) == 2
    assert len(scripted([0.9, 0, 0, 0, 0, 0.9, 0, 0, 0, 0], config)) == 4


def test_whoever_speaks_at_the_end_stops_at_the_last_voiced_chunk() -> None:
    assert scripted([0, 0.9, 0.9, 0.1]) == [
        SpeechChange(True, CHUNK, 2 * CHUNK),
        SpeechChange(False, 3 * CHUNK, 4 * CHUNK),
    ]


def test_the_end_of_audio_without_speech_is_no_turn() -> None:
    assert scripted([]) == []
    assert scripted([0.1, 0.2]) == []


@given(p=st.lists(st.sampled_from([0.0, 0.3, 0.4, 0.6]), max_size=80), hangover_ms=st.integers(0, 500))
@settings(max_examples=60)
def test_turns_alternate_and_go_forward(p: list[float], hangover_ms: int) -> None:
    changes = scripted(p, VoiceActivityConfig(hangover_ms=hangover_ms))
    assert [change.speaking for change in changes] == [i % 2 == 0 for i in range(len(changes))]
    assert len(changes) % 2 == 0
    for before, after in itertools.pairwise(changes):
        assert before.at_sample < after.at_sample or (after.speaking and before.at_sample <= after.at_sample)
        assert before.known_at <= after.known_at


@given(p=st.lists(st.sampled_from([0.0, 0.9]), min_size=1, max_size=60), data=st.data())
@settings(max_examples=60)
def test_speech_between_counts_whole_voiced_chunks_of_the_recent_past(p: list[float], data: st.DataObject) -> None:
    memory = 10 * CHUNK + 100
    detector = new_detector(ScriptedModel(), memory=memory)
    detector.push(np.repeat(np.array(p, np.float32), CHUNK))
    now = len(p) * CHUNK
    start = data.draw(st.integers(max(0, now - memory), now))
    end = data.draw(st.integers(start, now))
    voiced = [i for i, value in enumerate(p) if value > 0.5 and start <= i * CHUNK and (i + 1) * CHUNK <= end]
    assert detector.speech_between(start, end) == CHUNK * len(voiced)


def test_nothing_grows() -> None:
    detector = new_detector(ScriptedModel(), memory=20 * CHUNK)
    for _ in range(3_000):
        detector.push(np.full(700, 0.9, np.float32))
        assert len(detector._voiced) <= 22
        assert len(detector._pending) < 64 + CHUNK
        assert detector._pending.base is None, "a view would keep all audio alive"
