"""The mailbox is bounded, fresh, in order and honest about what it dropped, whatever is put and taken."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from emostream.events import Estimate, Event, decode
from emostream.server.outbox import KEPT_EVENTS, EncodedEvent, Outbox
from tests.support.stream_events import estimate, gap, hello, utterance

ACTIONS = st.lists(st.sampled_from([estimate, utterance, gap, None]), max_size=400)


def put(mailbox: Outbox, *events: Event, **settings: Any) -> list[int]:
    return [mailbox.put(EncodedEvent.of(event), **settings) for event in events]


def take(mailbox: Outbox) -> Event | None:
    frame = mailbox.take()
    return None if frame is None else decode(frame[frame.index(b"{") :])


def test_an_estimate_replaces_the_unsent_one_and_nothing_else() -> None:
    mailbox = Outbox()
    put(mailbox, hello())
    assert take(mailbox) == hello()
    assert put(mailbox, estimate(1), utterance(2), gap(3), estimate(4)) == [0, 0, 0, 1]
    assert take(mailbox) == msgspec.structs.replace(utterance(2), dropped=1)
    assert [take(mailbox) for _ in range(3)] == [gap(3), estimate(4), None]
    assert mailbox.dropped == 1


def test_answers_to_a_client_itself_never_give_way() -> None:
    mailbox = Outbox()
    assert put(mailbox, *(estimate(seq) for seq in range(5)), keep=True) == [0] * 5
    assert [event.seq for event in iter(lambda: take(mailbox), None) if event] == [0, 1, 2, 3, 4]


def test_streams_do_not_replace_each_other() -> None:
    mailbox = Outbox()
    other = msgspec.structs.replace(estimate(2), stream="desk")
    assert put(mailbox, estimate(1), other, estimate(2)) == [0, 0, 1]
    mailbox.forget("live")
    assert [take(mailbox), take(mailbox)] == [other, None]


def test_who_lets_what_happened_once_pile_up_is_known_and_loses_none_of_it() -> None:
    mailbox = Outbox()
    put(mailbox, *(utterance(seq) for seq in range(KEPT_EVENTS)))
    assert not mailbox.overflowing
    put(mailbox, utterance(KEPT_EVENTS))
    assert mailbox.overflowing
    assert take(mailbox) == utterance(0)
    assert mailbox.dropped == 0


def test_a_hello_clears_what_was_before_it() -> None:
    mailbox = Outbox()
    assert put(mailbox, utterance(1), hello()) == [0, 1]
    assert take(mailbox) == hello()


@given(ACTIONS)
def test_any_order_of_putting_and_taking(actions: list[type[Event] | None]) -> None:
    mailbox, n_put, taken = Outbox(), 0, []
    for action in actions:
        if action is None:
            taken += [event for event in [take(mailbox)] if event is not None]
        else:
            n_put += 1
            put(mailbox, action(n_put))  # type: ignore[call-arg, arg-type]
        assert sum(isinstance(letter.event, Estimate) for letter in mailbox._unsent) <= 1
    while (event := take(mailbox)) is not None:
        taken.append(event)
    assert n_put == len(taken) + mailbox.dropped
    last = taken[0].seq - 1 if taken else 0
    for event in taken:
        assert event.seq == last + 1 + event.dropped
        last = event.seq
