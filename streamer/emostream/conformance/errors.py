"""The section "Errors and close codes": what ends a connection, with which code."""

import contextlib
import json
import struct
import time

import numpy as np
from websockets.exceptions import ConnectionClosed

from emostream.conformance.rules import require, rule
from emostream.conformance.target import RATE_HZ, Message, Target

SECTION = "Errors and close codes"
NO_MESSAGES = {
    "not JSON": "{",
    "no object": "[]",
    "nested too deeply": "[" * 100_000 + "]" * 100_000,
    "no 'type'": "{}",
    "an unknown 'type'": '{"type":"dance"}',
    "a missing field": '{"type":"start","rate":16000}',
    "an unknown field": '{"type":"flush","now":true}',
    "a number in place of a name": '{"type":"subscribe","stream":7}',
}
MANY_MESSAGES = 20_000
START: Message = {"type": "start", "rate": RATE_HZ, "format": "s16le"}
OUT_OF_RANGE: list[Message] = [
    {"rate": 7_999},
    {"rate": 192_001},
    {"rate": 16_000.5},
    {"format": "mp3"},
    {"channels": 0},
    {"channels": 33},
    {"labels": "all"},
    {"source": ""},
    {"source": "x" * 81},
    {"publish": ""},
    {"publish": "-desk"},
    {"publish": "a b"},
    {"publish": "desk\n"},
    {"publish": "x" * 41},
]
OTHERS_OUT_OF_RANGE: list[Message] = [
    {"type": "lost", "samples": 0},
    {"type": "lost", "samples": 1_000_000_001},
    {"type": "profile", "name": ""},
    {"type": "profile", "name": "x" * 81},
    {"type": "mood", "mood": "x" * 81},
    {"type": "subscribe", "stream": "a b"},
    {"type": "authenticate", "token": "x" * 513},
]


@rule(SECTION, "text that is no message is 'bad_message', 1007: not JSON, nested too deeply, unknown or missing fields")
def bad_message(target: Target) -> None:
    for text in NO_MESSAGES.values():
        with target.connect() as peer:
            peer.socket.send(text)
            peer.refused("bad_message", 1007)


@rule(SECTION, "a field of 'start' that is out of range is 'bad_message', 1007")
def start_out_of_range(target: Target) -> None:
    for fields in OUT_OF_RANGE:
        with target.connect() as peer:
            peer.send({**START, **fields})
            peer.refused("bad_message", 1007)


@rule(SECTION, "a field of another message that is out of range is 'bad_message', 1007")
def field_out_of_range(target: Target) -> None:
    for message in OTHERS_OUT_OF_RANGE:
        with target.connect() as peer:
            peer.send(START, message)
            peer.refused("bad_message", 1007)


@rule(SECTION, "a text frame that is not UTF-8 ends in 1007")
def not_utf8(target: Target) -> None:
    with target.connect() as peer:
        peer.socket.send(b'{"type":"\xff\xfe"}', text=True)
        closing = peer.closing()
        require(closing.code == 1007, f"close code {closing.code}", "1007")


@rule(SECTION, "f32le with NaN, infinity or beyond 16, and the bytes of a sound file, are 'bad_audio', 1007")
def bad_audio(target: Target) -> None:
    for value in (np.nan, np.inf, 17.0):
        with target.connect() as peer:
            peer.send({**START, "format": "f32le"}, np.full(400, value, "<f4").tobytes())
            peer.refused("bad_audio", 1007)
    wav = b"RIFF\x24\x08\x00\x00WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, RATE_HZ, 2 * RATE_HZ, 2, 16) + b"data"
    with target.connect() as peer:
        peer.send(START, wav + bytes(4000))
        peer.refused("bad_audio", 1007)


@rule(SECTION, "audio while no stream is started is 'unexpected_audio', 1003")
def unexpected_audio(target: Target) -> None:
    with target.connect() as peer:
        peer.send(bytes(320))
        peer.refused("unexpected_audio", 1003)


@rule(SECTION, "'start' while one is started, and what needs a stream while none is, are 'out_of_order', 1008")
def out_of_order(target: Target) -> None:
    with target.connect() as peer:
        peer.send(START, START)
        peer.refused("out_of_order", 1008)
    need_a_stream: list[Message] = [
        {"type": "lost", "samples": 1},
        {"type": "flush"},
        {"type": "reset"},
        {"type": "mood", "mood": None},
        {"type": "profile", "name": "Ada"},
        {"type": "stop"},
    ]
    for message in need_a_stream:
        with target.connect() as peer:
            peer.send(message)
            peer.refused("out_of_order", 1008)


@rule(SECTION, "more than 500 text messages a second, over several seconds, are 'too_fast', 1008")
def too_fast(target: Target) -> None:
    with target.connect() as peer:
        message = json.dumps({"type": "subscribe", "stream": None})
        with contextlib.suppress(ConnectionClosed, OSError):
            for _ in range(MANY_MESSAGES):
                peer.socket.send(message)
        peer.refused("too_fast", 1008)


@rule(
    "What a client may send", "audio may be sent as fast as the socket takes it, in small frames: they are not counted"
)
def faster_than_real_time(target: Target) -> None:
    with target.connect() as peer:
        peer.start()
        for at in range(0, 4 * RATE_HZ, 14):
            peer.send(target.speech[at : at + 14])
        peer.send({"type": "stop"})
        peer.until("summary")


@rule(SECTION, "frames that are no WebSocket end in 1002")
def no_websocket(target: Target) -> None:
    with target.connect() as peer:
        peer.socket.socket.sendall(b"\x83\x80\x00\x00\x00\x00")  # an opcode that is not defined
        closing = peer.closing()
        require(closing.code == 1002, f"close code {closing.code}", "1002")


@rule(SECTION, "more than 500 control frames at once end without a close frame (1006)")
def control_frames(target: Target) -> None:
    with target.connect() as peer:
        with contextlib.suppress(OSError):  # it may be cut off while we send
            peer.socket.socket.sendall(b"\x89\x80\x00\x00\x00\x00" * 5_000)
        closing = peer.closing()
        require(closing.code == 1006, f"close code {closing.code}", "1006")


@rule(SECTION, "who says nothing within 5 s of connecting is cut off")
def silent_connection(target: Target) -> None:
    connection = target.http()
    connection.connect()
    try:
        connection.sock.settimeout(30)
        began_s = time.monotonic()
        try:
            received = connection.sock.recv(1)
        except ConnectionError:
            received = b""
        require(received == b"", repr(received), "the end of the connection")
        require(time.monotonic() - began_s > 3, f"it after {time.monotonic() - began_s:.1f} s", "about 5 s")
    finally:
        connection.close()


@rule(SECTION, "a started stream from which nothing came for 60 s is 'idle', 1008", waits=True)
def idle(target: Target) -> None:
    with target.connect() as peer:
        peer.start()
        peer.until("hello")
        closing = peer.closing(90)
        require(
            (closing.error(), closing.code) == ("idle", 1008), f"{closing.error()!r}, {closing.code}", "'idle', 1008"
        )
