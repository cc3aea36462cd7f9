"""The address and port that the server listens on, with or without TLS."""

import errno
import ipaddress
import socket
import ssl
from pathlib import Path

from emostream.errors import UnavailableError, UsageError

_LAST_PORT = 65535


def address_of(host: str) -> str:
    """The IP address to bind to for ``host``, an address or ``localhost``. Raises UsageError for any other name."""
    if host.lower() == "localhost":
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(host.strip("[]")))
    except ValueError as error:
        raise UsageError(
            f"cannot serve on {host!r}: expected an IP address of this machine, such as 127.0.0.1 for this machine "
            "alone or 0.0.0.0 for its network"
        ) from error


def is_loopback(address: str) -> bool:
    """Whether this machine alone can reach the address."""
    return ipaddress.ip_address(address).is_loopback


def listen(address: str, port: int) -> socket.socket:
    """A listening socket; ``port`` 0 takes any free one. Raises UnavailableError if the port is not available."""
    if not 0 <= port <= _LAST_PORT:
        raise UsageError(f"port {port} does not exist: expected 1 to {_LAST_PORT}, or 0 for any free one")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        return socket.create_server((address, port), family=family, backlog=1024)
    except OSError as error:
        reasons = {errno.EADDRINUSE: "is in use by another program", errno.EACCES: "needs more rights than you have"}
        reason = reasons.get(error.errno or 0, f"cannot be opened ({error.strerror})")
        raise UnavailableError(
            f"port {port} on {address} {reason}: choose another with --port, or --port 0 for any free one"
        ) from error


def tls_context(certificate: Path, key: Path | None) -> ssl.SSLContext:
    """TLS with these PEM files. Raises UsageError for files that cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Tickets come while a client sends its request. A client that reads and writes in two threads, as websockets' does,
    # then lost the request now and then (3 of 1,200 connections): OpenSSL's objects are not thread-safe.
    context.num_tickets = 0
    context.options |= ssl.OP_NO_RENEGOTIATION  # each would cost as much as a handshake
    try:
        # A key that needs a pass phrase would otherwise ask for it on the terminal, and wait.
        context.load_cert_chain(certificate, key, password=lambda: "")
    except (OSError, ValueError) as error:
        files = f"{certificate} and {key}" if key else str(certificate)
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"TLS cannot use {files} ({reason}): expected a certificate and its key as PEM files, without a pass phrase"
        ) from error
    return context
