"""The files of a folder over HTTP, as a web server of somebody else's gives them."""

from contextlib import AbstractContextManager
from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path

from tests.support.http_server import http_server


class _QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def folder_server(folder: Path) -> AbstractContextManager[str]:
    """The origin at which the folder is served."""
    return http_server(partial(_QuietHandler, directory=str(folder)))
