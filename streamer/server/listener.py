"""The address that the daemon answers on: loopback, and a port that is really free."""

import errno
import ipaddress
import socket

from streamer.errors import UnavailableError, UsageError

_LAST_PORT = 65535


def loopback_address(host: str) -> str:
    """The loopback address to bind to for ``host``; raises UsageError for any address that other machines can reach."""
    if host.lower() == "localhost":
        return "127.0.0.1"
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        address = None
    if address is None or not address.is_loopback:
        raise UsageError(
            f"cannot serve on {host!r}: this version serves this machine alone; use 127.0.0.1, ::1 or localhost"
        )
    return str(address)


def listen(address: str, port: int) -> socket.socket:
    """A listening socket; ``port`` 0 takes any free one. Raises UnavailableError when the port cannot be had."""
    if not 0 <= port <= _LAST_PORT:
        raise UsageError(f"port {port} does not exist: expected 1 to {_LAST_PORT}, or 0 for any free one")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        return socket.create_server((address, port), family=family)
    except OSError as error:
        reasons = {errno.EADDRINUSE: "is in use by another program", errno.EACCES: "needs more rights than you have"}
        reason = reasons.get(error.errno or 0, f"cannot be opened ({error.strerror})")
        raise UnavailableError(
            f"port {port} on {address} {reason}: choose another with --port, or --port 0 for any free one"
        ) from error
