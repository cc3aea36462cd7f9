"""What live streams add to their events, with times that the test sets."""

from datetime import datetime

import numpy as np
import pytest

from emostream.audio import AudioBlock, Samples
from emostream.events import Estimate, Gap
from emostream.live import HEALTH_EVERY_S, LiveStream, with_time
from tests.support.stream_events import estimate, hello
from tests.support.streams import HZ, Parts, of_type


def test_all_events_of_a_call_have_the_same_wall_clock_in_utc() -> None:
    stamped = with_time([hello(), estimate(1)])
    assert {datetime.fromisoformat(str(event.ts)).utcoffset() for event in stamped} == {
        datetime.fromisoformat("2026-01-01T00:00:00Z").utcoffset()
    }
    assert len({event.ts for event in stamped}) == 1
    assert len(str(stamped[0].ts)) == len("2026-01-01T00:00:00.000Z")


def test_latency_is_the_lag_and_what_was_captured_after_the_window(parts: Parts, recording: Samples) -> None:
    stream = parts.stream()
    live = LiveStream(stream, "test")
    events = stream.push(AudioBlock(recording[: HZ + HZ // 10], HZ, 0))
    timed = live.with_latency([*events, hello()], arrived_s=100.0, now_s=100.02)
    latencies_ms = {event.t_end_ms: event.latency_ms for event in of_type(timed, Estimate)}
    assert latencies_ms == {500: 620.0, 750: 370.0, 1000: 120.0}
    assert live.health(100.0).lag_ms == 20.0
    assert live.with_latency(events, arrived_s=None, now_s=100.02) == events


def test_the_time_that_a_gap_lost_is_no_latency(parts: Parts, recording: Samples) -> None:
    stream = parts.stream()
    live = LiveStream(stream, "test")
    stream.push(AudioBlock(recording[: HZ + HZ // 5], HZ, 0))
    block = AudioBlock(recording[HZ : HZ + HZ // 10], HZ, 21 * HZ + HZ // 5, lost_samples=20 * HZ)
    timed = live.with_latency(stream.push(block), arrived_s=100.0, now_s=100.02)
    (lost,) = of_type(timed, Gap)
    assert lost.lost_ms == 20_000
    (flushed,) = of_type(timed, Estimate)
    assert flushed.t_end_ms <= lost.t_start_ms
    assert flushed.latency_ms is not None
    assert 0 < flushed.latency_ms < 400


def test_the_time_of_a_pause_is_no_latency(parts: Parts, recording: Samples) -> None:
    stream = parts.stream()
    live = LiveStream(stream, "test")
    stream.push(AudioBlock(recording[: HZ + HZ // 5], HZ, 0))
    block = AudioBlock(recording[HZ : 2 * HZ], HZ, 21 * HZ + HZ // 5, paused_samples=20 * HZ)
    timed = live.with_latency(stream.push(block), arrived_s=100.0, now_s=100.02)
    latencies_ms = [event.latency_ms for event in of_type(timed, Estimate)]
    assert all(latency is not None and 0 < latency < 1100 for latency in latencies_ms)


def test_health_is_due_at_once_then_once_a_period(parts: Parts) -> None:
    live = LiveStream(parts.stream(), "test")
    assert live.is_health_due(0.0)
    live.health(10.0)
    assert not live.is_health_due(9.99 + HEALTH_EVERY_S)
    assert live.is_health_due(10.0 + HEALTH_EVERY_S)
    assert not live.is_health_due(10.0 + HEALTH_EVERY_S, slack_s=0.5)
    assert live.is_health_due(10.5 + HEALTH_EVERY_S, slack_s=0.5)


@pytest.mark.parametrize("rate_hz", [8_000, 48_000])
def test_lost_audio_adds_up_until_the_stream_begins_anew(parts: Parts, rate_hz: int) -> None:
    live = LiveStream(parts.stream(rate_hz), "test")
    for lost_ms in (20, 30):
        live.count_lost(AudioBlock(np.zeros(0, np.float32), rate_hz, 0, lost_samples=lost_ms * rate_hz // 1000))
    assert live.health(0.0).lost_ms == 50.0
    live.reset()
    assert live.health(0.0).lost_ms == 0.0
