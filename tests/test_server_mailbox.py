"""The mailbox is bounded, fresh, in order and honest about what it dropped, whatever is put and taken."""

from hypothesis import given
from hypothesis import strategies as st

from streamer.events import Event
from streamer.server.mailbox import KEPT_EVENTS, Mailbox
from tests.stream_events import estimate, gap, hello, utterance

ACTIONS = st.lists(st.sampled_from([estimate, utterance, gap, None]), max_size=400)


def test_an_estimate_replaces_the_unsent_one_and_nothing_else() -> None:
    mailbox = Mailbox()
    dropped = [mailbox.put(event, str(event.seq)) for event in (estimate(1), utterance(2), gap(3), estimate(4))]
    assert dropped == [0, 0, 0, 1]
    assert [mailbox.take() for _ in range(4)] == ["2", "3", "4", None]
    assert mailbox.dropped == 1


def test_kept_events_are_bounded_and_the_oldest_gives_way() -> None:
    mailbox = Mailbox()
    for seq in range(1, KEPT_EVENTS + 11):
        mailbox.put(utterance(seq), str(seq))
    assert len(mailbox) == KEPT_EVENTS
    assert mailbox.dropped == 10
    assert mailbox.take() == "11"


def test_a_hello_is_never_pushed_out_and_clears_what_was_before_it() -> None:
    mailbox = Mailbox()
    mailbox.put(utterance(1), "old")
    assert mailbox.put(hello(), "hello") == 1
    for seq in range(1, 2 * KEPT_EVENTS):
        mailbox.put(utterance(seq), str(seq))
    assert mailbox.take() == "hello"


@given(ACTIONS)
def test_any_order_of_putting_and_taking(actions: list[type[Event] | None]) -> None:
    mailbox, put, taken = Mailbox(), 0, []
    for action in actions:
        if action is None:
            text = mailbox.take()
            taken += [int(text)] if text is not None else []
        else:
            put += 1
            mailbox.put(action(put), str(put))
        assert len(mailbox) <= KEPT_EVENTS + 1
    left = len(mailbox)
    while (text := mailbox.take()) is not None:
        taken.append(int(text))
    assert taken == sorted(taken)
    assert put == len(taken) + mailbox.dropped
    assert left == 0 or taken[-1] == put
