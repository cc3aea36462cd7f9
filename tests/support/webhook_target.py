"""A web server for webhooks under test, which answers as it is told."""

import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from tests.support.certificates import Certificate
from tests.support.serving import PATIENCE_S, until


@dataclass(frozen=True)
class Answer:
    """What one request gets; ``hangs`` is a target that takes the request and never answers."""

    status: int = 204
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    hangs: bool = False


@dataclass(frozen=True)
class Received:
    """One request."""

    path: str
    headers: Mapping[str, str]
    body: bytes


class WebhookReceiver:
    """Takes POSTs on a port of loopback; answers with ``answers`` in turns, then with 204."""

    def __init__(self, *answers: Answer, port: int = 0, certificate: Certificate | None = None) -> None:
        self.received: list[Received] = []
        self._answers = list(answers)
        self._ended = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                answer = receiver._take(Received(self.path, headers, body))
                if answer.hangs:
                    receiver._ended.wait(PATIENCE_S)
                    return
                self.send_response(answer.status)
                for name, value in {"content-length": str(len(answer.body)), **answer.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, *_: object) -> None:
                pass

        class QuietServer(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                """Clients that go away, or do not trust the certificate, are no news."""

        self._server = QuietServer(("127.0.0.1", port), Handler)
        scheme = "http"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate.certificate, certificate.key)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
            scheme = "https"
        self.port: int = self._server.server_address[1]
        self.url = f"{scheme}://localhost:{self.port}/hook?key=sesame"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def wait_for(self, requests: int) -> list[Received]:
        """Wait until so many requests came; gives all that did."""
        until(lambda: len(self.received) >= requests)
        return list(self.received)

    def _take(self, request: Received) -> Answer:
        self.received.append(request)
        return self._answers.pop(0) if self._answers else Answer()
