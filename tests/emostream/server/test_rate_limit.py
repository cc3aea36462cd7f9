"""The token bucket of a client's messages, with a clock that the test sets."""

import json

from emostream.events import Error
from emostream.server.config import Limits
from emostream.server.rate_limit import RateLimiter
from tests.support.serving import client, receive_until, serve


def test_a_burst_then_the_rate() -> None:
    now_s = 0.0
    limiter = RateLimiter(per_s=10, burst=3, clock=lambda: now_s)
    assert [limiter.take() for _ in range(4)] == [True, True, True, False]
    now_s = 0.25  # 2.5 messages later, of which the refused one has taken one
    assert [limiter.take() for _ in range(2)] == [True, False]


def test_idle_time_saves_no_more_than_a_burst() -> None:
    now_s = 0.0
    limiter = RateLimiter(per_s=10, burst=3, clock=lambda: now_s)
    now_s = 1000.0
    assert [limiter.take() for _ in range(4)] == [True, True, True, False]


def test_a_client_beyond_it_is_refused() -> None:
    server = serve(limits=Limits(messages_per_s=0.001, burst_messages=2))
    try:
        with client(server) as connection:
            for _ in range(3):
                connection.send(json.dumps({"type": "subscribe", "stream": None}))
            assert receive_until(connection, Error)[-1].code == "too_fast"
    finally:
        server.close()
