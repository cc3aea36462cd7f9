"""Clients' audio that processes read: the events of the file, and what becomes of clients whose process ends."""

import http.client
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from emostream import assets
from emostream.audio import AudioBlock, Samples
from emostream.errors import ModelError
from emostream.events import Error, Health, Hello, Summary
from emostream.server.config import ServerConfig
from emostream.server.process_reader import Workers
from emostream.server.server import Server
from emostream.server.worker_messages import Setup
from tests.support.serving import PATIENCE_S, client, receive_until, until
from tests.support.streams import HZ, assert_same, numbered

START = '{"type":"start","rate":16000,"format":"s16le"%s}'
FRAME_BYTES = 3200


def serve_with(models: list[Path], count: int = 2) -> Server:
    setup = Setup(tuple(map(str, models)), reliability=None, be_right=None, drift=True)
    return Server(ServerConfig(port=0), assets.load_models(models), workers=Workers(count, setup))


@pytest.fixture
def server(tiny_paths: list[Path]) -> Iterator[Server]:
    started = serve_with(tiny_paths)
    yield started
    started.close()


def started(server: Server, more: str = "") -> ClientConnection:
    connection = client(server)
    connection.send(START % more)
    receive_until(connection, Hello)
    return connection


def livez(server: Server) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)
    connection.request("GET", "/livez")
    response = connection.getresponse()
    answer = response.status, response.read()
    connection.close()
    return answer


def processes(server: Server) -> list[int]:
    return [process._process.pid for process in server._reader._processes]  # type: ignore[union-attr]


def test_events_are_those_of_the_file_and_clients_are_spread(
    server: Server, tiny_paths: list[Path], recording: Samples
) -> None:
    pcm = (np.resize(recording, 6 * HZ) * 32767).astype("<i2")
    stream = assets.load_stream_factory(tiny_paths).stream(HZ, stream="audio", source="")
    expected = [*stream.push(AudioBlock((pcm / np.float32(32768)).astype(np.float32), HZ, 0)), *stream.flush()]
    speakers = [started(server) for _ in range(3)]
    assert server.streams == 3
    assert sorted(len(process.clients) for process in server._reader._processes) == [1, 2]  # type: ignore[union-attr]
    for speaker in speakers:
        for start in range(0, 2 * len(pcm), FRAME_BYTES):
            speaker.send(pcm.tobytes()[start : start + FRAME_BYTES])
        speaker.send('{"type":"stop"}')
    for speaker in speakers:
        events = receive_until(speaker, Summary)
        judged = [event for event in events if not isinstance(event, Health | Summary)]
        assert_same(numbered(judged), numbered(expected))
        speaker.close()
    until(lambda: server.streams == 0)


def test_who_follows_a_published_stream_gets_its_events(server: Server) -> None:
    speaker = started(server, ',"publish":"desk"')
    with client(server, "/ws?stream=desk") as follower:
        speaker.send(np.zeros(HZ, "<i2").tobytes())
        receive_until(follower, Hello)
        speaker.send('{"type":"stop"}')
        receive_until(follower, Summary)
        assert receive_until(follower, Error)[-1].code == "stream_ended"  # type: ignore[union-attr]
    speaker.close()


def test_bad_audio_and_a_profile_of_other_models_are_refused(server: Server) -> None:
    speaker = client(server)
    speaker.send('{"type":"start","rate":16000,"format":"f32le"}')
    receive_until(speaker, Hello)
    speaker.send(np.full(HZ, np.nan, "<f4").tobytes())
    assert receive_until(speaker, Error)[-1].code == "bad_audio"  # type: ignore[union-attr]
    with pytest.raises(ConnectionClosed):
        speaker.recv(timeout=PATIENCE_S)
    until(lambda: server.streams == 0)


def test_a_process_that_ends_fails_its_own_clients_and_no_others(server: Server) -> None:
    first, second = started(server), started(server)
    assert livez(server)[0] == 200
    os.kill(processes(server)[0], signal.SIGKILL)
    assert receive_until(first, Error)[-1].code == "internal"  # type: ignore[union-attr]
    second.send('{"type":"stop"}')
    receive_until(second, Summary)
    status, body = livez(server)
    assert status == 503
    assert b"process" in body
    second.close()


def test_models_that_cannot_be_loaded_are_one_line(tmp_path: Path, tiny_paths: list[Path]) -> None:
    broken = tmp_path / "model.onnx"
    broken.write_bytes(b"no model")
    setup = Setup((str(broken),), reliability=None, be_right=None, drift=True)
    with pytest.raises(ModelError, match=r"model\.onnx"):
        Server(ServerConfig(port=0), assets.load_models(tiny_paths), workers=Workers(1, setup))


def test_processes_end_with_the_server(tiny_paths: list[Path]) -> None:
    server = serve_with(tiny_paths, 1)
    (pid,) = processes(server)
    server.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
