"""Who may knock: a voice is read here, so only this machine's own pages may listen.

Binding to loopback keeps other machines out, but not other web pages: a browser will happily connect a stranger's page
to 127.0.0.1. So every request must name this server in ``Host`` (a stranger's name that resolves to 127.0.0.1 does
not), and must come from this server's own page, from an origin that was allowed by name, or from no page at all.
"""

from collections.abc import Collection

from websockets.datastructures import Headers

_HTTP_PORT = 80


def own_hosts(address: str, port: int) -> frozenset[str]:
    """The values of ``Host`` that name this server when it is bound to ``address``."""
    names = {"localhost", "127.0.0.1", "[::1]", f"[{address}]" if ":" in address else address}
    hosts = {f"{name}:{port}" for name in names}
    return frozenset(hosts | names if port == _HTTP_PORT else hosts)


def refusal(headers: Headers, hosts: Collection[str], allowed_origins: Collection[str]) -> str | None:
    """Why a request with these headers is turned away, as one line, or None when it may come in."""
    named = [value.lower() for value in headers.get_all("Host")]
    if len(named) != 1 or named[0] not in hosts:
        return f"refused: the Host header does not name this server; open it as http://{min(hosts)}/"
    origins = [value.lower() for value in headers.get_all("Origin")]
    own_origins = {f"http://{host}" for host in hosts}
    if any(origin not in own_origins and origin not in allowed_origins for origin in origins):
        return "refused: this page's origin is not allowed to read the voice on this machine"
    return None
