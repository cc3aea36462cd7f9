"""Keeps what pictures show and play of a recording's sound while it is read: no file is decoded twice."""

import tempfile
import weakref
from collections.abc import Iterator
from dataclasses import replace
from typing import IO

import numpy as np
import soundfile

from emostream.audio import AudioBlock, Samples
from emostream.features.resample import Resampler
from emostream.timelines.sound import Envelope, PlayedAudio
from emostream.timelines.timeline import Timeline

# Columns of an envelope: 4 ms each where the recording is short, else as much as halves their number.
_SHORTEST_COLUMN_S = 0.004
MOST_COLUMNS = 1 << 16
PLAYED_HZ = 16_000
_AT_ONCE = 1 << 16


class SoundCollector:
    """Takes the blocks of one recording for pictures of it: its envelope and, where it is to be played, its sound.

    ``most_bytes`` is as with ``AudioKeeper``; 0 keeps no sound.
    """

    def __init__(self, most_bytes: int = 0) -> None:
        self._envelope = EnvelopeCollector()
        self._keeper = AudioKeeper(most_bytes) if most_bytes else None

    def push(self, block: AudioBlock) -> None:
        """Take the next block."""
        self._envelope.push(block)
        if self._keeper is not None:
            self._keeper.push(block)

    def added_to(self, timeline: Timeline) -> Timeline:
        """The timeline of all blocks, with envelope and sound."""
        audio = self._keeper.audio() if self._keeper is not None else None
        return replace(timeline, envelope=self._envelope.envelope(), audio=audio)


class EnvelopeCollector:
    """Takes the blocks of one recording; its memory does not grow with it: full, it folds its columns in pairs."""

    def __init__(self) -> None:
        self._low = np.zeros(MOST_COLUMNS, np.float32)
        self._high = np.zeros(MOST_COLUMNS, np.float32)
        self._column = 0  # samples
        self._rate_hz = 1
        self._n_samples = 0

    def push(self, block: AudioBlock) -> None:
        """Take the next block; what was lost before it is silent."""
        if not self._column:
            self._rate_hz = block.sample_rate_hz
            self._column = max(1, round(_SHORTEST_COLUMN_S * block.sample_rate_hz))
        samples, at = block.samples, block.first_sample
        while (at + len(samples)) > self._column * MOST_COLUMNS:
            self._fold()
        self._n_samples = at + len(samples)
        while len(samples):
            index, inside = divmod(at, self._column)
            if inside or len(samples) < self._column:
                part = samples[: self._column - inside]
                self._low[index] = min(self._low[index], part.min())
                self._high[index] = max(self._high[index], part.max())
            else:
                part = samples[: len(samples) // self._column * self._column]
                columns = part.reshape(-1, self._column)
                self._low[index : index + len(columns)] = np.minimum(columns.min(axis=1), 0.0)
                self._high[index : index + len(columns)] = np.maximum(columns.max(axis=1), 0.0)
            samples, at = samples[len(part) :], at + len(part)

    def envelope(self) -> Envelope | None:
        """Of all blocks so far; None without any."""
        if not self._n_samples:
            return None
        n = -(-self._n_samples // self._column)
        return Envelope(1000 * self._column / self._rate_hz, self._low[:n].copy(), self._high[:n].copy())

    def _fold(self) -> None:
        half = MOST_COLUMNS // 2
        self._low[:half] = self._low.reshape(-1, 2).min(axis=1)
        self._high[:half] = self._high.reshape(-1, 2).max(axis=1)
        self._low[half:] = self._high[half:] = 0.0
        self._column *= 2


class AudioKeeper:
    """Encodes the blocks of one recording for a page that plays them, up to ``most_bytes`` of the encoded sound."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(1_000_000)  # noqa: SIM115 - as long as this object
        weakref.finalize(self, self._file.close)
        self._encoder: _Encoder | None = None
        self.is_too_long = False

    def push(self, block: AudioBlock) -> None:
        """Take the next block; once it is too long, nothing is kept."""
        if self.is_too_long:
            return
        if self._encoder is None:
            self._encoder = _Encoder(self._file, block.sample_rate_hz)
        self._encoder.push(block)
        if self._file.tell() > self._most_bytes:
            self.is_too_long = True
            self._encoder.close()
            self._file.truncate(0)

    def audio(self) -> PlayedAudio | None:
        """Of all blocks, after the last; None without any, and where they are too long."""
        if self._encoder is None or self.is_too_long:
            return None
        self._encoder.close()
        self._file.seek(0)
        return PlayedAudio(self._file.read())


class _Encoder:
    """Ogg Vorbis: 7 s an hour of sound on one core, where Opus takes two minutes."""

    def __init__(self, file: IO[bytes], rate_hz: int) -> None:
        self._resampler = Resampler(rate_hz, PLAYED_HZ)
        self._sound = soundfile.SoundFile(file, "w", PLAYED_HZ, 1, format="OGG", subtype="VORBIS")
        self._next = 0

    def push(self, block: AudioBlock) -> None:
        for samples in _pieces(block, self._next):
            self._sound.write(np.clip(self._resampler.push(samples), -1.0, 1.0))
        self._next = block.first_sample + len(block.samples)

    def close(self) -> None:
        if not self._sound.closed:
            self._sound.write(np.clip(self._resampler.flush(), -1.0, 1.0))
            self._sound.close()


def _pieces(block: AudioBlock, expected: int) -> Iterator[Samples]:
    """A block in pieces, behind silence for what was lost before it: sound and timeline have one clock."""
    missing = block.first_sample - expected
    for start in range(0, missing, _AT_ONCE):
        yield np.zeros(min(_AT_ONCE, missing - start), np.float32)
    yield block.samples
