"""The widget's page and its files, served beside the socket, with headers that allow nothing from other origins."""

from collections.abc import Collection, Sequence
from email.utils import formatdate
from http import HTTPStatus
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath

from websockets.datastructures import Headers
from websockets.http11 import Request, Response

_INDEX, _INDEX_TYPE = "index.html", "text/html; charset=utf-8"
METHODS = ("GET", "HEAD")
_HSTS_S = 30 * 24 * 3600
# Files of the widget's folder with any other ending are not served.
_CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def load_pages(folder: Traversable | None = None) -> dict[str, tuple[bytes, str]]:
    """Path on the server -> (body, content type) for the files of a folder, by default the widget's; read once."""
    folder = folder or resources.files("emostream") / "widget"
    pages = {"/": ((folder / _INDEX).read_bytes(), _INDEX_TYPE)}
    for file in folder.iterdir():
        content_type = _CONTENT_TYPES.get(PurePosixPath(file.name).suffix)
        if content_type is not None and file.is_file():
            pages[f"/{file.name}"] = (file.read_bytes(), content_type)
    return pages


def begin_with_own_voice(page: bytes) -> bytes:
    """The page as visitors get it where the server has no voice of its own: theirs stands first."""
    return page.replace(b"<html ", b'<html data-begins="own" ', 1)


def offer_pause(page: bytes) -> bytes:
    """The page as visitors get it where the server has a microphone to pause: with a button for that."""
    return page.replace(b"<html ", b"<html data-pausable ", 1)


def page_response(
    body: bytes, content_type: str, host: str, scheme: str = "http", allowed_origins: Collection[str] = ()
) -> Response:
    """A page that may load its own files and talk to this server's socket, and nothing else; ``host`` is ``Host``.

    It may ask for this browser's microphone, whose worklet is one of those files.
    """
    embedders = " ".join(sorted(allowed_origins)) or "'none'"
    socket = f"{'wss' if scheme == 'https' else 'ws'}://{host}"
    # Browsers load a module from another origin only if this header allows that origin to read it. Requests of origins
    # that are not allowed were refused before (AccessPolicy), so the header need not name one.
    sharing = {"Access-Control-Allow-Origin": "*"} if allowed_origins else {}
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        # Browsers before CSP level 3 do not count ws: to the same host as 'self'.
        f"connect-src 'self' {socket}; base-uri 'none'; form-action 'none'; frame-ancestors {embedders}"
    )
    return _response(
        HTTPStatus.OK,
        body,
        content_type,
        {
            "Content-Security-Policy": policy,
            # Without allowed origins no other site can detect this server by loading one of its files.
            "Cross-Origin-Resource-Policy": "cross-origin" if allowed_origins else "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)",
            "Referrer-Policy": "no-referrer",
            **sharing,
        },
    )


def data_response(status: HTTPStatus, body: bytes, content_type: str) -> Response:
    """An answer for programs."""
    return _response(status, body, content_type, {"Cross-Origin-Resource-Policy": "same-origin"})


def refusal_response(status: HTTPStatus, line: str, *, allowed: Sequence[str] = METHODS) -> Response:
    """A plain line of text with an HTTP error status, and the header that HTTP asks for with it."""
    headers = {
        HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": 'Bearer realm="emostream"'},
        HTTPStatus.METHOD_NOT_ALLOWED: {"Allow": ", ".join(allowed)},
    }
    return _response(status, f"{line}\n".encode(), "text/plain; charset=utf-8", headers.get(status, {}))


def complete_response(request: Request, response: Response, scheme: str) -> None:
    """Give a response that ends a request what all of them have, those of the WebSocket library included."""
    if response.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
        return
    if "X-Content-Type-Options" not in response.headers:
        response.headers["X-Content-Type-Options"] = "nosniff"
    if scheme == "https" and _keeps_to_https(request.headers.get("Host", "")):
        response.headers["Strict-Transport-Security"] = f"max-age={_HSTS_S}"
    if request.method == "HEAD":
        response.body = b""


def _keeps_to_https(host: str) -> bool:
    """Whether browsers may be told so: for localhost it would count for all servers of the machine, of any port."""
    return host.partition(":")[0].lower() != "localhost"


def _response(status: HTTPStatus, body: bytes, content_type: str, extra: dict[str, str]) -> Response:
    headers = Headers(
        {
            "Date": formatdate(usegmt=True),
            "Connection": "close",
            "Content-Type": content_type,
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            **extra,
        }
    )
    return Response(status.value, status.phrase, headers, body)
