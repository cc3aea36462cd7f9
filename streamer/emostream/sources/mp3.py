"""How much sound an MP3 holds: its frames counted, because what its beginning says may be missing, stale or a guess.

A decoder takes the length from the Xing or Info frame that an encoder writes first. Without one it guesses from the
first bit rate; behind another file it stands for that file alone. Frames: ISO/IEC 11172-3, 2.4.2; 13818-3.
"""

import struct
from dataclasses import dataclass
from mmap import mmap

# Bit rates in kbit/s of layer III by index, for MPEG 1 and for MPEG 2 and 2.5; 0 is free or forbidden.
_KBIT_S = {
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0),
}
_RATES_HZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_MPEG_1 = 3
_LAYER_III = 1
_MONO = 3
_HEADER_BYTES = 4
_ID3V1_BYTES = 128
_XING_FRAMES = 1


@dataclass(frozen=True, slots=True)
class FrameHeader:
    """One frame: its length in bytes, the samples of each channel, and what has to be the same in all frames."""

    version: int
    rate_index: int
    mono: bool
    n_bytes: int

    @property
    def samples(self) -> int:
        """The samples of each channel in a frame."""
        return 1152 if self.version == _MPEG_1 else 576

    @property
    def info_at(self) -> int:
        """Where the name of a Xing or Info frame stands: behind the header and the side information."""
        if self.version == _MPEG_1:
            return _HEADER_BYTES + (17 if self.mono else 32)
        return _HEADER_BYTES + (9 if self.mono else 17)


@dataclass(frozen=True, slots=True)
class Mp3Length:
    """The frames of sound in an MP3.

    ``n_samples`` are those of each channel in all frames, ``declared_samples`` what the Xing or Info frame promises (or
    None without one), and ``first_at`` the byte of the first frame of sound, whose header is ``first``.
    """

    n_samples: int
    declared_samples: int | None
    first_at: int
    first: bytes


def frame_header(data: bytes | mmap, at: int = 0) -> FrameHeader | None:
    """The header of a frame of layer III that begins at a byte, None for anything else."""
    head = data[at : at + _HEADER_BYTES]
    if len(head) < _HEADER_BYTES or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    rate_index = head[2] >> 2 & 3
    if layer != _LAYER_III or version not in _RATES_HZ or rate_index == 3:
        return None
    kbit_s = _KBIT_S[version == _MPEG_1][head[2] >> 4]
    if not kbit_s:
        return None
    per_kbit = 144_000 if version == _MPEG_1 else 72_000
    n_bytes = per_kbit * kbit_s // _RATES_HZ[version][rate_index] + (head[2] >> 1 & 1)
    return FrameHeader(version, rate_index, head[3] >> 6 == _MONO, n_bytes)


def is_mp3(head: bytes) -> bool:
    """Whether a file begins like an MP3: with a tag, or with two frames one behind the other."""
    if head.startswith(b"ID3"):
        return True
    first = frame_header(head)
    return first is not None and (len(head) <= first.n_bytes or frame_header(head, first.n_bytes) is not None)


def mp3_length(data: bytes | mmap) -> Mp3Length | None:
    """Count the frames of a whole MP3; tags and damaged bytes between them are skipped. None without any frame."""
    at, n_samples, declared, first_at, first = _after_tag(data, 0), 0, None, -1, None
    while at < len(data):
        header = frame_header(data, at)
        if header is None or (first and (header.version, header.rate_index) != (first.version, first.rate_index)):
            at = _next_frame(data, at, first)
            continue
        if first is None:
            first = header
            declared = _declared_samples(data, at, header)
            if declared is not None:
                at += header.n_bytes
                continue
        if at + header.n_bytes <= len(data):  # a frame that is cut short gives no sound
            first_at = at if first_at < 0 else first_at
            n_samples += header.samples
        at += header.n_bytes
    if first_at < 0:
        return None
    return Mp3Length(n_samples, declared, first_at, data[first_at : first_at + _HEADER_BYTES])


def info_frame(first: bytes, n_samples: int) -> bytes:
    """An Info frame that promises so many samples, to stand before a frame of sound with the header ``first``."""
    # Without a checksum, without padding, at 64 kbit/s and more: room for what a decoder reads.
    head = bytes([first[0], first[1] | 1, (0x90 if first[1] >> 3 & 3 == _MPEG_1 else 0xC0) | first[2] & 0x0C, first[3]])
    header = frame_header(head)
    assert header is not None, "made of the header of a frame"
    frame = bytearray(header.n_bytes)
    frame[:_HEADER_BYTES] = head
    n_frames = n_samples // header.samples
    frame[header.info_at : header.info_at + 12] = b"Info" + struct.pack(">II", _XING_FRAMES, n_frames)
    return bytes(frame)


def _declared_samples(data: bytes | mmap, at: int, header: FrameHeader) -> int | None:
    info = at + header.info_at
    if data[info : info + 4] in (b"Xing", b"Info"):
        flags, frames = struct.unpack(">II", data[info + 4 : info + 12].ljust(8, b"\0"))
        return int(frames) * header.samples if flags & _XING_FRAMES else 0
    vbri = at + _HEADER_BYTES + 32
    if data[vbri : vbri + 4] == b"VBRI":
        (frames,) = struct.unpack(">I", data[vbri + 14 : vbri + 18].ljust(4, b"\0"))
        return int(frames) * header.samples
    return None


def _after_tag(data: bytes | mmap, at: int) -> int:
    """Behind an ID3v2 tag that begins at a byte: ten bytes, the last four of which are its length, seven bits each."""
    if data[at : at + 3] != b"ID3" or len(data) < at + 10:
        return at
    size = 0
    for byte in data[at + 6 : at + 10]:
        size = size << 7 | byte & 0x7F
    return at + 10 + size


def _next_frame(data: bytes | mmap, at: int, first: FrameHeader | None) -> int:
    """The next byte at which a frame may begin: behind a tag, or where two frames of the kind follow each other."""
    if data[at : at + 3] == b"ID3":
        return max(_after_tag(data, at), at + 1)
    if data[at : at + 3] == b"TAG":
        return at + _ID3V1_BYTES
    while (at := data.find(b"\xff", at + 1)) >= 0:
        header = frame_header(data, at)
        if header is None or (first and (header.version, header.rate_index) != (first.version, first.rate_index)):
            continue
        if at + header.n_bytes >= len(data) or frame_header(data, at + header.n_bytes):
            return at
    return len(data)
