"""A server whose own stream tells of its pauses, as a daemon's does, without a microphone."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from emostream.events import Health
from emostream.pause import PauseSwitch
from emostream.server.config import ServerConfig
from emostream.server.server import Server
from tests.support.stream_events import PATIENT_STEP_MS, hello


@contextmanager
def pausable_server(switch: PauseSwitch, step_ms: int = PATIENT_STEP_MS, **settings: Any) -> Iterator[Server]:
    """It has said ``hello``, and says ``health`` at first and when ``switch`` is turned."""
    server = Server(ServerConfig(**{"port": 0, **settings}), switch=switch)
    numbers = itertools.count(1)

    def tell() -> None:
        server.emit(
            Health(
                seq=next(numbers),
                stream="live",
                t_start_ms=0,
                t_end_ms=0,
                source="test microphone",
                source_ok=True,
                lost_ms=0,
                lag_ms=0,
                paused_by=switch.paused_by,
            )
        )

    try:
        server.emit(hello(step_ms=step_ms))
        tell()
        switch.listen(tell)
        yield server
    finally:
        server.close()
