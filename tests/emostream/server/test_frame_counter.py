"""Where frames begin in bytes that come in any pieces, against the library that parses them."""

import secrets

from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from emostream.server.frame_counter import FrameCounter

REQUEST = b"GET /ws HTTP/1.1\r\nHost: here\r\n\r\n"
IDLE = (Opcode.PING, Opcode.PONG, Opcode.CLOSE)

FRAMES = st.lists(
    st.builds(
        Frame,
        st.sampled_from([Opcode.TEXT, Opcode.BINARY, Opcode.CONT, *IDLE]),
        st.sampled_from([0, 1, 14, 125, 126, 300, 65_535, 65_536, 70_000]).map(bytes),
        st.booleans(),
    ).filter(lambda frame: frame.opcode not in IDLE or (len(frame.data) <= 125 and frame.fin)),
    max_size=12,
)


def taken(counter: FrameCounter, data: bytes, most: int) -> list[bytes]:
    """The pieces that the counter makes of some bytes."""
    pieces = []
    while data:
        end = counter.take(data, most)
        assert end > 0
        pieces.append(data[:end])
        data = data[end:]
    return pieces


@given(FRAMES, st.lists(st.integers(1, 300), min_size=1), st.booleans(), st.integers(1, 5))
def test_any_cut_gives_the_same_count_and_pieces_of_few_frames(
    frames: list[Frame], sizes: list[int], masked: bool, most: int
) -> None:
    encoded = [frame.serialize(mask=masked) for frame in frames]
    data = REQUEST + b"".join(encoded)
    counter, pieces = FrameCounter(), []
    at = 0
    for number in range(len(data)):
        size = sizes[number % len(sizes)] if at < 2_000 else 16_384
        pieces += taken(counter, data[at : at + size], most)
        at += size
        if at >= len(data):
            break
    assert b"".join(pieces) == data
    assert counter.idle_frames == sum(frame.opcode in IDLE or not frame.data for frame in frames)
    begins = [len(REQUEST) + sum(map(len, encoded[:number])) for number in range(len(encoded))]
    at = 0
    for piece in pieces:
        assert sum(at <= begin < at + len(piece) for begin in begins) <= most
        at += len(piece)


def test_one_read_of_thousands_of_frames_is_cut_at_the_beginning_of_a_frame() -> None:
    counter = FrameCounter()
    ping = b"\x89\x80" + secrets.token_bytes(4)
    assert counter.take(REQUEST, 32) == len(REQUEST)
    assert counter.take(ping * 2_700, 32) == 32 * len(ping)
    assert counter.idle_frames == 32


def test_a_request_has_no_frames_until_it_ends() -> None:
    counter = FrameCounter()
    for byte in REQUEST:
        assert counter.take(bytes([byte]), 1) == 1
    assert counter.take(b"\x89\x00" * 2, 1) == 2
