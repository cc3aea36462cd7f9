"""The hub encodes an event once for all receivers, and not at all without a receiver."""

import msgspec
import pytest

from emostream.events import Error, Estimate, Event, Health, Hello, decode, encode
from emostream.inference.profile import SpeakerProfile
from emostream.protocol import Mood, Profile
from emostream.server import outbox as outbox_module
from emostream.server.hub import ESTIMATE_AGE_S, Hub
from emostream.server.outbox import Outbox
from tests.support.stream_events import estimate, gap, hello, utterance


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    """All events that were encoded, as often as they were."""
    events: list[Event] = []

    def counted(event: Event) -> bytes:
        events.append(event)
        return encode(event)

    monkeypatch.setattr(outbox_module, "encode", counted)
    return events


def take_all(hub: Hub, outbox: Outbox) -> list[Event]:
    """What a client of this outbox is sent: every frame is short enough to begin with two bytes and a length of two."""
    events = []
    while data := hub.take(outbox):
        while data:
            size, start = (data[1], 2) if data[1] < 126 else (int.from_bytes(data[2:4], "big"), 4)
            events.append(decode(data[start : start + size]))
            data = data[start + size :]
    return events


def test_an_event_is_encoded_once_for_its_client_all_followers_and_who_joins_later(encoded: list[Event]) -> None:
    hub, own, followers, late = Hub(), Outbox(), [Outbox() for _ in range(3)], Outbox()
    for follower in followers:
        hub.follow(follower, "live")
    sent = [hello(), estimate(1)]
    assert hub.claim("live", own)
    hub.deliver(own, sent)
    assert [take_all(hub, outbox) for outbox in (own, *followers)] == [sent] * 4
    hub.follow(late, "live")
    assert take_all(hub, late) == [hello(seq=1), estimate(1)]
    assert encoded == [*sent, hello(seq=1)], "a late joiner's hello has another number, all else is encoded already"


def test_what_nobody_gets_is_not_encoded(encoded: list[Event]) -> None:
    hub = Hub()
    for event in (hello(), estimate(1), utterance(2), gap(3)):
        hub.publish(event)
    assert encoded == []


def test_profiles_and_moods_are_published_to_nobody() -> None:
    hub, own, follower = Hub(), Outbox(), Outbox()
    hub.follow(follower, "live")
    hub.publish(hello())
    take_all(hub, follower)
    profile = Profile(
        seq=0, stream="live", t_start_ms=0, t_end_ms=0, profile=SpeakerProfile(name="Ada", seconds=1.0, models=())
    )
    mood = Mood(seq=0, stream="live", t_start_ms=0, t_end_ms=0, mood="sad", seconds={})
    assert hub.claim("live", own)
    hub.deliver(own, [profile, mood, msgspec.structs.replace(gap(1), lost_ms=1.0)])
    assert len(own) == 3
    assert [event.seq for event in take_all(hub, follower)] == [1]


def types_of(hub: Hub, outbox: Outbox) -> list[type[Event]]:
    return [type(event) for event in take_all(hub, outbox)]


def test_an_estimate_of_long_ago_says_nothing_to_who_joins_now() -> None:
    now_s = 100.0
    hub, soon, late = Hub(lambda: now_s), Outbox(), Outbox()
    hub.publish(hello())
    hub.publish(estimate(1))
    hub.follow(soon, "live")
    assert types_of(hub, soon) == [Hello, Estimate]
    now_s += ESTIMATE_AGE_S + 1
    hub.follow(late, "live")
    assert types_of(hub, late) == [Hello]


def test_a_name_is_free_with_the_last_event_and_what_comes_late_reaches_nobody() -> None:
    hub, first, second, follower = Hub(), Outbox(), Outbox(), Outbox()
    hub.follow(follower, "live")
    assert hub.claim("live", first)
    assert not hub.claim("live", second)
    hub.deliver(first, [hello(), estimate(1)], ends="live")
    assert types_of(hub, follower) == [Hello, Estimate, Error]
    assert hub.claim("live", second)
    hub.release("live", first)
    hub.deliver(first, [estimate(2)])
    assert types_of(hub, follower) == [], "the name is another's now"
    hub.deliver(second, [hello()])
    assert types_of(hub, follower) == [Hello]


def test_only_outboxes_that_got_something_are_looked_at() -> None:
    hub, own, follower, other = Hub(), Outbox(), Outbox(), Outbox()
    hub.follow(follower, "live")
    hub.follow(other, "desk")
    assert hub.take_changed() == set()
    hub.publish(hello())
    assert hub.take_changed() == {follower}
    hub.deliver(own, [utterance(0)])
    hub.touch(other)
    assert hub.take_changed() == {own, other}
    hub.publish(estimate(1))
    hub.leave(follower, "live")
    assert hub.take_changed() == set()


def test_who_joins_in_a_pause_learns_of_it_and_gets_no_estimate() -> None:
    hub, late = Hub(), Outbox()
    health = Health(
        seq=2,
        stream="live",
        t_start_ms=0,
        t_end_ms=0,
        source="x",
        source_ok=True,
        lost_ms=0,
        lag_ms=0,
        paused_by=("person",),
    )
    for event in (hello(), estimate(1), health):
        hub.publish(event)
    hub.follow(late, "live")
    assert take_all(hub, late) == [hello(seq=2), health]
