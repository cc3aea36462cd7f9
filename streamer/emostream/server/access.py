"""Which requests the server accepts: emotions of a person are sent here, so the default is this machine's user alone.

Binding to loopback keeps other machines out, but not other web pages: a browser lets any page connect to 127.0.0.1.
So every request must name this server in ``Host`` (a foreign name that resolves to 127.0.0.1 does not), and must come
from this server's own page, from an origin that was allowed by name, or from no page at all. On any other address than
loopback a client must also know the token.
"""

import hmac
import ipaddress
from dataclasses import dataclass

from websockets.datastructures import Headers

_DEFAULT_PORTS = {"http": 80, "https": 443}
_BEARER = "bearer "


@dataclass(frozen=True, slots=True)
class AccessPolicy:
    """The headers that a request must have. ``names`` are values of ``Host``, ``origins`` of ``Origin``, in lower case.

    With ``any_ip`` every IP address is a name of this server: a machine may have several, and unlike a DNS name, an IP
    address cannot be made to resolve to this machine by somebody else. An origin must then be the address in ``Host``.
    """

    scheme: str
    port: int
    names: frozenset[str]
    origins: frozenset[str]
    any_ip: bool
    token: str | None

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

    def token_in(self, headers: Headers) -> bool | None:
        """Whether the ``Authorization`` header holds the token; None if there is no header, or no token is needed."""
        given = headers.get_all("Authorization")
        if self.token is None or not given:
            return None
        return len(given) == 1 and given[0].lower().startswith(_BEARER) and self.is_token(given[0][len(_BEARER) :])

    def is_token(self, given: str) -> bool:
        """Whether this is the token, compared in constant time."""
        return self.token is not None and hmac.compare_digest(given.strip().encode(), self.token.encode())

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
