"""Raw PCM from a pipe, most often standard input, or WAV in its place; the format of raw PCM is said beforehand."""

import os
import select
import sys
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from emostream.audio import AudioBlock, Samples, arrival_clock_s
from emostream.errors import NoInputError, UsageError
from emostream.pcm import (
    ENCODINGS,
    MOST_CHANNELS,
    ContainerError,
    NotFiniteError,
    OutOfRangeError,
    PcmDecoder,
    container_of,
    may_become_container,
)
from emostream.sources import HEARTBEAT_S, HIGHEST_RATE_HZ, LOWEST_RATE_HZ
from emostream.sources.wav_stream import WavDecoder, WavHeaderError

_BLOCK_S = 0.1
# A writer that pauses so long is shown as trouble.
SILENT_S = 2.0
_AS_RAW = "ffmpeg -i - -f s16le -ar 16000 -ac 1 - | emostream listen -"


class PcmSource:
    """PCM as it comes: a block is what the pipe holds, at most 100 ms, and never waits for more.

    ``encoding`` is one of ``emostream.pcm.ENCODINGS``; ``channels`` are mixed by their mean. Bytes that begin with a
    WAV header are read by what the header says instead, resampled to ``sample_rate_hz`` where their rate is another.
    The pipe paces its writer, so nothing is lost here.

    Raises ``UsageError`` for a terminal, an unknown encoding, an impossible rate or number of channels. ``trouble``
    tells of a writer that has been silent for ``SILENT_S``, and, at the end, of half a sample.
    """

    def __init__(self, stream: BinaryIO, sample_rate_hz: int, encoding: str = "s16le", channels: int = 1) -> None:
        if encoding not in ENCODINGS:
            raise UsageError(f"encoding {encoding!r} is not known: expected one of {', '.join(ENCODINGS)}")
        if not LOWEST_RATE_HZ <= sample_rate_hz <= HIGHEST_RATE_HZ:
            raise UsageError(
                f"{sample_rate_hz} Hz is no sample rate of speech: expected that of the raw PCM, "
                f"{LOWEST_RATE_HZ} to {HIGHEST_RATE_HZ}, such as 16000"
            )
        if not 1 <= channels <= MOST_CHANNELS:
            raise UsageError(f"found {channels} channels, expected those of the raw PCM, 1 to {MOST_CHANNELS}")
        if stream.isatty():
            raise UsageError(
                "standard input is a terminal: expected raw PCM from a pipe; "
                f"try `arecord -f S16_LE -r {sample_rate_hz} -t raw | emostream listen -`"
            )
        self._fd = stream.fileno()
        self._closed = False
        self.name = "standard input"
        self.sample_rate_hz = sample_rate_hz
        self.trouble: str | None = None
        self._encoding = encoding
        self._decoder: PcmDecoder | WavDecoder | None = None
        self._channels = channels
        self._head = b""
        # As many bytes as a block of raw PCM has; what is read of a WAV depends on it in nothing but its pace.
        self._block_bytes = max(1, round(_BLOCK_S * sample_rate_hz)) * PcmDecoder(encoding, channels).sample_bytes

    def blocks(self) -> Iterator[AudioBlock]:
        """Blocks until the writer closes its end.

        Raises ``NoInputError`` for no sample at all, for a file of sound that is not WAV, and for samples that are NaN
        or far outside [-1, 1].
        """
        first_sample = 0
        data_at_s = arrival_clock_s()
        while not self._closed:
            data, ended = b"", False
            if self._data_is_there():
                data = os.read(self._fd, self._block_bytes)
                ended = not data
                data_at_s = arrival_clock_s()
            self._note_silence(arrival_clock_s() - data_at_s)
            samples = self._decode(data, first_sample, ended=ended)
            if len(samples) or not ended:
                yield AudioBlock(samples, self.sample_rate_hz, first_sample, arrived_s=arrival_clock_s())
            first_sample += len(samples)
            if ended:
                self._note_end(first_sample)
                return

    def close(self) -> None:
        """End ``blocks`` within a quarter of a second, even while it waits for a silent writer."""
        self._closed = True

    def _data_is_there(self) -> bool:
        if sys.platform == "win32":  # select knows sockets only there: the read itself waits
            return True
        return bool(select.select([self._fd], [], [], HEARTBEAT_S)[0])

    def _decode(self, data: bytes, first_sample: int, *, ended: bool) -> Samples:
        if self._decoder is None:
            self._head += data
            if may_become_container(self._head) and not ended:
                return np.zeros(0, np.float32)
            data, self._decoder = self._head, self._new_decoder()
        at_s = first_sample / self.sample_rate_hz
        try:
            samples = self._decoder.push(data)
        except NotFiniteError:
            raise NoInputError(
                f"standard input holds NaN or infinity after {at_s:.2f} s: expected {self._encoding} PCM; is it s16le?"
            ) from None
        except OutOfRangeError as error:
            raise NoInputError(f"standard input after {at_s:.2f} s: {error}, or is it s16le or s32le?") from None
        except ContainerError as error:
            raise NoInputError(
                f"standard input holds a file ({error.container}): expected raw PCM or WAV; "
                f"put `emostream file -` in the place of 'listen -', or decode it first: `{_AS_RAW}`"
            ) from None
        except WavHeaderError as error:
            raise NoInputError(
                f"standard input holds a WAV file and {error}: expected 16 or 32 bits or float; "
                f"decode it first: `{_AS_RAW}`"
            ) from None
        if ended and isinstance(self._decoder, WavDecoder):
            return np.concatenate([samples, self._decoder.end()])
        return samples

    def _new_decoder(self) -> PcmDecoder | WavDecoder:
        if container_of(self._head) == "WAV":
            return WavDecoder(self.sample_rate_hz)
        return PcmDecoder(self._encoding, self._channels)

    def _note_silence(self, silent_s: float) -> None:
        self.trouble = None
        if silent_s >= SILENT_S:
            self.trouble = "standard input is open and nothing comes: does the program that writes into the pipe wait?"

    def _note_end(self, samples_read: int) -> None:
        bytes_left = self._decoder.flush() if self._decoder else 0
        if samples_read == 0:
            raise NoInputError(
                f"standard input ended after {bytes_left} bytes: expected raw PCM; "
                "does the program run that writes into the pipe?"
            )
        if bytes_left and self._decoder:
            self.trouble = (
                f"standard input ended within a sample ({bytes_left} of {self._decoder.sample_bytes} bytes, left out): "
                "check the encoding and the program that writes into the pipe"
            )
