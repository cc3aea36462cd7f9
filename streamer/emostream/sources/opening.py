"""One place that opens a live source: a microphone, or raw PCM on standard input."""

import sys
from dataclasses import dataclass

from emostream.pause import PauseSwitch
from emostream.sources import Source
from emostream.sources.microphone import MicrophoneSource
from emostream.sources.pcm import PcmSource

STDIN = "-"


@dataclass(frozen=True, slots=True)
class PcmFormat:
    """PCM without a header: its sample rate in Hz, one of ``emostream.pcm.ENCODINGS``, and interleaved channels."""

    sample_rate_hz: int
    encoding: str
    channels: int = 1


def open_source(
    device: str | int | None,
    stdin_format: PcmFormat | None = None,
    *,
    channel: int | None = None,
    wait: bool = False,
    switch: PauseSwitch | None = None,
) -> Source:
    """The source for ``device``: ``-`` is standard input, None the default microphone, else as with ``find_device``.

    A microphone is opened at once; ``channel``, ``wait`` and ``switch`` are as in ``MicrophoneSource``. Without
    ``stdin_format`` standard input is not a source, and ``-`` is taken for a part of a microphone's name. Raises
    ``UsageError`` for a terminal as standard input or an impossible rate, and ``UnavailableError`` for a microphone
    that cannot be opened.
    """
    if device == STDIN and stdin_format is not None:
        return PcmSource(sys.stdin.buffer, stdin_format.sample_rate_hz, stdin_format.encoding, stdin_format.channels)
    microphone = MicrophoneSource(device, channel=channel, wait=wait, switch=switch)
    microphone.open()
    return microphone
