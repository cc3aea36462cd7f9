"""The section "What the server sends": the fields of events, their order and their numbers."""

import re
import time
from collections.abc import Sequence
from typing import TypeVar

from emostream.conformance.rules import BrokenRuleError, require, rule
from emostream.conformance.target import RATE_HZ, SPEECH_S, Target, tag
from emostream.events import Estimate, Event, Gap, Health, Hello, Summary, Utterance, UtteranceStart
from emostream.protocol import ServerEvent

E = TypeVar("E", bound=Event)
SECTION = "What the server sends"
SECOND_BYTES = 2 * RATE_HZ
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
ANSWERS = ("error", "mood", "profile")  # for one client alone, outside the count


def check_sequence(events: Sequence[ServerEvent]) -> None:
    """Require the rule of ``seq`` of the events of one stream."""
    last = None
    for event in events:
        if tag(event) in ANSWERS:
            continue
        if last is not None and not isinstance(event, Hello) and event.seq > last:
            expected = last + 1 + event.dropped
            require(event.seq == expected, f"seq {event.seq} of '{tag(event)}' after {last}", f"{expected}")
        last = event.seq if last is None or isinstance(event, Hello) else max(last, event.seq)


@rule(SECTION, "every event has 'v' 1, 'type', 'stream', 'seq', 't_start_ms', 't_end_ms' and a wall clock in UTC")
def common_fields(target: Target) -> None:
    for raw in target.told[1]:
        missing = {"v", "type", "stream", "seq", "t_start_ms", "t_end_ms", "ts"} - raw.keys()
        require(not missing, f"'{raw.get('type')}' without {sorted(missing)}", "the fields of all events")
        require(raw["v"] == 1, f"v {raw['v']!r}", "1")
        require(raw["stream"] == "audio", f"stream {raw['stream']!r}", "'audio'")
        require(
            raw["t_start_ms"] <= raw["t_end_ms"],
            f"{raw['t_start_ms']} to {raw['t_end_ms']} ms",
            "a span that ends later",
        )
        require(TIME.fullmatch(raw["ts"]), f"ts {raw['ts']!r}", "RFC 3339 in UTC")


@rule(SECTION, "within a stream 'seq' is the last one + 1 + 'dropped', from that of 'hello' on")
def sequence(target: Target) -> None:
    with target.connect() as peer:
        peer.start()
        peer.send(target.speech, {"type": "stop"})
        peer.until("summary")
        check_sequence(peer.events)


@rule(SECTION, "'hello' comes first, with labels, window, step and models")
def hello_first(target: Target) -> None:
    first = target.told[0][0]
    require(isinstance(first, Hello), f"'{tag(first)}'", "'hello' first")
    assert isinstance(first, Hello)
    require(first.labels, "no labels", "labels")
    require(
        first.window_ms > 0 and first.step_ms > 0, f"{first.window_ms} and {first.step_ms} ms", "a window and a step"
    )
    require(first.models, "no models", "models")
    named = set(first.moods)
    require(
        named in (set(), {"neutral"}, set(first.labels)), f"moods {first.moods}", "none, neutral alone, or all labels"
    )


@rule(SECTION, "an 'estimate' comes every step, first at the end of the second step")
def estimate_every_step(target: Target) -> None:
    step_ms = _hello(target).step_ms
    ends_ms = [event.t_end_ms for event in _of(target, Estimate)]
    if ends_ms[-1] % step_ms:  # audio may end within a step
        ends_ms.pop()
    expected = list(range(2 * step_ms, SPEECH_S * 1000 + 1, step_ms))
    require(ends_ms == expected, f"estimates at {ends_ms[:6]} ms", f"{expected[:6]}")


@rule(SECTION, "'p' has all labels and sums to 1, or is empty while nobody has spoken; 'confidence' is its largest")
def estimate_probabilities(target: Target) -> None:
    labels = set(_hello(target).labels)
    for event in _of(target, Estimate):
        require(event.p.keys() in (labels, set()), f"p of {sorted(event.p)}", f"p of {sorted(labels)}, or empty")
        if event.p:
            require(abs(sum(event.p.values()) - 1) < 0.01, f"p that sums to {sum(event.p.values()):.3f}", "1")
            require(
                abs(event.confidence - max(event.p.values())) < 0.001,
                f"confidence {event.confidence}",
                "the largest of p",
            )


@rule(SECTION, "'label' is one of the labels, and null where nobody speaks")
def estimate_label(target: Target) -> None:
    labels = _hello(target).labels
    for event in _of(target, Estimate):
        require(event.label is None or event.label in labels, f"label {event.label!r}", f"one of {labels}")
        require(event.speech or event.label is None, f"label {event.label!r} without speech", "null")


@rule(SECTION, "'agreement' lies from 0 to 1, 'level_dbfs' at 0 or below, 'latency_ms' is not negative")
def estimate_measures(target: Target) -> None:
    for event in _of(target, Estimate):
        require(0 <= event.agreement <= 1, f"agreement {event.agreement}", "0 to 1")
        require(event.level_dbfs <= 0.1, f"level_dbfs {event.level_dbfs}", "0 or below")
        require((event.latency_ms or 0) >= 0, f"latency_ms {event.latency_ms}", "0 or above")


@rule(SECTION, "each 'utterance_start' is followed by exactly one 'utterance', and none comes without it")
def utterance_pairs(target: Target) -> None:
    speaking = False
    found = 0
    for event in target.told[0]:
        if isinstance(event, UtteranceStart):
            require(not speaking, "a second utterance_start", "an utterance before it")
            speaking = True
        elif isinstance(event, Utterance):
            require(speaking, "an utterance without utterance_start", "utterance_start before it")
            speaking, found = False, found + 1
    require(found, "no utterance in eight seconds of speech", "some")
    require(not speaking, "an utterance that never ended", "an utterance before the summary")


@rule(SECTION, "an 'utterance' has a verdict over what was said, and 'voice' within its ranges")
def utterance_verdict(target: Target) -> None:
    labels = set(_hello(target).labels)
    for event in _of(target, Utterance):
        require(event.p.keys() in (labels, set()), f"p of {sorted(event.p)}", f"p of {sorted(labels)}, or empty")
        require(event.label is None or event.label in labels, f"label {event.label!r}", f"one of {sorted(labels)}")
        if event.voice is not None:
            require(60 <= event.voice.pitch_hz <= 600, f"pitch_hz {event.voice.pitch_hz}", "60 to 600")
            require(0 <= (event.voice.arousal or 0) <= 1, f"arousal {event.voice.arousal}", "0 to 1")


@rule(SECTION, "'summary' says how long the audio was, how much of it speech, and each label's share")
def summary_fields(target: Target) -> None:
    (summary,) = _of(target, Summary)
    seconds = len(target.speech) / 2 / RATE_HZ
    require(abs(summary.seconds - seconds) < 0.1, f"{summary.seconds} s", f"{seconds:g}")
    require(
        0 < summary.speech_seconds <= summary.seconds,
        f"{summary.speech_seconds} s of speech",
        "some, not more than all",
    )
    total = sum(summary.share.values())
    require(total <= 1.001, f"shares that sum to {total:.3f}", "1 or less")
    require(tag(target.told[0][-1]) == "summary", f"'{tag(target.told[0][-1])}' last", "'summary'")


@rule(SECTION, "'lost' audio is a 'gap' of so many milliseconds, and the clock moves on over it")
def gap_moves_the_clock(target: Target) -> None:
    with target.connect() as peer:
        peer.start()
        peer.send(target.speech[: 2 * RATE_HZ], {"type": "lost", "samples": RATE_HZ // 2}, target.speech[: 2 * RATE_HZ])
        peer.send({"type": "stop"})
        peer.until("summary")
        gaps = [event for event in peer.events if isinstance(event, Gap)]
        require([gap.lost_ms for gap in gaps] == [500], f"gaps of {[gap.lost_ms for gap in gaps]} ms", "one of 500")
        require(
            (gaps[0].t_start_ms, gaps[0].t_end_ms) == (1000, 1500), f"a gap at {gaps[0].t_start_ms} ms", "1000 to 1500"
        )
        later = [event.t_end_ms for event in peer.events if isinstance(event, Estimate) and event.seq > gaps[0].seq]
        require(later and min(later) >= 1500, f"estimates at {later} ms after it", "1500 ms and later")


@rule(SECTION, "'health' comes about every 2 s, with the server's clients and the events that they missed")
def health_comes(target: Target) -> None:
    with target.connect() as peer:
        peer.start()
        health = None
        for at in range(0, len(target.speech), SECOND_BYTES // 4):  # as a microphone sends it
            peer.send(target.speech[at : at + SECOND_BYTES // 4])
            time.sleep(0.25)
            health = next((event for event in peer.arrived() if isinstance(event, Health)), None)
            if health is not None:
                break
        if health is None:
            raise BrokenRuleError(f"found none in {SPEECH_S} s of audio in real time, expected one about every 2 s")
        require(health.clients >= 1, f"{health.clients} clients", "1 or more, this one")
        require(health.dropped_events >= 0, f"{health.dropped_events} dropped_events", "0 or more")


def _of(target: Target, kind: type[E]) -> list[E]:
    found: list[E] = [event for event in target.told[0] if isinstance(event, kind)]
    require(found, f"no '{kind.__struct_config__.tag}'", "some in eight seconds of speech")
    return found


def _hello(target: Target) -> Hello:
    return _of(target, Hello)[0]
