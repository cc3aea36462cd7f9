"""What every sink has: a name for people, and a count of the events that it dropped."""

import io

import pytest
from rich.console import Console

from emostream.events import Gap
from emostream.server.config import ServerConfig
from emostream.server.server import Server
from emostream.sinks import Sink
from emostream.sinks.dashboard.screen import Dashboard
from emostream.sinks.detached import DetachedSink
from emostream.sinks.jsonl import JsonlSink
from emostream.sinks.text import TextSink

MAKERS = {
    "JSON lines": lambda: JsonlSink(io.BytesIO()),
    "text": lambda: TextSink(Console(file=io.StringIO())),
    "dashboard": lambda: Dashboard(Console(file=io.StringIO())),
    "server": lambda: Server(ServerConfig(port=0)),
}


@pytest.mark.parametrize("name", MAKERS)
def test_a_sink_has_a_name_and_has_dropped_nothing_that_it_could_take(name: str) -> None:
    sink: Sink = MAKERS[name]()
    try:
        sink.emit(Gap(seq=0, stream="live", t_start_ms=0, t_end_ms=1, lost_ms=1.0))
        assert (sink.name, sink.dropped_events) == (name, 0)
    finally:
        sink.close()


def test_a_detached_sink_has_the_name_of_the_sink_behind_it() -> None:
    sink = DetachedSink(JsonlSink(io.BytesIO()))
    sink.close()
    assert sink.name == "JSON lines"
