"""Where in a file its sound lies, by the bytes themselves: a header is a hint, which may be absent, stale or wrapped.

Most files are one part from the first byte to the last, which libsndfile reads by its header. The others:

- WAV whose declared size is none, or less than the samples that follow: its samples, read without the header
- MP3 whose length is not declared, or not that of all its frames: its frames, behind an Info frame that is right
- MP3 in a WAV: as MP3
- Ogg files one behind the other (a chained stream, RFC 3533): a part each
"""

import struct
from dataclasses import dataclass
from io import SEEK_CUR, SEEK_END, SEEK_SET
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import BinaryIO

from emostream.sources.mp3 import Mp3Length, info_frame, is_mp3, mp3_length
from emostream.sources.wav_stream import (
    CHUNK_HEAD_BYTES,
    FLOAT,
    MOST_HEADER_BYTES,
    PCM,
    WavHeader,
    WavHeaderError,
    is_chunk,
    parse_wav_header,
)

_MP3_IN_WAV = 0x55
# libsndfile's names for samples without a header, by format tag and bits.
_SUBTYPES = {
    (PCM, 8): "PCM_U8",
    (PCM, 16): "PCM_16",
    (PCM, 24): "PCM_24",
    (PCM, 32): "PCM_32",
    (FLOAT, 32): "FLOAT",
    (FLOAT, 64): "DOUBLE",
    (6, 8): "ALAW",
    (7, 8): "ULAW",
}
# Encoder delay and padding: an MP3 may declare a little more or less than its frames hold.
MP3_SLACK_SAMPLES = 2 * 1152
_OGG_HEAD = struct.Struct("<4sBBqIIIB")
_OGG_FIRST_PAGE = 2


@dataclass(frozen=True, slots=True)
class RawSamples:
    """Samples without a header: libsndfile's name of their format, their rate in Hz and their channels."""

    subtype: str
    sample_rate_hz: int
    channels: int


@dataclass(frozen=True, slots=True)
class Part:
    """The bytes from ``start`` to ``end`` of a file, read behind ``prefix``; by ``raw`` where they have no header.

    ``declared_samples`` is what the file itself promises of each channel where libsndfile cannot say it, else None.
    ``is_whole`` says that libsndfile can read the file as it is.
    """

    start: int
    end: int
    prefix: bytes = b""
    raw: RawSamples | None = None
    declared_samples: int | None = None
    is_whole: bool = False


def sound_parts(file: BinaryIO) -> list[Part]:
    """The parts of an open file that is not empty, in order, at least one."""
    end = file.seek(0, SEEK_END)
    whole = [Part(0, end, is_whole=True)]
    with mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        head = data[:MOST_HEADER_BYTES]
        if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
            return _wav_parts(data, head, end) or whole
        if head.startswith(b"OggS"):
            return _ogg_parts(data) or whole
        if is_mp3(head):
            return _mp3_parts(data, 0, end) or whole
    return whole


def _wav_parts(data: mmap, head: bytes, end: int) -> list[Part]:
    try:
        header = parse_wav_header(head)
    except WavHeaderError:
        return []
    if header is None:
        return []
    if header.tag == _MP3_IN_WAV:
        return _mp3_parts(data, header.data_at, min(end, header.data_at + (header.data_bytes or end)))
    subtype = _SUBTYPES.get((header.tag, header.bits))
    if subtype is None or not _is_longer(data, header, end):
        return []
    return [Part(header.data_at, end, raw=RawSamples(subtype, header.sample_rate_hz, header.channels))]


def _is_longer(data: mmap, header: WavHeader, end: int) -> bool:
    """Whether samples follow those that a header declares, and not a further chunk or nothing."""
    if data[:4] == b"RF64" and header.data_bytes is None:  # its size stands in a chunk of its own
        return _rf64_bytes(data) in (0, 0xFFFF_FFFF_FFFF_FFFF)
    if header.data_bytes is None:
        return True
    behind = header.data_at + header.data_bytes + header.data_bytes % 2
    return behind + CHUNK_HEAD_BYTES <= end and not is_chunk(data[behind : behind + CHUNK_HEAD_BYTES])


def _rf64_bytes(data: mmap) -> int:
    """The size of the samples by the chunk ``ds64`` (EBU Tech 3306), 0 where there is none."""
    if data[12:16] != b"ds64":
        return 0
    (size,) = struct.unpack("<Q", data[28:36].ljust(8, b"\0"))
    return int(size)


def _mp3_parts(data: mmap, start: int, end: int) -> list[Part]:
    length: Mp3Length | None = mp3_length(data if (start, end) == (0, len(data)) else data[start:end])
    if length is None:
        return []
    declared = length.declared_samples
    if not start and declared is not None and declared >= length.n_samples - MP3_SLACK_SAMPLES:
        # As declared, or cut short: then libsndfile knows what is missing.
        is_whole = declared <= length.n_samples + MP3_SLACK_SAMPLES
        return [Part(start, end, declared_samples=length.n_samples if is_whole else None, is_whole=True)]
    frame = info_frame(length.first, length.n_samples)
    return [Part(start + length.first_at, end, prefix=frame, declared_samples=length.n_samples)]


def _ogg_parts(data: mmap) -> list[Part]:
    """A part for each link of a chained stream; streams that begin together are one link."""
    starts, at, in_heads = [], 0, False
    while at + _OGG_HEAD.size <= len(data):
        magic, _, kind, _, _, _, _, n_segments = _OGG_HEAD.unpack_from(data, at)
        if magic != b"OggS":
            at = data.find(b"OggS", at + 1)
            if at < 0:
                break
            continue
        begins = bool(kind & _OGG_FIRST_PAGE)
        if begins and not in_heads:
            starts.append(at)
        in_heads = begins
        segments = data[at + _OGG_HEAD.size : at + _OGG_HEAD.size + n_segments]
        at += _OGG_HEAD.size + n_segments + sum(segments)
    if len(starts) < 2:
        return []
    return [Part(start, end) for start, end in zip(starts, [*starts[1:], len(data)], strict=True)]


class PartFile:
    """The bytes of a part as a file of their own, for libsndfile: the prefix, then those of the file.

    ``interrupted`` says that Ctrl-C came during a read, which libsndfile cannot hand on.
    """

    def __init__(self, path: Path, part: Part) -> None:
        self._file = path.open("rb")
        self._part = part
        self._at = 0
        self.interrupted = False
        self._length = len(part.prefix) + part.end - part.start

    def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes, all that are left where it is negative; none after Ctrl-C."""
        try:
            return self._read(size)
        except KeyboardInterrupt:
            self.interrupted = True
            return b""

    def _read(self, size: int) -> bytes:
        size = self._length - self._at if size < 0 else min(size, self._length - self._at)
        prefix = self._part.prefix[self._at : self._at + size]
        data = prefix
        if size > len(prefix):
            self._file.seek(self._part.start + self._at + len(prefix) - len(self._part.prefix))
            data += self._file.read(size - len(prefix))
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        """Go to a byte, as ``io.IOBase.seek``."""
        origin = {SEEK_SET: 0, SEEK_CUR: self._at, SEEK_END: self._length}[whence]
        self._at = min(max(0, origin + offset), self._length)
        return self._at

    def tell(self) -> int:
        """The byte that is read next."""
        return self._at

    def close(self) -> None:
        """Close the file."""
        self._file.close()
