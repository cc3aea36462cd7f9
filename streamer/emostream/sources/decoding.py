"""Open a sound file and decode it part by part, or explain in one line why it cannot be opened."""

import codecs
import os
import shlex
import stat
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import soundfile
from numpy.typing import NDArray

from emostream.errors import NoInputError
from emostream.pcm import container_of
from emostream.sources import HIGHEST_RATE_HZ, LOWEST_RATE_HZ
from emostream.sources.codecs import undecoded_codec
from emostream.sources.layout import Part, PartFile, sound_parts
from emostream.sources.media import INSTALL, MediaDecoder, MediaError, can_decode_media
from emostream.sources.truncation import UNKNOWN_FRAMES, truncation

Channels = NDArray[np.float32]
"""Samples of all channels, shape (n, channels)."""

_HEAD_BYTES = 4096
_NOT_RIFF_AUDIO = b"AVI "


class Sound:
    """An open sound file: its parts one behind the other, decoded in any number of samples at a time.

    ``samplerate``, ``channels``, ``format`` and ``subtype`` are those of the first part, as in ``soundfile``.
    """

    def __init__(self, parts: "Iterator[tuple[Part, _Decoder | MediaDecoder]]") -> None:
        self._parts = parts
        self._part, self._decoder = next(parts)
        self._read_in_part = 0
        self._missing: str | None = None
        self.samplerate: int = self._decoder.samplerate
        self.channels: int = self._decoder.channels
        self.format: str = self._decoder.format
        self.subtype: str = self._decoder.subtype

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def is_empty(self) -> bool:
        """Whether the first part holds no sample by its header."""
        return bool(self._decoder.frames == 0)

    @property
    def declared_s(self) -> float | None:
        """How long the first part is by its header, in seconds; None where that says nothing."""
        if isinstance(self._decoder, MediaDecoder):
            return self._decoder.declared_s
        frames = self._decoder.frames
        return None if frames == UNKNOWN_FRAMES else frames / self.samplerate

    def close(self) -> None:
        """Close the file."""
        self._decoder.close()

    def read(self, n_samples: int) -> Channels:
        """The next samples, shape (k, channels), where k is below ``n_samples`` at the end alone and 0 behind it."""
        found = [self._decoder.decode(n_samples)]
        self._read_in_part += len(found[0])
        while (n_read := sum(map(len, found))) < n_samples and self._next_part():
            found.append(self._decoder.decode(n_samples - n_read))
            self._read_in_part += len(found[-1])
        return np.concatenate(found)

    def missing(self) -> str | None:
        """What the file promises and could not be read, as text for people; None where all of it was. For the end."""
        if isinstance(self._decoder, MediaDecoder):
            return self._decoder.missing(self._read_in_part)
        return self._missing or truncation(self._decoder, self._read_in_part, self._part.declared_samples)

    def _next_part(self) -> bool:
        following = next(self._parts, None)
        if following is None:
            return False
        part, decoder = following
        self._missing = self.missing()
        if (decoder.samplerate, decoder.channels) != (self.samplerate, self.channels):
            self._missing = (
                f"a part of {decoder.samplerate} Hz and {decoder.channels} channels follows {self.samplerate} Hz and "
                f"{self.channels} channels and was left out: save the parts as files of their own"
            )
            decoder.close()
            return False
        self._decoder.close()
        self._part, self._decoder, self._read_in_part = part, decoder, 0
        return True


class _Decoder(soundfile.SoundFile):  # type: ignore[misc]  # soundfile has no types
    """A part of a sound file that is read from its beginning to its end, without ever going back.

    soundfile seeks to where it is after each read of a seekable file: that breaks MP3, whose frames need the bits of
    those before, and ends a FLAC of unknown length.
    """

    def __init__(self, path: Path, part: Part) -> None:
        self._n_decoded = 0
        # By its name wherever that is possible: an interrupt within a call from libsndfile back into Python is lost.
        self._bytes = None if part.is_whole else PartFile(path, part)
        name = os.fsencode(path) if os.name == "posix" else str(path)
        header: dict[str, object] = {"file": self._bytes or name}
        if part.raw:
            header |= {
                "format": "RAW",
                "endian": "LITTLE",
                "subtype": part.raw.subtype,
                "samplerate": part.raw.sample_rate_hz,
                "channels": part.raw.channels,
            }
        try:
            super().__init__(**header)
        except soundfile.LibsndfileError:
            if self._bytes:
                self._bytes.close()
            raise

    def close(self) -> None:
        super().close()
        if self._bytes:
            self._bytes.close()

    def seekable(self) -> bool:
        return False

    def decode(self, n_samples: int) -> Channels:
        """The next samples, shape (k, channels), k <= ``n_samples``; fewer than that at the end or before damage."""
        samples = np.empty((n_samples, self.channels), np.float32)
        try:
            count = self.buffer_read_into(samples, "float32")
        except soundfile.LibsndfileError:  # damaged from here on: what was decoded before stands in the buffer
            count = max(0, self.tell() - self._n_decoded)
        if self._bytes and self._bytes.interrupted:
            raise KeyboardInterrupt
        self._n_decoded += count
        return samples[:count]


def open_sound(path: Path, name: str | None = None) -> Sound:
    """The open file, which has one sample at least; raises ``NoInputError``, which calls it ``name`` or by its path."""
    name = name or str(path)
    head = _read_head(path, name)
    if path.suffix.lower() == ".raw":
        raise NoInputError(
            f"{name} has no header that says its rate and encoding: expected an audio file; "
            "give raw PCM to `emostream listen -` on standard input"
        )
    try:
        sound = Sound(_decoders(path))
    except soundfile.LibsndfileError:
        sound = _open_media(path, name, head)
    if sound.is_empty:
        sound.close()
        raise NoInputError(f"{name} has a {sound.format} header and no samples: expected sound; record it again")
    if not LOWEST_RATE_HZ <= sound.samplerate <= HIGHEST_RATE_HZ:
        sound.close()
        raise NoInputError(
            f"{name} says that its rate is {sound.samplerate} Hz: expected {LOWEST_RATE_HZ} to {HIGHEST_RATE_HZ}; "
            "copy or export the file again"
        )
    return sound


def _decoders(path: Path) -> Iterator[tuple[Part, _Decoder]]:
    """The parts of a file, each opened when it is asked for. Raises ``soundfile.LibsndfileError``."""
    with path.open("rb") as file:
        parts = sound_parts(file)
    for part in parts:
        yield part, _Decoder(path, part)


def _open_media(path: Path, name: str, head: bytes) -> Sound:
    """What libsndfile does not decode, if PyAV does. Raises ``NoInputError``."""
    why = _why_not_audio(path, name, head)
    # A damaged file that libsndfile knows stays one. Text has no sound, and some of FFmpeg's name other files to open.
    if not can_decode_media() or _is_damaged(head) or _is_text(head):
        raise NoInputError(why)
    try:
        return Sound(iter([(Part(0, 0, is_whole=True), MediaDecoder(path))]))
    except MediaError as error:
        if container_of(head) or undecoded_codec(head):
            why = f"{name} cannot be read (FFmpeg says: {error}): copy or export the file again"
        raise NoInputError(why) from None


def _read_head(path: Path, name: str) -> bytes:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise NoInputError(f"{name} is a directory: expected an audio file; name a file in it")
        if not stat.S_ISREG(mode):  # opening a pipe that nobody writes to would wait for ever
            raise NoInputError(
                f"{name} is a pipe or a device: expected an audio file; give raw PCM to `emostream listen -` instead"
            )
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except FileNotFoundError:
        raise NoInputError(f"{name} does not exist: expected an audio file; check the name") from None
    except PermissionError:
        raise NoInputError(f"{name} may not be read by you: expected read permission; try `chmod u+r`") from None
    except (OSError, ValueError) as error:
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
        raise NoInputError(f"{name} cannot be read ({reason}): expected an audio file; check the path") from None
    if not head:
        raise NoInputError(f"{name} is empty (0 bytes): expected an audio file; record or copy it again")
    return head


def _why_not_audio(path: Path, name: str, head: bytes) -> str:
    if name == str(path):
        wav = path.with_name(f"{path.stem}-audio.wav")
        command = f"ffmpeg -i {shlex.quote(name)} -vn {shlex.quote(str(wav))}"
    else:
        command = "ffmpeg -i - -vn -f wav - | emostream file -"
    if codec := undecoded_codec(head):
        install = "" if can_decode_media() else f" or have it decoded with `{INSTALL}`"
        return f"{name} holds {codec}, which libsndfile does not decode: convert it with `{command}`{install}"
    if _is_damaged(head):
        container = container_of(head)
        return f"{name} begins like {container}, but its header is cut short or damaged: copy or export the file again"
    if _is_text(head):
        return f"{name} holds text, not sound: expected an audio file; check what was saved under this name"
    return f"{name} is in no format that libsndfile reads; if it is a video or AAC, take the sound out with `{command}`"


def _is_damaged(head: bytes) -> bool:
    """Whether a file that libsndfile refused begins like one that it reads."""
    return container_of(head) is not None and undecoded_codec(head) is None and head[8:12] != _NOT_RIFF_AUDIO


def _is_text(head: bytes) -> bool:
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head)  # incremental: the head may end inside a letter
    except UnicodeDecodeError:
        return False
    return all(letter.isprintable() or letter.isspace() for letter in text)
