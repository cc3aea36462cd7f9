"""Sound files as a source: every format, rate and channel count that libsndfile reads, in bounded memory."""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import soundfile

from emostream.audio import AudioBlock, Samples
from emostream.errors import NoInputError
from emostream.pcm import NotFiniteError, OutOfRangeError, require_plausible
from emostream.sources.decoding import open_sound
from emostream.sources.downmix import cancelled_channel
from emostream.sources.media import INSTALL, can_decode_media

_NOT_SOUND = {"RAW", "MAT4", "MAT5", "HTK", "XI", "SDS"}  # libsndfile reads them, but such names are seldom recordings
_OTHER_SUFFIXES = {".aif", ".aifc", ".oga", ".opus", ".wave", ".snd", ".sph", ".iff"}
# Audio alone: a folder of films is no folder of recordings.
_UNDECODED_SUFFIXES = {".m4a", ".m4b", ".aac", ".wma", ".weba", ".amr", ".spx", ".ac3", ".ape", ".wv", ".mka"}


class FileSource:
    """One sound file, mixed to mono by the mean of its channels, in blocks of ``block_s`` seconds.

    Where the channels cancel each other out, the strongest is read in place of the mix, and ``note`` says so. ``name``
    is for people, in place of the path. ``hear`` gets each block too, before it is given.

    With ``realtime`` the blocks come at the pace of the audio and carry ``arrived_s``, as a microphone's do. Raises
    ``NoInputError`` for what is no sound. A file that ends before its promised end is served as far as it goes, and
    then ``trouble`` says how much is missing.
    """

    def __init__(
        self,
        path: Path,
        *,
        block_s: float = 0.1,
        realtime: bool = False,
        name: str | None = None,
        hear: Callable[[AudioBlock], None] | None = None,
    ) -> None:
        self.name = name or str(path)
        self._sound = open_sound(path, self.name)
        self._channel = cancelled_channel(path) if self._sound.channels > 1 else None
        self._block_frames = max(1, round(block_s * self._sound.samplerate))
        self._realtime = realtime
        self._hear = hear
        self._closed = False
        self._started = False
        self.sample_rate_hz: int = self._sound.samplerate
        self.trouble: str | None = None
        self.note: str | None = None
        if self._channel is not None:
            number = self._channel + 1
            self.note = (
                f"{self.name}: its channels cancel each other out (one is inverted): channel {number} is read alone"
            )

    def blocks(self) -> Iterator[AudioBlock]:
        """Blocks of float32 samples; raises ``NoInputError`` at a sample that is not finite or far outside [-1, 1]."""
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
                block = AudioBlock(samples, self.sample_rate_hz, first_sample, arrived_s=due_s)
                if self._hear is not None:
                    self._hear(block)
                yield block
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
        channels = self._sound.read(self._block_frames)
        samples: Samples = channels.mean(axis=1) if self._channel is None else channels[:, self._channel]
        try:
            require_plausible(samples)
        except NotFiniteError:
            at_s = (first_sample + int(np.argmin(np.isfinite(samples)))) / self.sample_rate_hz
            raise NoInputError(
                f"{self.name} holds a sample that is not a finite number at {at_s:.2f} s: "
                "expected NaN and infinity nowhere; export the file again"
            ) from None
        except OutOfRangeError as error:
            raise NoInputError(f"{self.name}: {error}, and export the file again") from None
        return samples

    def _note_end(self, frames_read: int) -> None:
        if frames_read == 0:
            raise NoInputError(f"{self.name} has no sample that can be decoded: copy or export the file again")
        missing = self._sound.missing()
        self.trouble = missing and f"{self.name}: {missing}"


def declared_seconds(path: Path) -> float | None:
    """How long a file says that it is; None where it says nothing or is no sound."""
    try:
        with open_sound(path) as sound:
            return sound.declared_s
    except NoInputError:
        return None


def find_audio(paths: Iterable[Path]) -> Iterator[Path | NoInputError]:
    """The files to read for ``paths``, in order; a directory gives the sound files below it, sorted, none hidden.

    A file that is named is given as it is. A directory without sound, one that cannot be read, and files of sound that
    libsndfile does not read each give a ``NoInputError`` in their place, as a value, so that the other paths can be
    served before the command fails.
    """
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found, undecoded, unreadable = _audio_below(path)
        yield from found
        for error in unreadable:
            yield NoInputError(f"{error.filename} cannot be read ({error.strerror}): what it holds was left out")
        if undecoded:
            count = f"{len(undecoded)} files" if len(undecoded) > 1 else "1 file"
            yield NoInputError(
                f"{path} holds {count} that libsndfile does not decode, such as {undecoded[0].name}: left out; convert "
                f"them with ffmpeg, or have them decoded with `{INSTALL}`"
            )
        elif not found and not unreadable:
            yield NoInputError(
                f"{path} holds no audio file that you may read: expected such as .wav, .flac, .ogg, .mp3"
            )


def audio_suffixes() -> set[str]:
    """How the names of files end that are taken for sound, such as ``.wav``."""
    formats = set(soundfile.available_formats()) - _NOT_SOUND
    suffixes = _OTHER_SUFFIXES | {f".{name.lower()}" for name in formats}
    return suffixes | _UNDECODED_SUFFIXES if can_decode_media() else suffixes


def _audio_below(directory: Path) -> tuple[list[Path], list[Path], list[OSError]]:
    """The files of sound below a directory, those that libsndfile does not decode, and errors of folders."""
    suffixes = audio_suffixes()
    found: list[Path] = []
    undecoded: list[Path] = []
    unreadable: list[OSError] = []
    for folder, folders, files in os.walk(directory, onerror=unreadable.append):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for path in (Path(folder, name) for name in files if not name.startswith(".")):
            if path.suffix.lower() in suffixes:
                found.append(path)
            elif path.suffix.lower() in _UNDECODED_SUFFIXES:
                undecoded.append(path)
    return sorted(found), sorted(undecoded), unreadable
