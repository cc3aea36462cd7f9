"""The server's certificate: read at start, and anew when its files change, as a renewal writes them."""

import logging
import ssl
import threading
from datetime import UTC, datetime
from pathlib import Path

from emostream.errors import UsageError
from emostream.server.listener import tls_context

_UTC_TIME = 0x17
_VERSION = 0xA0
_LONG_FORM = 0x80

_logger = logging.getLogger(__name__)


class Certificate:
    """The TLS context of these PEM files; connections that are open keep the one they began with. Thread-safe.

    Raises ``UsageError`` for files that cannot be used.
    """

    def __init__(self, certificate: Path, key: Path | None) -> None:
        self._certificate = certificate
        self._key = key
        self._lock = threading.Lock()  # guards the next two
        self._seen = self._signature()
        self._context = tls_context(certificate, key)

    @property
    def context(self) -> ssl.SSLContext:
        """What a new connection takes."""
        return self._context

    def reload_if_changed(self) -> None:
        """Read the files anew if they are others than those that were read last."""
        if self._signature() != self._seen:
            self.reload()

    def reload(self) -> None:
        """Read the files anew. Those that cannot be used, as while they are being written, leave what there was."""
        with self._lock:
            self._seen = self._signature()
            try:
                self._context = tls_context(self._certificate, self._key)
            except UsageError as error:
                _logger.warning("the certificate of before is used on: %s", error)
            else:
                _logger.info("the certificate was read anew")

    def _signature(self) -> tuple[tuple[int, int, int] | None, ...]:
        files = (self._certificate, self._key) if self._key else (self._certificate,)
        return tuple(_file_signature(file) for file in files)


def validity_complaint(certificate: Path, now: datetime) -> str | None:
    """A line if the certificate in a PEM file, which ``tls_context`` has read, is not valid at this time."""
    pem = certificate.read_text(encoding="ascii", errors="ignore")
    begin, end = _validity(ssl.PEM_cert_to_DER_cert(_first_certificate(pem)))
    if now > end:
        return f"the certificate in {certificate} expired on {end:%Y-%m-%d}: browsers and clients refuse it; renew it"
    if now < begin:
        return f"the certificate in {certificate} is valid from {begin:%Y-%m-%d} on: browsers and clients refuse it"
    return None


def _file_signature(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size


def _first_certificate(pem: str) -> str:
    end = "-----END CERTIFICATE-----"
    return pem[pem.index("-----BEGIN CERTIFICATE-----") : pem.index(end) + len(end)]


def _validity(der: bytes) -> tuple[datetime, datetime]:
    """From when to when a certificate is valid (RFC 5280, 4.1): the standard library does not say it of its own."""
    _, certificate, _ = _element(der)
    _, fields, _ = _element(certificate)
    tag, _, rest = _element(fields)
    if tag == _VERSION:
        _, _, rest = _element(rest)
    for _field in ("signature algorithm", "issuer"):
        _, _, rest = _element(rest)
    _, validity, _ = _element(rest)
    begin_tag, begin, rest = _element(validity)
    end_tag, end, _ = _element(rest)
    return _time(begin_tag, begin), _time(end_tag, end)


def _element(der: bytes) -> tuple[int, bytes, bytes]:
    """The first element's tag and content, and what follows it."""
    tag, length, at = der[0], der[1], 2
    if length & _LONG_FORM:
        at += length & ~_LONG_FORM
        length = int.from_bytes(der[2:at], "big")
    return tag, der[at : at + length], der[at + length :]


def _time(tag: int, content: bytes) -> datetime:
    text = content.decode("ascii")
    if tag == _UTC_TIME:  # two digits, of 1950 to 2049
        text = ("19" if text >= "50" else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
