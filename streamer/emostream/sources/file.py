"""Sound files as a source: every format, rate and channel count that libsndfile reads, in bounded memory."""

import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import soundfile

from emostream.audio import AudioBlock, Samples
from emostream.errors import NoInputError
from emostream.sources.decoding import open_sound
from emostream.sources.truncation import truncation

_NOT_SOUND = {"RAW", "MAT4", "MAT5", "HTK", "XI", "SDS"}  # libsndfile reads them, but such names are seldom recordings
_OTHER_SUFFIXES = {".aif", ".aifc", ".oga", ".opus", ".wave", ".snd", ".sph", ".iff"}


class FileSource:
    """One sound file, mixed to mono by the mean of its channels, in blocks of ``block_s`` seconds.

    With ``realtime`` the blocks come at the pace of the audio and carry ``arrived_s``, as a microphone's do. Raises
    ``NoInputError`` for what is no sound. A file that ends before its promised end is served as far as it goes, and
    then ``trouble`` says how much is missing.
    """

    def __init__(self, path: Path, *, block_s: float = 0.1, realtime: bool = False) -> None:
        self._sound = open_sound(path)
        self._path = path
        self._block_frames = max(1, round(block_s * self._sound.samplerate))
        self._realtime = realtime
        self._closed = False
        self._started = False
        self.name = str(path)
        self.sample_rate_hz: int = self._sound.samplerate
        self.trouble: str | None = None

    def blocks(self) -> Iterator[AudioBlock]:
        """Blocks of float32 samples; raises ``NoInputError`` at a sample that is not a finite number."""
        self._started = True
        first_sample = 0
        start_s = time.monotonic()
        with self._sound:
            while not self._closed:
                samples = self._read(first_sample)
                end_sample = first_sample + len(samples)
                if len(samples) == 0:
                    self._note_end(end_sample)
                    return
                due_s = start_s + end_sample / self.sample_rate_hz if self._realtime else None
                if due_s is not None:
                    time.sleep(max(0.0, due_s - time.monotonic()))
                yield AudioBlock(samples, self.sample_rate_hz, first_sample, arrived_s=due_s)
                first_sample = end_sample

    def read_all(self) -> Samples:
        """All of it at once, float32 of shape (n,), for recordings that fit in memory. Raises as ``blocks`` does."""
        return np.concatenate([block.samples for block in self.blocks()])

    def close(self) -> None:
        """End ``blocks`` after the block at hand."""
        self._closed = True
        if not self._started:
            self._sound.close()

    def _read(self, first_sample: int) -> Samples:
        frames = np.empty((self._block_frames, self._sound.channels), np.float32)
        try:
            count = self._sound.buffer_read_into(frames, "float32")
        except soundfile.LibsndfileError:  # damaged from here on: what was decoded before stands in the buffer
            count = max(0, self._sound.tell() - first_sample)
        samples: Samples = frames[:count].mean(axis=1)
        finite = np.isfinite(samples)
        if not finite.all():
            at_s = (first_sample + int(np.argmin(finite))) / self.sample_rate_hz
            raise NoInputError(
                f"{self._path} holds a sample that is not a finite number at {at_s:.2f} s: "
                "expected NaN and infinity nowhere; export the file again"
            )
        return samples

    def _note_end(self, frames_read: int) -> None:
        if frames_read == 0:
            raise NoInputError(f"{self._path} has no sample that can be decoded: copy or export the file again")
        missing = truncation(self._sound, frames_read)
        self.trouble = missing and f"{self._path}: {missing}"


def find_audio(paths: Iterable[Path]) -> Iterator[Path | NoInputError]:
    """The files to read for ``paths``, in order; a directory gives the sound files below it, sorted, none hidden.

    A file that is named is given as it is. A directory without sound gives a ``NoInputError`` in its place, as a value,
    so that the other paths can be served before the command fails.
    """
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found = _audio_below(path)
        yield from found
        if not found:
            yield NoInputError(
                f"{path} holds no audio file that you may read: expected such as .wav, .flac, .ogg, .mp3"
            )


def _audio_below(directory: Path) -> list[Path]:
    formats = set(soundfile.available_formats()) - _NOT_SOUND
    suffixes = _OTHER_SUFFIXES | {f".{name.lower()}" for name in formats}
    found = []
    for folder, folders, files in os.walk(directory):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [
            Path(folder, name) for name in files if not name.startswith(".") and Path(name).suffix.lower() in suffixes
        ]
    return sorted(found)
