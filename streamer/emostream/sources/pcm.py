"""Raw PCM from a pipe, most often standard input: no header, mono, the rate and the encoding are said beforehand."""

import os
import select
import sys
import time
from collections.abc import Iterator
from typing import BinaryIO

from emostream.audio import AudioBlock, Samples
from emostream.errors import NoInputError, UsageError
from emostream.pcm import ENCODINGS, NotFiniteError, PcmDecoder
from emostream.sources import HEARTBEAT_S, HIGHEST_RATE_HZ, LOWEST_RATE_HZ

_BLOCK_S = 0.1


class PcmSource:
    """Mono PCM as it comes: a block is what the pipe holds, at most 100 ms, and never waits for more.

    ``encoding`` is ``s16le`` or ``f32le``. The pipe paces its writer, so nothing is lost here. Raises ``UsageError``
    for a terminal, an unknown encoding or an impossible rate. ``trouble`` tells, at the end, of half a sample.
    """

    def __init__(self, stream: BinaryIO, sample_rate_hz: int, encoding: str = "s16le") -> None:
        if encoding not in ENCODINGS:
            raise UsageError(f"encoding {encoding!r} is not known: expected {' or '.join(ENCODINGS)}")
        if not LOWEST_RATE_HZ <= sample_rate_hz <= HIGHEST_RATE_HZ:
            raise UsageError(
                f"{sample_rate_hz} Hz is no sample rate of speech: expected that of the raw PCM, "
                f"{LOWEST_RATE_HZ} to {HIGHEST_RATE_HZ}, such as 16000"
            )
        if stream.isatty():
            raise UsageError(
                "standard input is a terminal: expected raw PCM from a pipe; "
                f"try `arecord -f S16_LE -r {sample_rate_hz} -t raw | emostream listen -`"
            )
        self._fd = stream.fileno()
        self._decoder = PcmDecoder(encoding)
        self._block_bytes = max(1, round(_BLOCK_S * sample_rate_hz)) * self._decoder.sample_bytes
        self._closed = False
        self.name = "standard input"
        self.sample_rate_hz = sample_rate_hz
        self.trouble: str | None = None

    def blocks(self) -> Iterator[AudioBlock]:
        """Blocks until the writer closes its end; raises ``NoInputError`` for no sample at all, or one that is NaN."""
        first_sample = 0
        while not self._closed:
            data = b""
            if self._data_is_there():
                data = os.read(self._fd, self._block_bytes)
                if not data:
                    self._note_end(first_sample)
                    return
            samples = self._decode(data, first_sample)
            yield AudioBlock(samples, self.sample_rate_hz, first_sample, arrived_s=time.monotonic())
            first_sample += len(samples)

    def close(self) -> None:
        """End ``blocks`` within a quarter of a second, even while it waits for a silent writer."""
        self._closed = True

    def _data_is_there(self) -> bool:
        if sys.platform == "win32":  # select knows sockets only there: the read itself waits
            return True
        return bool(select.select([self._fd], [], [], HEARTBEAT_S)[0])

    def _decode(self, data: bytes, first_sample: int) -> Samples:
        try:
            return self._decoder.push(data)
        except NotFiniteError:
            raise NoInputError(
                f"standard input holds NaN or infinity after {first_sample / self.sample_rate_hz:.2f} s: "
                "expected f32le PCM; is it s16le?"
            ) from None

    def _note_end(self, samples_read: int) -> None:
        bytes_left = self._decoder.flush()
        if samples_read == 0:
            raise NoInputError(
                f"standard input ended after {bytes_left} bytes: expected raw PCM; "
                "does the program run that writes into the pipe?"
            )
        if bytes_left:
            self.trouble = (
                f"standard input ended within a sample ({bytes_left} of {self._decoder.sample_bytes} bytes, left out): "
                "check the encoding and the program that writes into the pipe"
            )
