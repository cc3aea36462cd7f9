"""Where a recording is, for documents that link to it."""

import mimetypes
from pathlib import Path
from urllib.parse import quote

from emostream.timelines.timeline import Timeline

_ANY_SOUND = "audio/*"


def media_file(timeline: Timeline) -> Path | None:
    """The file that was read; None for a microphone, for standard input, and for a file that is no longer there."""
    path = Path(timeline.source)
    return path.absolute() if path.is_file() else None


def media_type(path: Path) -> str:
    """The MIME type of a sound file, by its name.

    >>> media_type(Path("talk.wav")), media_type(Path("talk"))
    ('audio/x-wav', 'audio/*')
    """
    return mimetypes.guess_type(path.name)[0] or _ANY_SOUND


def stream_uri(timeline: Timeline) -> str:
    """The address of the file, or a name for the stream in the form of one."""
    path = media_file(timeline)
    return path.as_uri() if path else f"urn:emostream:{quote(timeline.hello.stream, errors='surrogateescape')}"
