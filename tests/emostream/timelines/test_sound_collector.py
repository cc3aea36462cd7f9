"""What is kept of a recording's sound for pictures."""

import io

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from emostream.audio import AudioBlock, Samples
from emostream.timelines import sound_collector
from emostream.timelines.sound_collector import PLAYED_HZ, AudioKeeper, EnvelopeCollector

HZ = 16_000


def blocks_of(samples: Samples, sizes: list[int], rate_hz: int = HZ) -> list[AudioBlock]:
    """The samples in blocks of these sizes, over and over."""
    blocks, at = [], 0
    while at < len(samples):
        size = sizes[len(blocks) % len(sizes)]
        blocks.append(AudioBlock(samples[at : at + size], rate_hz, at))
        at += size
    return blocks


@given(st.lists(st.integers(1, 9_000), min_size=1, max_size=5))
def test_an_envelope_is_the_same_however_the_sound_is_cut(sizes: list[int]) -> None:
    samples = np.random.default_rng(1).normal(0, 0.2, 20_011).astype(np.float32)
    collector = EnvelopeCollector()
    for block in blocks_of(samples, sizes):
        collector.push(block)
    envelope = collector.envelope()
    assert envelope is not None
    assert envelope.column_ms == 4.0
    columns = np.array_split(samples, range(64, len(samples), 64))
    assert np.array_equal(envelope.high, [max(0.0, column.max()) for column in columns])
    assert np.array_equal(envelope.low, [min(0.0, column.min()) for column in columns])


def test_an_envelope_does_not_grow_with_the_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound_collector, "MOST_COLUMNS", 64)
    samples = np.zeros(64 * 1_000, np.float32)
    samples[40_000] = 0.9
    samples[-1] = -0.7
    collector = EnvelopeCollector()
    for block in blocks_of(samples, [777]):
        collector.push(block)
    envelope = collector.envelope()
    assert envelope is not None
    assert len(envelope.high) <= 64
    assert len(envelope.high) * envelope.column_ms == pytest.approx(4_000, abs=envelope.column_ms)
    assert envelope.high.argmax() == int(2_500 // envelope.column_ms)
    assert (envelope.high.max(), envelope.low.min()) == (np.float32(0.9), np.float32(-0.7))
    assert envelope.low.argmin() == len(envelope.low) - 1


def test_a_stretch_of_it_has_as_many_columns_as_are_asked_for() -> None:
    samples = np.zeros(HZ, np.float32)
    samples[HZ // 2] = 0.5
    collector = EnvelopeCollector()
    collector.push(AudioBlock(samples, HZ, 0))
    envelope = collector.envelope()
    assert envelope is not None
    low, high = envelope.resampled(0, 1_000, 10)
    assert high.tolist() == [0, 0, 0, 0, 0, 0.5, 0, 0, 0, 0]
    assert not low.any()
    assert not any(part.any() for part in envelope.resampled(5_000, 6_000, 7))
    assert EnvelopeCollector().envelope() is None


def test_what_was_lost_is_silent(recording: Samples) -> None:
    collector, keeper = EnvelopeCollector(), AudioKeeper(1_000_000)
    for block in (
        AudioBlock(recording[:HZ], HZ, 0),
        AudioBlock(recording[HZ : 2 * HZ], HZ, 3 * HZ, lost_samples=2 * HZ),
    ):
        collector.push(block)
        keeper.push(block)
    envelope, audio = collector.envelope(), keeper.audio()
    assert envelope is not None
    assert audio is not None
    assert len(envelope.high) * envelope.column_ms == 4_000
    assert not envelope.high[250:750].any()
    assert soundfile.info(io.BytesIO(audio.data)).duration == 4.0


@pytest.mark.parametrize("rate_hz", [HZ, 44_100])
def test_the_sound_is_heard_where_it_was(recording: Samples, rate_hz: int) -> None:
    samples = (
        recording
        if rate_hz == HZ
        else np.interp(
            np.arange(0, len(recording) / HZ, 1 / rate_hz), np.arange(len(recording)) / HZ, recording
        ).astype(np.float32)
    )
    keeper = AudioKeeper(10_000_000)
    for block in blocks_of(samples, [80_000], rate_hz):
        keeper.push(block)
    audio = keeper.audio()
    assert audio is not None
    assert audio.media_type == "audio/ogg"
    heard, heard_hz = soundfile.read(io.BytesIO(audio.data), dtype="float32")
    assert heard_hz == PLAYED_HZ
    assert len(heard) == pytest.approx(len(recording), abs=2)
    n = min(len(heard), len(recording))
    spectrum = np.fft.rfft(heard[:n]) * np.conj(np.fft.rfft(recording[:n]))
    correlation = np.fft.irfft(spectrum, n)
    assert abs((int(correlation.argmax()) + n // 2) % n - n // 2) <= HZ * 0.005  # 5 ms: the filter's delay
    assert correlation.max() > 0.9 * np.linalg.norm(heard) * np.linalg.norm(recording)
    assert len(audio.data) < len(recording)  # a byte a sample is much


def test_sound_that_is_too_long_is_not_kept(recording: Samples) -> None:
    keeper = AudioKeeper(20_000)
    for block in blocks_of(recording, [8_000]):
        keeper.push(block)
    assert keeper.is_too_long
    assert keeper.audio() is None
    assert AudioKeeper(20_000).audio() is None
