"""Clients that send whole files at once, in frames of any size, get every event of `emostream file`; a slow reader too.

``python -m bench.files`` does it with ten minutes for each.
"""

import socket
from contextlib import ExitStack

import numpy as np

from emostream.audio import AudioBlock, Samples
from emostream.events import Health
from tests.support.file_clients import FileClient, frame_sizes, send_at_once
from tests.support.serving import raw_client, serve
from tests.support.streams import HZ, Parts, assert_same, numbered

CLIENTS, SECONDS, SLOW = 5, 12, 2


def test_every_client_gets_what_the_file_gives(parts: Parts, recording: Samples) -> None:
    pcm = (np.resize(recording, SECONDS * HZ) * 32767).astype("<i2")
    stream = parts.stream()
    heard = (pcm / np.float32(32768)).astype(np.float32)
    expected = [stream.hello(), *stream.push(AudioBlock(heard, HZ, 0)), *stream.flush(), stream.summary()]
    server = serve(parts)
    with ExitStack() as stack:
        stack.callback(server.close)
        sockets = [stack.enter_context(raw_client(server, "/ws?stream=")) for _ in range(CLIENTS)]
        for sock in sockets:
            _skip_response(sock)
        clients = [
            FileClient(sock.sendall, sock.recv, size, reads_slowly=number == SLOW)
            for number, (sock, size) in enumerate(zip(sockets, frame_sizes(CLIENTS), strict=True))
        ]
        send_at_once(clients, pcm.tobytes())
    for client in clients:
        assert [event.seq for event in client.events] == list(range(len(client.events))), "nothing is left out"
        judged = [event for event in client.events if not isinstance(event, Health)]
        assert_same(numbered(judged), expected)


def _skip_response(sock: socket.socket) -> None:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += sock.recv(1)
