"""A page that another server sends, for what the server under test gives to pages of other origins."""

from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler

from tests.support.http_server import http_server


def foreign_page(body: str = "") -> AbstractContextManager[str]:
    """The address of a page of another origin on this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == "/"
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f"<!doctype html><title>foreign</title>{body}".encode() if found else b"")

        def log_message(self, *_: object) -> None:
            pass

    return http_server(Handler)
