"""What all sessions of a server share, and the names of its streams."""

from collections.abc import Callable
from dataclasses import dataclass

from emostream.pause import PauseSwitch
from emostream.server.access import AccessPolicy
from emostream.server.address_limit import AddressLimit
from emostream.server.audio_reader import AudioReader
from emostream.server.config import Limits
from emostream.server.hub import Hub
from emostream.server.live_source import LiveSource
from emostream.server.metrics import Metrics

LIVE = "live"  # the stream of the server's own microphone
OWN = "audio"  # the stream of a client's own audio that is not published


@dataclass(frozen=True)
class ServerContext:
    """What all sessions share. Without ``reader`` the server takes no audio.

    ``streams_by_address`` counts the places for audio that the clients of each address have. ``switch`` pauses the
    server's own microphone and ``source`` says how it does, both None where it reads none.
    """

    limits: Limits
    access: AccessPolicy
    hub: Hub
    metrics: Metrics
    reader: AudioReader | None
    wake: Callable[[], None]
    count_clients: Callable[[], int]
    streams_by_address: AddressLimit
    switch: PauseSwitch | None = None
    source: LiveSource | None = None
