"""What is measured of an utterance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emostream.audio import Samples
from emostream.voice.meter import VoiceMeter, VoiceStatistics
from tests.support.chunking import chunks, cuts
from tests.support.voices import HZ, harmonics, syllables

HANGOVER = 6_400


def measured(pieces: list[Samples], start: int, end: int) -> VoiceStatistics | None:
    """The utterance from ``start`` to ``end``, of which as much is certain as a hangover ago."""
    meter, begun, heard = VoiceMeter(), False, 0
    for piece in pieces:
        meter.push(piece)
        heard += len(piece)
        if not begun and heard >= start:
            meter.start(start)
            begun = True
        if begun:
            meter.advance(min(end, heard - HANGOVER))
    return meter.end(end)


def of_voice(audio: Samples) -> VoiceStatistics:
    found = measured([audio], 0, len(audio))
    assert found
    return found


def same(a: VoiceStatistics, b: VoiceStatistics) -> bool:
    return np.array_equal(a.pitches.counts, b.pitches.counts) and (
        (a.loudness_dbfs, a.syllables_per_s, a.tilt_db) == (b.loudness_dbfs, b.syllables_per_s, b.tilt_db)
    )


@pytest.mark.parametrize("pitch_hz", [80, 110, 150, 210, 290, 400])
def test_the_median_pitch_is_right_to_a_percent(pitch_hz: float) -> None:
    found = of_voice(harmonics(pitch_hz, 2.5, noise=0.02))
    assert found.pitch_hz == pytest.approx(pitch_hz, rel=0.01)
    assert found.pitch_range_semitones < 0.5
    assert found.voiced_s == pytest.approx(2.5, abs=0.3)


def test_a_voice_that_glides_an_octave_has_most_of_it_as_its_range() -> None:
    seconds = 4.0
    t = np.arange(round(seconds * HZ)) / HZ
    phase = 2 * np.pi * np.cumsum(120 * 2 ** (t / seconds)) / HZ
    glide = sum(np.sin(k * phase) / k for k in range(1, 15)).astype(np.float32) * 0.1
    found = of_voice(glide)
    assert found.pitch_hz == pytest.approx(120 * 2**0.5, rel=0.02)
    assert found.pitch_range_semitones == pytest.approx(0.8 * 12, abs=0.6)


@pytest.mark.parametrize("per_s", [2, 3, 4, 5, 6])
@pytest.mark.parametrize("noise", [0.0, 0.002])
def test_syllables_are_counted(per_s: float, noise: float) -> None:
    assert of_voice(syllables(per_s, 4, noise=noise)).syllables_per_s == pytest.approx(per_s, abs=0.26)


def test_loudness_is_that_of_speech_without_its_pauses() -> None:
    voice = harmonics(150, 2, level=0.1)
    pause = np.random.default_rng(0).normal(0, 1e-4, len(voice)).astype(np.float32)
    assert of_voice(voice).loudness_dbfs == pytest.approx(-20, abs=0.2)
    assert of_voice(np.concatenate([voice, pause, voice])).loudness_dbfs == pytest.approx(-20, abs=0.3)


def test_hum_in_a_pause_is_no_pitch() -> None:
    hum = np.sin(2 * np.pi * 100 * np.arange(4 * HZ) / HZ).astype(np.float32) * 1e-3
    found = of_voice(np.concatenate([harmonics(220, 2), hum]))
    assert found.pitch_hz == pytest.approx(220, rel=0.01)
    assert found.pitch_range_semitones < 0.5


@pytest.mark.parametrize("gain", [0.1, 0.037, 3.0])
def test_gain_moves_loudness_alone(gain: float, recording: Samples) -> None:
    audio = recording[int(5.184 * HZ) : int(8.288 * HZ)]
    plain, louder = of_voice(audio), of_voice(audio * np.float32(gain))
    assert louder.loudness_dbfs - plain.loudness_dbfs == pytest.approx(20 * np.log10(gain), abs=0.15)
    assert louder.pitch_hz == pytest.approx(plain.pitch_hz, rel=1e-3)
    assert louder.pitch_range_semitones == pytest.approx(plain.pitch_range_semitones, abs=0.05)
    assert louder.tilt_db == pytest.approx(plain.tilt_db, abs=0.01)
    assert louder.syllables_per_s == plain.syllables_per_s


@pytest.mark.parametrize("kind", ["silence", "noise", "offset", "too short"])
def test_what_is_no_voice_has_no_measures(kind: str) -> None:
    audio = {
        "silence": np.zeros(3 * HZ, np.float32),
        "noise": np.random.default_rng(0).normal(0, 0.1, 3 * HZ).astype(np.float32),
        "offset": np.full(3 * HZ, 0.5, np.float32),
        "too short": harmonics(200, 0.15),
    }[kind]
    assert measured([audio], 0, len(audio)) is None


def test_an_end_without_a_start_has_no_measures() -> None:
    assert VoiceMeter().end(0) is None


@settings(max_examples=25)
@given(data=st.data())
def test_any_chunking_gives_the_same_bits(data: st.DataObject, recording: Samples) -> None:
    start = data.draw(st.integers(0, 8)) * 512
    end = start + data.draw(st.integers(20, 250)) * 512
    audio = recording[8 * HZ : 8 * HZ + end + HANGOVER]
    whole = measured([audio], start, end)
    at = [cut for cut in data.draw(cuts(len(audio), most=40)) if not start < cut < start + 2_048]
    pieces = measured(chunks(audio, at), start, end)
    assert (whole is None) == (pieces is None)
    assert whole is None or same(whole, pieces)


def test_what_lies_around_an_utterance_does_not_count() -> None:
    voice, other = harmonics(150, 2), harmonics(330, 2)
    alone = measured([voice], 0, 2 * HZ)
    before_and_behind = measured([np.concatenate([np.zeros(HZ, np.float32), voice, other])], HZ, 3 * HZ)
    assert same(alone, before_and_behind)


def test_one_utterance_leaves_nothing_to_the_next(recording: Samples) -> None:
    meter = VoiceMeter()
    spans = ((928, 4_000), (5_184, 8_288), (9_536, 13_120))
    at = 0
    for start_ms, end_ms in spans:
        start, end = start_ms * 16, end_ms * 16
        meter.push(recording[at:start])
        meter.start(start)
        meter.push(recording[start:end])
        at = end
        again = VoiceMeter()
        again.push(recording[:end])
        again.start(start)
        assert same(meter.end(end), again.end(end))
    meter.reset()
    meter.push(recording[: 4_000 * 16])
    meter.start(928 * 16)
    assert same(meter.end(4_000 * 16), measured([recording[: 4_000 * 16]], 928 * 16, 4_000 * 16))


def test_memory_is_bounded_in_a_long_utterance_and_in_a_long_silence() -> None:
    meter, piece, held = VoiceMeter(), harmonics(140, 0.125), []
    for talking in (True, False):
        if talking:
            meter.start(0)
        for number in range(2_400):  # five minutes
            meter.push(piece)
            if talking:
                meter.advance((number + 1) * len(piece) - HANGOVER)
            held.append(len(meter._audio))
        if talking:
            found = meter.end(2_400 * len(piece))
            assert found is not None
            assert found.pitch_hz == pytest.approx(140, rel=0.01)
    assert max(held) < HANGOVER + 2 * HZ
    assert max(held[2_500:]) < 3 * len(piece)
