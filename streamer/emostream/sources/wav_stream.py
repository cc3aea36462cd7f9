"""WAV by its header, whose sizes are hints: where the samples begin, and the samples as they come through a pipe."""

import struct
from dataclasses import dataclass

import numpy as np

from emostream.audio import Samples
from emostream.features.resample import Resampler
from emostream.pcm import MOST_CHANNELS, PcmDecoder
from emostream.sources import HIGHEST_RATE_HZ, LOWEST_RATE_HZ

PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
# By format tag and bits: one of ``emostream.pcm.ENCODINGS``.
_ENCODINGS = {(PCM, 16): "s16le", (PCM, 32): "s32le", (FLOAT, 32): "f32le"}
# Programs that write into a pipe cannot know a length: they declare none, or one near 2 or 4 GiB.
UNKNOWN_SIZE = 0x7FFF_0000
MOST_HEADER_BYTES = 65_536
CHUNK_HEAD_BYTES = 8


class WavHeaderError(ValueError):
    """The header is no WAV header, or one of a format that is not decoded in a pipe; the text says what was found."""


@dataclass(frozen=True, slots=True)
class WavHeader:
    """What a WAV header says.

    ``tag`` is the format (1 PCM, 3 float, others are codecs), ``bits`` those of one value. ``data_at`` is the byte at
    which samples begin, and ``data_bytes`` how many bytes of them are declared, or None where that is not known.
    """

    sample_rate_hz: int
    tag: int
    bits: int
    channels: int
    data_at: int
    data_bytes: int | None

    @property
    def encoding(self) -> str | None:
        """One of ``emostream.pcm.ENCODINGS``, None for another format."""
        return _ENCODINGS.get((self.tag, self.bits))


def parse_wav_header(head: bytes) -> WavHeader | None:
    """The header in the first bytes of a pipe, or None where more bytes are needed.

    Chunks follow a head of 12 bytes (RIFF or RF64, a size, WAVE); each is a name, a size, and as many bytes, padded to
    an even number (Microsoft and IBM, Multimedia Programming Interface, 1991; RF64: EBU Tech 3306). Raises
    ``WavHeaderError``.
    """
    at, header_format = 12, None
    if len(head) >= at and head[8:12] != b"WAVE":
        raise WavHeaderError(f"it holds {head[8:12].decode('latin-1')!r}")
    while len(head) >= at + CHUNK_HEAD_BYTES:
        name, size = struct.unpack_from("<4sI", head, at)
        at += CHUNK_HEAD_BYTES
        if name == b"data":
            if header_format is None:
                raise WavHeaderError("its samples come before their format")
            tag, channels, rate, bits = header_format
            return WavHeader(rate, tag, bits, channels, at, size if 0 < size < UNKNOWN_SIZE else None)
        if name == b"fmt " and len(head) >= at + size:
            header_format = _format(head[at : at + size])
        at += size + size % 2
        if at > MOST_HEADER_BYTES:
            raise WavHeaderError(f"no samples begin within its first {MOST_HEADER_BYTES} bytes")
    return None


class WavDecoder:
    """Decodes a WAV file that comes in chunks of any length to mono float32 at ``sample_rate_hz``.

    Not thread-safe.
    """

    def __init__(self, sample_rate_hz: int) -> None:
        self._out_hz = sample_rate_hz
        self._unread = b""
        self._header: WavHeader | None = None
        self._decoder = PcmDecoder("s16le")
        self._resampler = Resampler(sample_rate_hz, sample_rate_hz)
        self._bytes_left: int | None = None
        self._ended = False

    def push(self, data: bytes) -> Samples:
        """The samples that ``data`` completes, (n,). Raises ``WavHeaderError`` and as ``PcmDecoder``."""
        self._unread += data
        if self._header is None:
            self._header = parse_wav_header(self._unread)
            if self._header is None:
                return np.zeros(0, np.float32)
            self._begin(self._header)
        return self._resampler.push(self._decoder.push(self._take_data()))

    def end(self) -> Samples:
        """What the resampler held back, (n,)."""
        return self._resampler.flush()

    def flush(self) -> int:
        """The bytes that were no whole sample."""
        return self._decoder.flush() if self._header else len(self._unread)

    @property
    def sample_bytes(self) -> int:
        """The bytes of one value of each channel."""
        return self._decoder.sample_bytes

    def _begin(self, header: WavHeader) -> None:
        if not (LOWEST_RATE_HZ <= header.sample_rate_hz <= HIGHEST_RATE_HZ and 1 <= header.channels <= MOST_CHANNELS):
            raise WavHeaderError(f"says {header.channels} channels at {header.sample_rate_hz} Hz")
        if header.encoding is None:
            raise WavHeaderError(f"its samples have format {header.tag} and {header.bits} bits")
        self._decoder = PcmDecoder(header.encoding, header.channels)
        self._resampler = Resampler(header.sample_rate_hz, self._out_hz)
        self._unread = self._unread[header.data_at :]
        self._bytes_left = header.data_bytes

    def _take_data(self) -> bytes:
        """The bytes of samples at hand: up to the declared end, and beyond it where no further chunk begins there."""
        if self._ended:
            self._unread = b""
        if self._bytes_left is None:
            data, self._unread = self._unread, b""
            return data
        data, self._unread = self._unread[: self._bytes_left], self._unread[self._bytes_left :]
        self._bytes_left -= len(data)
        if not self._bytes_left and len(self._unread) >= CHUNK_HEAD_BYTES:
            if is_chunk(self._unread):
                self._ended = True
            else:
                self._bytes_left = None
                return data + self._take_data()
        return data


def is_chunk(head: bytes) -> bool:
    """Whether the bytes behind the declared samples begin a further chunk, by its name of four letters."""
    return len(head) >= CHUNK_HEAD_BYTES and head[:4].replace(b" ", b"").isalnum()


def _format(chunk: bytes) -> tuple[int, int, int, int]:
    """The format tag, the channels, the rate in Hz and the bits."""
    if len(chunk) < 16:
        raise WavHeaderError(f"its format has {len(chunk)} bytes of at least 16")
    tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", chunk)
    if tag == EXTENSIBLE and len(chunk) >= 26:
        (tag,) = struct.unpack_from("<H", chunk, 24)
    return tag, channels, rate, bits
