"""Lost audio: the clock moves on over it, no window spans it, and both sides are as streams of their own."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emostream.audio import AudioBlock, Samples
from emostream.events import Estimate, Event, Gap, Utterance
from tests.support.chunking import chunks, cuts
from tests.support.streams import HZ, Parts, assert_same, blocks, of_type, push_all


@settings(max_examples=10)
@given(data=st.data())
def test_a_gap_parts_the_stream_in_two(data: st.DataObject, parts: Parts, recording: Samples) -> None:
    """Before it the events of the audio alone, behind it those of a stream that begins there."""
    cut = data.draw(st.integers(0, 7 * HZ))
    lost = data.draw(st.integers(1, 4 * HZ))
    before, after = recording[:cut], recording[cut + lost : cut + lost + 4 * HZ]
    stream = parts.stream()
    first = push_all(stream, blocks(chunks(before, data.draw(cuts(len(before), most=8)))))
    second_blocks = blocks(chunks(after, data.draw(cuts(len(after), most=8))), first_sample=cut + lost)
    head = AudioBlock(second_blocks[0].samples, HZ, cut + lost, lost_samples=lost)
    rest = push_all(stream, [head, *second_blocks[1:]]) + stream.flush()

    events = first + rest
    assert [event.seq for event in events] == list(range(len(events)))
    (gap,) = of_type(events, Gap)
    at = events.index(gap)
    assert gap.lost_ms == pytest.approx(1000 * lost / HZ, abs=1e-3)
    assert (gap.t_start_ms, gap.t_end_ms) == (round(1000 * cut / HZ), round(1000 * (cut + lost) / HZ))

    assert_same(events[:at], parts.whole(before))
    behind = parts.whole(after)
    assert_same(events[at + 1 :], behind, later_ms=1000 * (cut + lost) / HZ, later_seq=at + 1)
    assert all(event.t_start_ms >= gap.t_end_ms for event in events[at + 1 :])
    assert stream.summary().t_end_ms == round(1000 * (cut + lost + len(after)) / HZ)


@pytest.mark.parametrize("samples", [8, 24, 65_224, 65_240])
def test_a_clock_at_half_a_millisecond_is_rounded_once(samples: int, parts: Parts, recording: Samples) -> None:
    stream = parts.stream()
    stream.push(AudioBlock(recording[:samples], HZ, 0))
    stream.flush()
    summary, moment = stream.summary(), stream.present_moment()
    assert summary.t_end_ms == moment["t_end_ms"] == round(samples / 16)
    assert summary.seconds == summary.t_end_ms / 1000


def test_a_gap_in_resampled_audio_stands_on_the_inputs_clock(parts: Parts, recording: Samples) -> None:
    input_hz = 44_100
    stream = parts.stream(input_hz)
    audio = recording[HZ:]
    stream.push(AudioBlock(audio[:100_001], input_hz, 0))
    events = stream.push(AudioBlock(audio[100_001:200_000], input_hz, 122_051, lost_samples=22_050)) + stream.flush()
    (gap,) = of_type(events, Gap)
    assert (gap.t_start_ms, gap.t_end_ms, gap.lost_ms) == (round(100_001 / 44.1), round(122_051 / 44.1), 500.0)
    at = events.index(gap)
    assert all(event.t_end_ms <= gap.t_start_ms for event in events[:at])
    assert all(event.t_start_ms >= gap.t_end_ms for event in events[at:] if event is not gap)
    assert of_type(events[at:], Estimate)[0].t_end_ms == pytest.approx(gap.t_end_ms + 500, abs=1)


def test_whoever_speaks_into_a_gap_stops_there_and_begins_anew(parts: Parts, recording: Samples) -> None:
    stream = parts.stream()
    speech = recording[HZ : 4 * HZ]
    events = stream.push(AudioBlock(speech[:24_000], HZ, 0))
    events += stream.push(AudioBlock(speech[24_000:], HZ, 25_600, lost_samples=1_600)) + stream.flush()
    kinds = [type(event).__name__ for event in events if not isinstance(event, Estimate)]
    assert kinds == ["UtteranceStart", "Utterance", "Gap", "UtteranceStart", "Utterance"]
    first, second = of_type(events, Utterance)
    assert 1_400 < first.t_end_ms <= 1_500
    assert 1_600 <= second.t_start_ms < 1_800


def test_a_heartbeat_can_bring_the_news_of_a_gap(parts: Parts, recording: Samples) -> None:
    stream = parts.stream()
    stream.push(AudioBlock(recording[:HZ], HZ, 0))
    events = stream.push(AudioBlock(recording[:0], HZ, HZ + 800, lost_samples=800))
    assert [event.t_end_ms for event in of_type(events, Gap)] == [1_050]
    assert stream.clock_ms == 1_050
    assert of_type(stream.push(AudioBlock(recording[:HZ], HZ, HZ + 800)), Gap) == []


def test_gap_upon_gap(parts: Parts, recording: Samples) -> None:
    stream = parts.stream()
    events = push_all(stream, [AudioBlock(recording[:0], HZ, at, lost_samples=HZ) for at in (HZ, 2 * HZ, 3 * HZ)])
    assert [(type(event), event.seq, event.t_start_ms, event.t_end_ms) for event in events] == [
        (Gap, 0, 0, 1_000),
        (Gap, 1, 1_000, 2_000),
        (Gap, 2, 2_000, 3_000),
    ]
    assert of_type(stream.push(AudioBlock(recording[:HZ], HZ, 3 * HZ)), Estimate)[0].t_end_ms == 3_500


def test_audio_lost_before_the_first_block_is_a_gap_too(parts: Parts, recording: Samples) -> None:
    stream = parts.stream()
    events = stream.push(AudioBlock(recording[:HZ], HZ, 48_000, lost_samples=8_000))
    assert isinstance(events[0], Gap)
    assert (events[0].seq, events[0].t_start_ms, events[0].t_end_ms, events[0].lost_ms) == (0, 0, 500, 500.0)
    assert of_type(events, Estimate)[0].t_end_ms == 1_000


def test_a_stream_may_begin_anywhere_on_its_sources_axis(
    parts: Parts, recording: Samples, whole_events: list[Event]
) -> None:
    stream = parts.stream()
    given = blocks(np.array_split(recording, 40), first_sample=10_000_001)
    assert_same(push_all(stream, given) + stream.flush(), whole_events)
    assert stream.clock_ms == pytest.approx(1000 * len(recording) / HZ)


def test_a_pause_moves_the_clock_on_and_loses_nothing(parts: Parts, recording: Samples) -> None:
    stream = parts.stream()
    events = stream.push(AudioBlock(recording[: 2 * HZ], HZ, 0))
    events += stream.push(AudioBlock(recording[:HZ], HZ, 6 * HZ, lost_samples=HZ, paused_samples=3 * HZ))
    gaps = of_type(events, Gap)
    assert [(gap.t_start_ms, gap.t_end_ms, gap.lost_ms, gap.reason) for gap in gaps] == [
        (2000, 5000, 0.0, "paused"),
        (5000, 6000, 1000.0, "lost"),
    ]
    assert stream.clock_ms == 7000
    assert of_type(events, Estimate)[-1].t_end_ms == 7000
