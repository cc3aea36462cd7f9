"""Which message a client may send when, without a socket."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emostream.protocol import AnyMessage, AskProfile, Authenticate, Flush, Lost, Reset, SetMood, Start, Stop, Subscribe
from emostream.server.client_protocol import ClientProtocol, State
from emostream.server.close_codes import RefusedError

START = Start(rate=16_000, format="f32le")
CONTROLS: list[AnyMessage] = [Lost(samples=1), Flush(), Reset(), SetMood(mood="sad"), AskProfile(name="Ada")]
TOKEN = Authenticate(token="t" * 16)
MESSAGES: list[AnyMessage | None] = [*CONTROLS, Stop(), START, TOKEN, Subscribe(stream="desk"), None]


def protocol(*, awaits_token: bool = False, takes_audio: bool = True) -> ClientProtocol:
    return ClientProtocol(awaits_token=awaits_token, takes_audio=takes_audio)


def refused(client: ClientProtocol, message: AnyMessage | None) -> str | None:
    """The code with which a message (None: audio) is refused, None where it is not."""
    try:
        if message is None:
            client.receive_audio()
        else:
            client.receive_message(message)
    except RefusedError as error:
        return error.code
    return None


@pytest.mark.parametrize("message", [message for message in MESSAGES if message is not TOKEN])
def test_before_the_token_nothing_else_is_allowed(message: AnyMessage | None) -> None:
    client = protocol(awaits_token=True)
    assert refused(client, message) == "unauthorized"
    assert client.state is State.AWAITING_TOKEN
    assert refused(client, TOKEN) is None
    assert client.state is State.IDLE


def test_a_stream_from_start_to_stop() -> None:
    client = protocol()
    assert [refused(client, message) for message in (*CONTROLS, Stop())] == ["out_of_order"] * 6
    assert refused(client, None) == "unexpected_audio"
    assert refused(client, START) is None
    assert client.is_streaming
    assert [refused(client, message) for message in (*CONTROLS, None, TOKEN, Subscribe(stream=None))] == [None] * 8
    assert refused(client, START) == "out_of_order"
    assert refused(client, Stop()) is None
    assert client.state is State.STOPPING
    assert refused(client, None) == "unexpected_audio"
    assert refused(client, Flush()) == "out_of_order"
    client.stream_ended()
    assert client.state is State.IDLE


def test_the_next_stream_may_start_before_the_last_summary() -> None:
    client = protocol()
    assert [refused(client, message) for message in (START, Stop(), START, None)] == [None] * 4
    client.stream_ended()
    assert client.is_streaming, "the end of the one before does not end this one"


def test_a_server_without_audio_says_so() -> None:
    client = protocol(takes_audio=False)
    assert refused(client, START) == "no_audio_in"
    assert refused(client, Subscribe(stream="live")) is None


def test_who_may_follow_alone_starts_nothing_until_another_token_comes() -> None:
    client = ClientProtocol(awaits_token=False, takes_audio=True, may_speak=False)
    assert refused(client, START) == "follow_only"
    assert refused(client, Subscribe(stream="live")) is None
    assert client.state is State.IDLE
    client.may_speak = True
    assert refused(client, START) is None


def test_what_is_refused_says_what_came() -> None:
    with pytest.raises(RefusedError, match="got 'flush' while no stream is started: expected 'start' before it"):
        protocol().receive_message(Flush())


@given(st.lists(st.sampled_from(MESSAGES), max_size=30))
def test_audio_is_allowed_exactly_between_start_and_stop(messages: list[AnyMessage | None]) -> None:
    client, started = protocol(), False
    for message, _ in zip(messages, itertools.count(), strict=False):
        code = refused(client, message)
        if message is None or message in CONTROLS or isinstance(message, Stop):
            assert (code is None) == started
        elif isinstance(message, Start):
            assert (code is None) != started
        if code is None and isinstance(message, Start | Stop):
            started = isinstance(message, Start)
        assert client.is_streaming == started
