"""The outbox is bounded, fresh, in order, and reports what it dropped, for any order of puts and takes."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from emostream.events import Estimate, Event, decode
from emostream.server.outbox import KEPT_EVENTS, EncodedEvent, Outbox
from tests.support.stream_events import estimate, gap, hello, utterance

ACTIONS = st.lists(st.sampled_from([estimate, utterance, gap, None]), max_size=400)


def put(outbox: Outbox, *events: Event, **settings: Any) -> list[int]:
    return [outbox.put(EncodedEvent(event), **settings) for event in events]


def take(outbox: Outbox) -> Event | None:
    frame = outbox.take()
    return None if frame is None else decode(frame[frame.index(b"{") :])


def test_an_estimate_replaces_the_unsent_one_and_nothing_else() -> None:
    outbox = Outbox()
    put(outbox, hello())
    assert take(outbox) == hello()
    assert put(outbox, estimate(1), utterance(2), gap(3), estimate(4)) == [0, 0, 0, 1]
    assert take(outbox) == msgspec.structs.replace(utterance(2), dropped=1)
    assert [take(outbox) for _ in range(3)] == [gap(3), estimate(4), None]
    assert outbox.dropped == 1


def test_answers_to_a_client_itself_never_give_way() -> None:
    outbox = Outbox()
    assert put(outbox, *(estimate(seq) for seq in range(5)), keep=True) == [0] * 5
    assert [event.seq for event in iter(lambda: take(outbox), None) if event] == [0, 1, 2, 3, 4]


def test_streams_do_not_replace_each_other() -> None:
    outbox = Outbox()
    other = msgspec.structs.replace(estimate(2), stream="desk")
    assert put(outbox, estimate(1), other, estimate(2)) == [0, 0, 1]
    outbox.forget("live")
    assert [take(outbox), take(outbox)] == [other, None]


def test_who_lets_what_happened_once_pile_up_is_known_and_loses_none_of_it() -> None:
    outbox = Outbox()
    put(outbox, *(utterance(seq) for seq in range(KEPT_EVENTS)))
    assert not outbox.overflowing
    put(outbox, utterance(KEPT_EVENTS))
    assert outbox.overflowing
    assert take(outbox) == utterance(0)
    assert outbox.dropped == 0


def test_a_hello_clears_what_was_before_it() -> None:
    outbox = Outbox()
    assert put(outbox, utterance(1), hello()) == [0, 1]
    assert take(outbox) == hello()


@given(ACTIONS)
def test_any_order_of_putting_and_taking(actions: list[type[Event] | None]) -> None:
    outbox, n_put, taken = Outbox(), 0, []
    for action in actions:
        if action is None:
            taken += [event for event in [take(outbox)] if event is not None]
        else:
            n_put += 1
            put(outbox, action(n_put))  # type: ignore[call-arg, arg-type]
        assert sum(isinstance(encoded.event, Estimate) for encoded in outbox._unsent) <= 1
    while (event := take(outbox)) is not None:
        taken.append(event)
    assert n_put == len(taken) + outbox.dropped
    last = taken[0].seq - 1 if taken else 0
    for event in taken:
        assert event.seq == last + 1 + event.dropped
        last = event.seq
