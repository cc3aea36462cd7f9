"""The client's own part: which array is audio, and where iterating ends."""

import asyncio
import inspect
from collections.abc import Iterator

import numpy as np
import pytest

from emostream.audio import Samples
from emostream.client import AsyncClient, Client, aconnect, connect
from emostream.events import Error, Estimate, Gap, Hello, Summary
from emostream.protocol import Profile
from emostream.server.server import Server
from tests.support.serving import serve
from tests.support.streams import HZ, Parts, of_type


@pytest.fixture(scope="module")
def server(parts: Parts) -> Iterator[Server]:
    started = serve(parts)
    yield started
    started.close()


@pytest.fixture
def url(server: Server) -> str:
    return f"ws://127.0.0.1:{server.port}/ws?stream="


def test_iterating_ends_with_the_summary_that_answers_stop(url: str, recording: Samples) -> None:
    with connect(url) as client:
        client.start(HZ)
        client.send(recording[: 2 * HZ])
        client.stop()
        events = list(client)
        assert isinstance(events[0], Hello)
        assert isinstance(events[-1], Summary)
        assert len(of_type(events, Estimate)) >= 7
        client.start(HZ)
        client.send(recording[:HZ])
        client.stop()
        again = list(client)
    assert again[0].seq == 0
    assert isinstance(again[-1], Summary)
    assert again[-1].seconds == 1


def test_a_flush_before_stop_has_a_summary_of_its_own(url: str, recording: Samples) -> None:
    with connect(url) as client:
        client.start(HZ, publish="desk")
        client.send(recording[:HZ])
        client.lost(HZ)
        client.flush()
        client.send((recording[:HZ] * 32767).astype(np.int16))
        client.stop()
        events = list(client)
    assert [event.seconds for event in of_type(events, Summary)] == [2, 3]
    assert [event.lost_ms for event in of_type(events, Gap)] == [1000]


def test_whoever_leaves_at_the_summary_may_speak_again(url: str, recording: Samples) -> None:
    with connect(url) as client:
        for _ in range(2):
            client.start(HZ)
            client.send(recording[:HZ])
            client.stop()
            assert any(isinstance(event, Summary) for event in client)
        client.start(HZ)
        client.stop()
        assert [event.seconds for event in of_type(list(client), Summary)] == [0]


def test_stop_may_be_said_once_the_answer_to_flush_is_there(url: str, recording: Samples) -> None:
    with connect(url) as client:
        client.start(HZ)
        client.send(recording[:HZ])
        client.flush()
        seconds = []
        for event in client:
            if isinstance(event, Summary):
                seconds.append(event.seconds)
                if len(seconds) == 1:
                    client.send(recording[:HZ])
                    client.stop()
    assert seconds == [1, 2]


def test_with_asyncio_it_is_the_same(url: str, recording: Samples) -> None:
    async def speak() -> list[object]:
        async with await aconnect(url) as client:
            await client.start(HZ)
            await client.send(np.column_stack([recording[:HZ]] * 2))
            await client.lost(800)
            await client.flush()
            await client.set_mood("sad")
            await client.ask_profile("Ada")
            await client.stop()
            return [event async for event in client]

    events = asyncio.run(asyncio.wait_for(speak(), 60))
    assert [event.seconds for event in events if isinstance(event, Summary)] == [1.05, 1.05]
    assert not [event for event in events if isinstance(event, Profile)], "the tiny models make none"
    assert [event.code for event in events if isinstance(event, Error)] == ["no_profile", "no_profile"]


def test_a_reset_begins_anew_and_another_stream_may_be_followed(url: str, recording: Samples) -> None:
    with connect(url) as client:
        client.start(HZ)
        client.send(recording[: 2 * HZ])
        client.reset()
        client.set_mood("no label")
        client.subscribe("nobody")
        client.subscribe(None)
        client.stop()
        events = list(client)
    assert [event.seq for event in of_type(events, Hello)] == [0, 0]
    assert [event.code for event in of_type(events, Error)] == ["no_mood"]
    assert of_type(events, Summary)[-1].seconds == 0


@pytest.mark.parametrize("audio", [np.zeros(HZ), np.zeros(HZ, np.int32), [0.0], "text", None])
def test_what_is_no_audio_is_never_sent(url: str, audio: object) -> None:
    with connect(url) as client:
        client.start(HZ)
        with pytest.raises(TypeError, match="expected float32"):
            client.send(audio)
        client.stop()
        assert of_type(list(client), Summary)[0].seconds == 0


def test_the_asynchronous_client_can_all_that_the_plain_one_can() -> None:
    plain = {name: inspect.signature(method) for name, method in vars(Client).items() if not name.startswith("_")}
    for name, signature in plain.items():
        assert inspect.signature(getattr(AsyncClient, name)).parameters == signature.parameters, name
