"""The settings of a server: its address, who has access, and the limits of everything that clients use."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits that hold whatever a client does; ``_s`` are seconds.

    A client that takes nothing or answers no ping for ``stall_s``, with a stream of its own for ``idle_s``, is cut off,
    as is one that sends more than ``idle_frames_per_s`` control frames and empty frames a second on average, beyond
    ``burst_idle_frames`` at once. ``messages_per_s`` and ``burst_messages`` are of text messages: audio is paced by
    reading it no sooner than it can be taken. A new stream is refused while audio that came in real time has recently
    waited longer than ``most_lag_s``. Clients of one address take at most ``address_share`` of each kind of place,
    above 0 to 1. ``spare_connections`` are for pages, and for clients that are refused with a reason.
    """

    clients: int = 2_000
    streams: int = 64
    address_share: float = 0.75
    spare_connections: int = 64
    message_bytes: int = 256 * 1024
    messages_per_s: float = 500.0
    burst_messages: int = 2_000
    idle_frames_per_s: float = 100.0
    burst_idle_frames: int = 500
    stall_s: float = 10.0
    handshake_s: float = 5.0
    close_s: float = 1.0
    idle_s: float = 60.0
    most_lag_s: float = 0.5

    @property
    def connections(self) -> int:
        """Open TCP connections, half-open ones included."""
        return self.clients + self.spare_connections

    @property
    def clients_per_address(self) -> int:
        """Clients of one address."""
        return self._share(self.clients)

    @property
    def connections_per_address(self) -> int:
        """Open TCP connections of one address: more than its clients, so that the next gets a reason."""
        return self.clients_per_address + self._share(self.spare_connections)

    @property
    def streams_per_address(self) -> int:
        """Clients of one address that send audio."""
        return self._share(self.streams)

    def _share(self, places: int) -> int:
        return max(1, math.ceil(self.address_share * places))


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """``port`` 0 takes any free one. ``allowed_origins`` and ``allowed_hosts`` have access beside the server's own.

    Other addresses than loopback need a ``token``. Clients that know ``follow_token`` alone may follow streams, but not
    send audio. ``certificate`` and ``key`` are PEM files, for TLS.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    allowed_origins: Iterable[str] = ()
    allowed_hosts: Iterable[str] = ()
    token: str | None = field(default=None, repr=False)
    follow_token: str | None = field(default=None, repr=False)
    certificate: Path | None = None
    key: Path | None = None
    limits: Limits = field(default_factory=Limits)
