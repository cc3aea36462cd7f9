"""The settings of a server: its address, who has access, and the limits of everything that clients use."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits that hold whatever a client does; ``_s`` are seconds.

    A client that takes nothing for ``stall_s`` is cut off. A new stream is refused while audio that came in real time
    has recently waited longer than ``most_lag_s``.
    """

    clients: int = 2_000
    streams: int = 64
    message_bytes: int = 128 * 1024
    messages_per_s: float = 500.0
    burst_messages: int = 2_000
    stall_s: float = 10.0
    handshake_s: float = 5.0
    close_s: float = 1.0
    idle_s: float = 60.0
    most_lag_s: float = 0.5

    @property
    def connections(self) -> int:
        """Open TCP connections: more than ``clients``, for pages and for clients that are refused with a reason."""
        return self.clients + 64


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """``port`` 0 takes any free one. ``allowed_origins`` and ``allowed_hosts`` have access beside the server's own.

    Other addresses than loopback need a ``token``. ``certificate`` and ``key`` are PEM files, for TLS.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    allowed_origins: Iterable[str] = ()
    allowed_hosts: Iterable[str] = ()
    token: str | None = field(default=None, repr=False)
    certificate: Path | None = None
    key: Path | None = None
    limits: Limits = field(default_factory=Limits)
