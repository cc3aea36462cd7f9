"""What libsndfile does not decode (AAC, Opus in CAF or WebM, Speex, WMA), by PyAV if ``emostream[media]`` is there."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

INSTALL = "pip install 'emostream[media]'"

# Containers of sound alone: no playlists and no descriptions that name other files or addresses to be opened.
_CONTAINERS = (
    "mov,matroska,ogg,wav,w64,caf,asf,amr,amrnb,amrwb,aac,ac3,eac3,flac,mp3,aiff,au,mpegts,mpeg,avi,flv,ape,wv,tta"
)
_OPTIONS = {"format_whitelist": _CONTAINERS, "protocol_whitelist": "none"}
# Encoders add samples before the beginning and behind the end, which the declared length may or may not hold.
_SLACK_S = 0.2


class MediaError(Exception):
    """A file that PyAV cannot open, or without sound."""


def can_decode_media() -> bool:
    """Whether PyAV is installed."""
    return importlib.util.find_spec("av") is not None


class MediaDecoder:
    """The first sound of a file, read from its beginning to its end; the attributes are those of a ``SoundFile``.

    Raises ``MediaError``.
    """

    frames = None  # not known before the end

    def __init__(self, path: Path) -> None:
        import av

        self._file = path.open("rb")
        try:
            self._container: Any = av.open(self._file, "r", options=_OPTIONS, metadata_errors="replace")
        except av.FFmpegError as error:
            self._file.close()
            raise MediaError(error.strerror) from None
        stream = next((audio for audio in self._container.streams.audio if audio.rate), None)
        if stream is None:
            self.close()
            raise MediaError("there is no sound in it")
        self.samplerate: int = stream.rate
        self.channels: int = stream.layout.nb_channels
        self.format: str = self._container.format.name
        self.subtype: str = stream.codec_context.name
        self._failure: str | None = None
        self._pieces = self._decode(stream, av)
        self._ready = np.zeros((0, self.channels), np.float32)

    @property
    def declared_s(self) -> float | None:
        """How long the container says that it is, in seconds; None where it says nothing."""
        return self._container.duration / 1_000_000 if self._container.duration else None

    def close(self) -> None:
        """Close the file."""
        self._container.close()
        self._file.close()

    def decode(self, n_samples: int) -> NDArray[np.float32]:
        """The next samples, shape (k, channels), k <= ``n_samples``; fewer than that at the end or before damage."""
        found = [self._ready]
        count = len(self._ready)
        while count < n_samples and (piece := next(self._pieces, None)) is not None:
            found.append(piece)
            count += len(piece)
        samples = np.concatenate(found)
        self._ready = samples[n_samples:]
        return samples[:n_samples]

    def missing(self, samples_read: int) -> str | None:
        """What could not be read, as text for people; None where all of it was. For the end."""
        read_s = samples_read / self.samplerate
        if self._failure:
            return f"it cannot be read behind {read_s:.2f} s ({self._failure}): copy or export it again"
        declared_s = self.declared_s or 0.0
        if read_s + _SLACK_S < declared_s:
            return f"{read_s:.2f} s could be read of the {declared_s:.2f} s that it promises: copy or export it again"
        return None

    def _decode(self, stream: Any, av: Any) -> Iterator[NDArray[np.float32]]:
        planar = av.AudioResampler(format="fltp", layout=stream.layout, rate=stream.rate)
        try:
            for frame in self._container.decode(stream):
                for piece in planar.resample(frame):
                    yield piece.to_ndarray().T
        except av.FFmpegError as error:
            self._failure = error.strerror
