"""Which requests the server accepts: emotions of a person are sent here, so the default is this machine's user alone.

Binding to loopback keeps other machines out, but not other web pages: a browser lets any page connect to 127.0.0.1.
So every request must name this server in ``Host`` (a foreign name that resolves to 127.0.0.1 does not), and must come
from this server's own page, from an origin that was allowed by name, or from no page at all. On any other address than
loopback a client must also know a token: one lets it follow and send audio, another, where there is one, follow alone.
"""

import hmac
import ipaddress
from dataclasses import dataclass
from enum import Enum

from websockets.datastructures import Headers

from emostream.server.config import ServerConfig
from emostream.server.listener import is_loopback

_DEFAULT_PORTS = {"http": 80, "https": 443}
_BEARER = "bearer "


class Role(Enum):
    """What a client may do."""

    FOLLOW = "follow"  # streams: labels out
    SPEAK = "speak"  # audio in as well


@dataclass(frozen=True, slots=True)
class AccessPolicy:
    """The headers that a request must have. ``names`` are values of ``Host``, ``origins`` of ``Origin``, in lower case.

    With ``any_ip`` every IP address is a name of this server: a machine may have several, and unlike a DNS name, an IP
    address cannot be made to resolve to this machine by somebody else. An origin must then be the address in ``Host``.
    Without ``token`` everybody may speak; with ``follow_token`` who knows that alone may follow.
    """

    scheme: str
    port: int
    names: frozenset[str]
    origins: frozenset[str]
    any_ip: bool
    token: str | None
    follow_token: str | None = None

    def refusal(self, headers: Headers) -> str | None:
        """Why a request with these headers is refused, as one line, or None if it is accepted."""
        named = [value.lower() for value in headers.get_all("Host")]
        if len(named) != 1 or not self._is_own(named[0]):
            return (
                "refused: the Host header does not name this server; open it as "
                f"{self.scheme}://{min(self.names)}/ or start it with --allow-host"
            )
        origins = [value.lower() for value in headers.get_all("Origin")]
        if any(not self._is_own_origin(origin, named[0]) and origin not in self.origins for origin in origins):
            return "refused: this page's origin is not allowed to read the voice on this machine"
        return None

    def role(self, headers: Headers) -> Role | None:
        """What the ``Authorization`` header lets its client do; None without a token, where one is needed."""
        if self.token is None:
            return Role.SPEAK
        given = headers.get_all("Authorization")
        if len(given) != 1 or not given[0].lower().startswith(_BEARER):
            return None
        return self.role_of(given[0][len(_BEARER) :])

    def has_wrong_token(self, headers: Headers) -> bool:
        """Whether there is an ``Authorization`` header that lets its client do nothing."""
        return "Authorization" in headers and self.role(headers) is None

    def role_of(self, token: str) -> Role | None:
        """What this token lets a client do, None if it is wrong; compared in constant time."""
        if self.token is None or _equal(token, self.token):
            return Role.SPEAK
        if self.follow_token is not None and _equal(token, self.follow_token):
            return Role.FOLLOW
        return None

    def _is_own_origin(self, origin: str, requested_host: str) -> bool:
        """Whether a page of this server asks. Any address may be this machine's, but not that of another page."""
        scheme, _, host = origin.partition("://")
        return scheme == self.scheme and (host == requested_host or host in self.names)

    def _is_own(self, host: str) -> bool:
        if host in self.names:
            return True
        name, _, port = host.rpartition(":") if not host.endswith("]") else (host, "", "")
        if not name:
            name, port = host, ""
        expected = str(self.port) if self.port != _DEFAULT_PORTS[self.scheme] or port else ""
        return self.any_ip and port == expected and _is_ip(name)


def access_policy(config: ServerConfig, address: str, port: int) -> AccessPolicy:
    """The policy of a server that listens at this IP address and port."""
    scheme = "https" if config.certificate else "http"
    allowed = {name.lower() for name in config.allowed_hosts}
    return AccessPolicy(
        scheme=scheme,
        port=port,
        names=own_names(frozenset({address, *allowed}), port, scheme) | allowed,
        origins=frozenset(origin.lower().rstrip("/") for origin in config.allowed_origins),
        any_ip=not is_loopback(address),
        token=config.token,
        follow_token=config.follow_token,
    )


def own_names(addresses: frozenset[str], port: int, scheme: str) -> frozenset[str]:
    """The values of ``Host`` that name a server of this machine at these addresses or names."""
    names = {"localhost", "127.0.0.1", "[::1]", *(f"[{name}]" if ":" in name else name for name in addresses)}
    hosts = {f"{name}:{port}" for name in names}
    return frozenset(hosts | names if port == _DEFAULT_PORTS[scheme] else hosts)


def _is_ip(name: str) -> bool:
    if "%" in name:  # a zone of IPv6 may hold any text; browsers send none
        return False
    try:
        ipaddress.ip_address(name[1:-1] if name.startswith("[") else name)
    except ValueError:
        return False
    return True


def _equal(token: str, expected: str) -> bool:
    return hmac.compare_digest(token.strip().encode(), expected.encode())
