"""Types of events by name, and a sink that gets some of them."""

import pytest

from emostream.errors import UsageError
from emostream.events import TYPES, Gap, Hello, UtteranceStart
from emostream.sinks.filtered import FilteredSink, checked_types
from tests.support.sinks import CollectingSink

AT = {"stream": "m", "t_start_ms": 0, "t_end_ms": 1}
HELLO = Hello(seq=0, labels=("a",), window_ms=1, step_ms=1, models=(), source="m", **AT)
GAP = Gap(seq=1, lost_ms=1.0, **AT)
START = UtteranceStart(seq=2, **AT)


def test_every_type_of_event_has_its_name() -> None:
    assert list(TYPES) == [
        "hello", "estimate", "utterance_start", "utterance", "gap", "health", "error", "summary"
    ]  # fmt: skip
    assert TYPES["gap"] is Gap


def test_only_what_is_wanted_arrives_and_the_hello() -> None:
    collected = CollectingSink()
    sink = FilteredSink(collected, ["gap"])
    for event in (HELLO, START, GAP):
        sink.emit(event)
    assert collected.events == [HELLO, GAP]
    collected.dropped_events = 3
    assert (sink.name, sink.dropped_events) == ("memory", 3)
    sink.close()
    assert collected.closed


def test_types_stand_with_commas_between_them() -> None:
    assert checked_types("utterance, gap,", "--events") == ("utterance", "gap")


@pytest.mark.parametrize(
    ("text", "found"), [("gap,utterances", "found 'utterances'"), (" , ", "found no type of event")]
)
def test_a_type_that_there_is_not_is_one_line(text: str, found: str) -> None:
    with pytest.raises(UsageError, match=f"{found}.*--events, expected some of hello, estimate, .*summary") as caught:
        checked_types(text, "--events")
    assert "\n" not in str(caught.value)
