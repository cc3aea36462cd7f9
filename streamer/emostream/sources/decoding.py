"""Open a sound file, or explain in one line why it cannot be opened."""

import codecs
import os
import shlex
import stat
from pathlib import Path

import soundfile

from emostream.errors import NoInputError
from emostream.sources import HIGHEST_RATE_HZ, LOWEST_RATE_HZ

_HEAD_BYTES = 4096
_AUDIO_MAGIC = {
    b"RIFF": "WAV",
    b"RF64": "WAV",
    b"fLaC": "FLAC",
    b"OggS": "Ogg",
    b"FORM": "AIFF",
    b"caff": "CAF",
    b"riff": "W64",
    b".snd": "AU",
    b"ID3\x03": "MP3",
    b"ID3\x04": "MP3",
}
_NOT_RIFF_AUDIO = b"AVI "


def open_sound(path: Path) -> soundfile.SoundFile:
    """The open file, which has one sample at least; raises ``NoInputError``."""
    head = _read_head(path)
    if path.suffix.lower() == ".raw":
        raise NoInputError(
            f"{path} has no header that says its rate and encoding: expected an audio file; "
            "give raw PCM to `emostream listen -` on standard input"
        )
    try:
        sound = soundfile.SoundFile(path)
    except soundfile.LibsndfileError:
        raise NoInputError(_why_not_audio(path, head)) from None
    if sound.frames == 0:
        sound.close()
        raise NoInputError(f"{path} has a {sound.format} header and no samples: expected sound; record it again")
    if not LOWEST_RATE_HZ <= sound.samplerate <= HIGHEST_RATE_HZ:
        sound.close()
        raise NoInputError(
            f"{path} says that its rate is {sound.samplerate} Hz: expected {LOWEST_RATE_HZ} to {HIGHEST_RATE_HZ}; "
            "copy or export the file again"
        )
    return sound


def _read_head(path: Path) -> bytes:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise NoInputError(f"{path} is a directory: expected an audio file; name a file in it")
        if not stat.S_ISREG(mode):  # opening a pipe that nobody writes to would wait for ever
            raise NoInputError(
                f"{path} is a pipe or a device: expected an audio file; give raw PCM to `emostream listen -` instead"
            )
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except FileNotFoundError:
        raise NoInputError(f"{path} does not exist: expected an audio file; check the name") from None
    except PermissionError:
        raise NoInputError(f"{path} may not be read by you: expected read permission; try `chmod u+r`") from None
    except (OSError, ValueError) as error:
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
        raise NoInputError(f"{path} cannot be read ({reason}): expected an audio file; check the path") from None
    if not head:
        raise NoInputError(f"{path} is empty (0 bytes): expected an audio file; record or copy it again")
    return head


def _why_not_audio(path: Path, head: bytes) -> str:
    container = _AUDIO_MAGIC.get(head[:4])
    if container and head[8:12] != _NOT_RIFF_AUDIO:
        return f"{path} begins like {container}, but its header is cut short or damaged: copy or export the file again"
    if _is_text(head):
        return f"{path} holds text, not sound: expected an audio file; check what was saved under this name"
    wav = path.with_name(f"{path.stem}-audio.wav")
    command = f"ffmpeg -i {shlex.quote(str(path))} -vn {shlex.quote(str(wav))}"
    return f"{path} is in no format that libsndfile reads; if it is a video or AAC, take the sound out with `{command}`"


def _is_text(head: bytes) -> bool:
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head)  # incremental: the head may end inside a letter
    except UnicodeDecodeError:
        return False
    return all(letter.isprintable() or letter.isspace() for letter in text)
