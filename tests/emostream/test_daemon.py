"""The wiring, with a source that follows a script and sinks that remember."""

import dataclasses
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise

import msgspec
import numpy as np
import pytest

from emostream import daemon
from emostream import live as live_module
from emostream.audio import AudioBlock, Samples
from emostream.daemon import Daemon
from emostream.errors import UnavailableError
from emostream.events import Error, Estimate, Event, Gap, Health, Hello, Utterance
from emostream.pause import PauseSwitch
from tests.support.sinks import CollectingSink
from tests.support.streams import HZ, Parts, assert_same, blocks, of_type

WELL = ""
BLOCK = 800


class Scripted:
    """A source that gives the blocks of a script; a text in it is the trouble from then on, ``WELL`` its end."""

    name = "script"
    sample_rate_hz = HZ

    def __init__(self, script: Sequence[AudioBlock | str | Exception]) -> None:
        self._script = script
        self.trouble: str | None = None

    def blocks(self) -> Iterator[AudioBlock]:
        end = 0
        for line in self._script:
            if isinstance(line, Exception):
                raise line
            if isinstance(line, str):
                self.trouble = line or None
                yield AudioBlock(np.zeros(0, np.float32), HZ, end)
            else:
                end = line.first_sample + len(line.samples)
                yield line

    def close(self) -> None:
        raise AssertionError("the caller that made the source closes it")


def run(parts: Parts, script: Sequence[AudioBlock | str | Exception]) -> list[Event]:
    sink = CollectingSink()
    Daemon(Scripted(script), parts.stream(), [sink]).run()
    return sink.events


def live(audio: Samples) -> list[AudioBlock]:
    return blocks(np.split(audio, range(BLOCK, len(audio), BLOCK)))


def test_it_adds_health_and_the_time_of_day_to_what_the_stream_says(
    parts: Parts, recording: Samples, whole_events: list[Event]
) -> None:
    events = run(parts, live(recording))
    assert isinstance(events[0], Hello)
    assert [event.seq for event in events] == list(range(len(events)))
    times = [datetime.fromisoformat(str(event.ts)) for event in events]
    assert times == sorted(times)
    assert all(str(event.ts).endswith("Z") for event in events)
    said = [msgspec.structs.replace(event, seq=0) for event in events[1:] if not isinstance(event, Health)]
    assert_same(said, [msgspec.structs.replace(event, seq=0) for event in whole_events])


def test_every_sink_gets_every_event(parts: Parts, recording: Samples) -> None:
    sinks = [CollectingSink(), CollectingSink()]
    Daemon(Scripted(live(recording[: 3 * HZ])), parts.stream(), sinks).run()
    assert sinks[0].events == sinks[1].events
    assert len(sinks[0].events) > 10


def test_latency_counts_from_the_capture_of_the_windows_last_sample(parts: Parts, recording: Samples) -> None:
    first_ms, second_ms, ago_ms = 1000, 1400, 300  # the window that ends at 1250 stands 150 ms before the block's end
    pieces = blocks([recording[: first_ms * HZ // 1000], recording[first_ms * HZ // 1000 : second_ms * HZ // 1000]])
    began_s = time.monotonic()
    stamped = [dataclasses.replace(block, arrived_s=began_s - ago_ms / 1000) for block in pieces]
    events = run(parts, stamped)
    took_ms = 1000 * (time.monotonic() - began_s)
    latency_ms = {event.t_end_ms: event.latency_ms for event in of_type(events, Estimate)}
    at_block_end, inside = latency_ms[first_ms], latency_ms[1250]
    assert at_block_end is not None
    assert inside is not None
    assert ago_ms <= at_block_end <= ago_ms + took_ms + 0.1
    assert ago_ms + 150 <= inside <= ago_ms + 150 + took_ms + 0.1
    health = of_type(events, Health)[-1]
    assert ago_ms <= health.lag_ms <= ago_ms + took_ms + 0.1


def test_a_source_without_a_clock_has_no_latency(parts: Parts, recording: Samples) -> None:
    assert {event.latency_ms for event in of_type(run(parts, live(recording[:HZ])), Estimate)} == {None}


def test_trouble_is_an_error_once_and_bad_health_after_the_last_estimate(parts: Parts, recording: Samples) -> None:
    events = run(parts, [*live(recording[: 2 * HZ]), "it has gone", "it has gone"])
    error = of_type(events, Error)
    assert [(event.code, event.message, event.t_end_ms) for event in error] == [("source", "it has gone", 2000)]
    at = events.index(error[0])
    bad = events[at + 1]
    assert isinstance(bad, Health)
    assert (bad.source, bad.source_ok) == ("script", False)
    assert not any(isinstance(event, Health) and not event.source_ok for event in events[:at])
    last = events[-1]
    assert isinstance(last, Health)
    assert not last.source_ok


def test_other_trouble_is_said_too_and_recovery_at_once(parts: Parts, recording: Samples) -> None:
    events = run(parts, [*live(recording[:HZ]), "it has gone", "it cannot be opened", WELL])
    assert [event.message for event in of_type(events, Error)] == ["it has gone", "it cannot be opened"]
    assert [event.source_ok for event in of_type(events, Health)] == [True, False, False, True, True]


def test_health_comes_at_once_then_when_it_is_due_and_at_the_end(
    parts: Parts, recording: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = live(recording[:HZ])
    assert isinstance(run(parts, script)[1], Health)
    monkeypatch.setattr(live_module, "HEALTH_EVERY_S", 1e9)
    assert len(of_type(run(parts, script), Health)) == 2
    monkeypatch.setattr(live_module, "HEALTH_EVERY_S", 0.0)
    monkeypatch.setattr(daemon, "HEALTH_ALONE_S", 0.0)
    assert len(of_type(run(parts, script), Health)) == len(script) + 1


def test_health_waits_a_little_for_the_next_estimate(
    parts: Parts, recording: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "HEALTH_EVERY_S", 0.0)
    monkeypatch.setattr(daemon, "HEALTH_ALONE_S", 1e9)
    events = run(parts, live(recording[: 2 * HZ]))
    behind = [type(before) for before, event in pairwise(events[:-1]) if isinstance(event, Health)]
    assert len(behind) >= 7
    assert Hello not in behind
    assert Health not in behind


def test_while_trouble_lasts_health_goes_on_saying_so(
    parts: Parts, recording: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "HEALTH_EVERY_S", 0.0)
    # What was captured before the device went is still on its way: the last word must not be an estimate.
    late = blocks([recording[HZ : 2 * HZ]], first_sample=HZ)
    events = run(parts, [*blocks([recording[:HZ]]), "it has gone", *late])
    after_last_estimate = events[events.index(of_type(events, Estimate)[-1]) + 1 :]
    assert not of_type(after_last_estimate, Health)[0].source_ok


def test_lost_audio_is_a_gap_and_adds_up_in_health(parts: Parts, recording: Samples) -> None:
    pieces = [
        AudioBlock(recording[:HZ], HZ, 0),
        AudioBlock(recording[:HZ], HZ, HZ + 800, lost_samples=800),
        AudioBlock(recording[:HZ], HZ, 2 * HZ + 2400, lost_samples=1600),
    ]
    events = run(parts, pieces)
    assert [event.lost_ms for event in of_type(events, Gap)] == [50, 100]
    assert of_type(events, Health)[-1].lost_ms == 150


def test_the_end_completes_whoever_speaks_and_health_is_the_last_word(parts: Parts, recording: Samples) -> None:
    events = run(parts, live(recording[: 2 * HZ + 100]))
    assert [type(event) for event in events[-3:]] == [Estimate, Utterance, Health]
    assert events[-2].t_end_ms == pytest.approx(2006, abs=64)
    assert events[-3].t_end_ms == 2006


def test_trouble_that_the_end_brings_to_light_is_said(parts: Parts, recording: Samples) -> None:
    class CutOff(Scripted):
        def blocks(self) -> Iterator[AudioBlock]:
            yield from super().blocks()
            self.trouble = "it was cut off"

    sink = CollectingSink()
    Daemon(CutOff(live(recording[:HZ])), parts.stream(), [sink]).run()
    assert [type(event) for event in sink.events[-2:]] == [Error, Health]


def test_each_health_has_the_clients_and_dropped_events_of_its_time(parts: Parts, recording: Samples) -> None:
    sink, slow, clients = CollectingSink(), CollectingSink(), iter([1, 2])

    def count() -> int:
        sink.dropped_events += 3
        slow.dropped_events += 4
        return next(clients)

    Daemon(Scripted(live(recording[:HZ])), parts.stream(), [sink, slow], count).run()
    assert [(event.clients, event.dropped_events) for event in of_type(sink.events, Health)] == [(1, 7), (2, 14)]


def test_what_the_source_raises_goes_to_the_caller_and_what_came_before_stands(
    parts: Parts, recording: Samples
) -> None:
    sink = CollectingSink()
    script: list[AudioBlock | str | Exception] = [*live(recording[:HZ]), UnavailableError("it cannot be opened")]
    with pytest.raises(UnavailableError, match="it cannot be opened"):
        Daemon(Scripted(script), parts.stream(), [sink]).run()
    assert of_type(sink.events, Estimate)


def test_a_pause_ends_the_utterance_is_said_at_once_and_is_a_gap_but_no_loss(parts: Parts, recording: Samples) -> None:
    switch, beats = PauseSwitch(), []
    at = {2: switch.pause, 4: switch.resume}  # seconds: both within the recording's first sentence

    class Paused(Scripted):
        def blocks(self) -> Iterator[AudioBlock]:
            for block in super().blocks():
                if block.first_sample % HZ == 0 and (turn := at.get(block.first_sample // HZ)):
                    turn("test")
                yield block

    sink = CollectingSink()
    source = Paused(live(recording[: 6 * HZ]))
    Daemon(source, parts.stream(), [sink], switch=switch, on_beat=lambda: beats.append(1)).run()
    events = sink.events
    assert [event.seq for event in events] == list(range(len(events)))
    (gap,) = of_type(events, Gap)
    assert (gap.t_start_ms, gap.t_end_ms, gap.lost_ms, gap.reason) == (2000, 4000, 0.0, "paused")
    verdict = of_type(events, Utterance)[0]
    bad = next(event for event in events if isinstance(event, Health) and event.paused_by)
    assert verdict.t_end_ms <= 2000
    assert events.index(verdict) < events.index(bad) < events.index(gap)
    assert bad.paused_by == ("person",)
    assert bad.source_ok
    between = events[events.index(bad) : events.index(gap)]
    assert {type(event) for event in between} == {Health}
    after = of_type(events[events.index(gap) :], Health)
    assert after[0].paused_by == ()
    assert after[-1].lost_ms == 0
    assert of_type(events[events.index(gap) :], Estimate)[0].t_end_ms == 4500
    # Both sides are as streams of their own.
    assert_same(events_of_sound(events[: events.index(bad)]), events_of_sound(parts.whole(recording[: 2 * HZ])))
    assert len(beats) == 6 * HZ // BLOCK


def events_of_sound(events: list[Event]) -> list[Event]:
    return [msgspec.structs.replace(event, seq=0) for event in events if not isinstance(event, Hello | Health)]


def test_a_pause_before_the_first_sound(parts: Parts, recording: Samples) -> None:
    switch = PauseSwitch()
    switch.pause("test")
    sink = CollectingSink()
    Daemon(Scripted(live(recording[:HZ])), parts.stream(), [sink], switch=switch).run()
    assert {type(event) for event in sink.events} == {Hello, Health}
    assert {event.paused_by for event in of_type(sink.events, Health)} == {("person",)}


def test_a_sink_that_fails_ends_alone_and_is_counted(
    parts: Parts, recording: Samples, caplog: pytest.LogCaptureFixture
) -> None:
    class Failing(CollectingSink):
        name = "the failing one"

        def emit(self, event: Event) -> None:
            super().emit(event)
            if len(self.events) == 3:
                raise RuntimeError("a fault of its own")

    failing, well = Failing(), CollectingSink()
    Daemon(Scripted(live(recording[: 3 * HZ])), parts.stream(), [failing, well]).run()
    assert len(failing.events) == 3
    assert len(of_type(well.events, Estimate)) > 5
    assert of_type(well.events, Health)[-1].dropped_events == len(well.events) - 3  # all but two, and but this one
    assert [record.message for record in caplog.records if record.exc_info] == [
        "the failing one failed and gets no more events"
    ]
