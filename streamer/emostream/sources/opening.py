"""One place that opens a live source: a microphone, or raw PCM on standard input."""

import sys

from emostream.sources import Source
from emostream.sources.microphone import MicrophoneSource
from emostream.sources.pcm import PcmSource

STDIN = "-"


def open_source(device: str | int | None, *, rate_hz: int, encoding: str) -> Source:
    """The source that ``device`` means: ``-`` standard input, None the default microphone, else as ``find_device``.

    ``rate_hz`` and ``encoding`` are those of the PCM on standard input. Raises ``UsageError`` for a terminal as
    standard input or an impossible rate, ``UnavailableError`` for a microphone that cannot be had.
    """
    if device == STDIN:
        return PcmSource(sys.stdin.buffer, rate_hz, encoding)
    return MicrophoneSource(device)
