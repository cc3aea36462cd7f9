"""Streams that others follow: late joiners, several streams, slow readers, the end of a stream."""

from collections.abc import Sequence

from emostream.conformance.events import check_sequence
from emostream.conformance.rules import BrokenRuleError, require, rule
from emostream.conformance.target import RATE_HZ, Peer, Target, tag
from emostream.events import Error, Estimate, Hello
from emostream.protocol import ServerEvent

SECTION = "What the server sends"
MESSAGES = "What a client may send"


@rule(MESSAGES, "with 'publish' others follow the stream and get its events, except moods and profiles")
def publish(target: Target) -> None:
    name = target.new_name()
    with target.connect(name) as follower, target.connect() as speaker:
        speaker.start(publish=name, source="conformance")
        speaker.send(target.speech, {"type": "mood", "mood": None}, {"type": "stop"})
        speaker.until("summary")
        follower.until("summary")
        first = follower.events[0]
        require(
            isinstance(first, Hello) and first.source == "conformance",
            f"'{tag(first)}' first",
            "'hello' with the source",
        )
        require({event.stream for event in follower.events} == {name}, "another stream's events", f"those of {name!r}")
        require("mood" not in map(tag, follower.events), "another client's 'mood'", "none")
        kept = [event.seq for event in speaker.events if tag(event) in ("utterance_start", "utterance", "summary")]
        got = [event.seq for event in follower.events if tag(event) in ("utterance_start", "utterance", "summary")]
        require(got == kept, f"events {got}", f"{kept}, as the speaker")
        check_sequence(follower.events)


@rule(
    SECTION,
    "a late joiner gets at once 'hello' with the latest 'seq', the state in the order of its numbers, then no hole",
)
def late_joiner(target: Target) -> None:
    name = target.new_name()
    with target.connect() as speaker:
        speaker.start(publish=name)
        speaker.send(target.speech[: 2 * 4 * RATE_HZ])
        _until_ms(speaker, 4_000)
        with target.connect(name) as late:
            late.until("estimate")
            hello, *state = late.events
            latest = max(event.seq for event in speaker.events)
            require(isinstance(hello, Hello), f"'{tag(hello)}' first", "'hello'")
            require(hello.seq >= latest, f"hello with seq {hello.seq}", f"{latest}, that of the latest event")
            numbers = [event.seq for event in state]
            require(
                numbers == sorted(numbers) and numbers[-1] <= hello.seq, f"{numbers} after it", "older ones, in order"
            )
            known = {event.seq: event for event in speaker.events}
            require(
                all(tag(event) == tag(known[event.seq]) for event in state if event.seq in known),
                "other events",
                "the same",
            )
            speaker.send(target.speech[2 * 4 * RATE_HZ :], {"type": "stop"})
            late.until("summary")
            check_sequence(late.events)


@rule(SECTION, "of a stream that has ended nothing is sent to who joins")
def late_joiner_of_nothing(target: Target) -> None:
    name = target.new_name()
    with target.connect() as speaker:
        speaker.start(publish=name)
        speaker.send(target.speech, {"type": "stop"})
        speaker.until("summary")
        with target.connect(name) as late:
            late.nothing_comes("the stream has ended")


@rule(SECTION, "a follower that reads late misses estimates alone, and 'dropped' says how many")
def slow_follower(target: Target) -> None:
    name = target.new_name()
    with target.connect(name) as follower, target.connect() as speaker:
        speaker.start(publish=name)
        for _ in range(6):
            speaker.send(target.speech)
        speaker.send({"type": "stop"})
        speaker.until("summary", 60)
        follower.until("summary", 60)
        check_sequence(follower.events)
        for kind in ("utterance_start", "utterance"):
            kept, got = (sum(tag(event) == kind for event in peer.events) for peer in (speaker, follower))
            require(got == kept, f"{got} of {kept} '{kind}'", "all of them")


@rule(SECTION, "of a client's own audio nothing is dropped")
def own_audio_whole(target: Target) -> None:
    require(not any(event.dropped for event in target.told[0]), "'dropped' in events of one's own audio", "none")


@rule(MESSAGES, "'subscribe' takes the place of what was followed before, null of all")
def subscribe(target: Target) -> None:
    one, other = target.new_name(), target.new_name()
    with target.connect() as first, target.connect() as second, target.connect(one) as follower:
        first.start(publish=one)
        require(follower.until("hello")[-1].stream == one, "another stream", one)
        follower.send({"type": "subscribe", "stream": other})
        second.start(publish=other)
        require(follower.until("hello")[-1].stream == other, "another stream", f"{other}, as soon as there is one")
        first.send(target.speech, {"type": "flush"})
        first.until("summary")
        follower.nothing_comes("that stream is not followed any more")
        follower.send({"type": "subscribe", "stream": None})
        follower.is_open()
        second.send(target.speech, {"type": "flush"})
        second.until("summary")
        follower.nothing_comes("no stream is followed any more")


@rule(
    MESSAGES,
    "after 'stop' followers get 'stream_ended', and a 'hello' when the stream is back; the name is free at once",
)
def stream_ended(target: Target) -> None:
    name = target.new_name()
    with target.connect(name) as follower, target.connect() as speaker, target.connect() as next_one:
        speaker.start(publish=name)
        speaker.send(target.speech[: 2 * RATE_HZ], {"type": "stop"})
        speaker.until("summary")
        next_one.start(publish=name)
        next_one.until("hello")
        error = follower.until("error")[-1]
        require(isinstance(error, Error) and error.code == "stream_ended", f"the error {error}", "'stream_ended'")
        before = tag(follower.events[-2])
        require(before == "summary", f"'{before}' before it", "'summary'")
        follower.until("hello")


@rule(MESSAGES, "a name that somebody has, 'live', 'audio' and one's own followed stream are 'name_taken'")
def name_taken(target: Target) -> None:
    name = target.new_name()
    with target.connect() as speaker:
        speaker.start(publish=name)
        speaker.until("hello")
        for taken in (name, "live", "audio"):
            with target.connect() as peer:
                peer.start(publish=taken)
                peer.refused("name_taken", 1008)
    followed = target.new_name()
    with target.connect(followed) as peer:
        peer.start(publish=followed)
        peer.refused("name_taken", 1008)


@rule("Errors and close codes", "to follow the name under which one publishes is 'out_of_order'")
def follow_oneself(target: Target) -> None:
    name = target.new_name()
    with target.connect() as peer:
        peer.start(publish=name)
        peer.until("hello")
        peer.send({"type": "subscribe", "stream": name})
        peer.refused("out_of_order", 1008)


def _until_ms(peer: Peer, t_end_ms: int) -> Sequence[ServerEvent]:
    while True:
        event = peer.until("estimate")[-1]
        if isinstance(event, Estimate) and event.t_end_ms >= t_end_ms:
            return peer.events
        if isinstance(event, Error):
            raise BrokenRuleError(f"found the error {event.code}, expected estimates up to {t_end_ms} ms")
