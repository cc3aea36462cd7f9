"""Where audio comes from: a microphone, a file, a pipe."""

from collections.abc import Iterator
from typing import Protocol

from emostream.audio import AudioBlock

HEARTBEAT_S = 0.25
# Sound devices and recordings of speech lie within; a damaged header or a slip of the finger does not.
LOWEST_RATE_HZ, HIGHEST_RATE_HZ = 1_000, 768_000


class Source(Protocol):
    """Something that gives mono audio, block by block, on one sample axis.

    ``name`` is for people: a device's name, a file's path. ``sample_rate_hz`` is the rate of every block. ``trouble``
    is None while all is well and else one line for a person: why no sound comes just now, or what the end of the audio
    brought to light.
    """

    @property
    def name(self) -> str: ...

    @property
    def sample_rate_hz(self) -> int: ...

    @property
    def trouble(self) -> str | None: ...

    def blocks(self) -> Iterator[AudioBlock]:
        """The audio from its start to its end, or until ``close``; to be called once.

        While a live source has nothing to give, an empty block comes every ``HEARTBEAT_S``, so that the caller can
        look at ``trouble`` and at its own clock.
        Raises an ``EmostreamError`` when there is nothing to give, or nothing more that can be trusted.
        """
        ...

    def close(self) -> None:
        """Ask ``blocks`` to end soon; returns at once, from any thread or signal handler, and more than once."""
        ...
