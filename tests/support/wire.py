"""What goes through the sockets of a page's microphone."""

import json
from typing import Any

from playwright.sync_api import Page, WebSocket

from emostream.protocol import ServerEvent, decode_event

RATE_HZ = 44_100  # that of the browser's made-up microphone, so that no resampler of its own stands between


class Wire:
    """What went through the sockets of a page's microphone."""

    def __init__(self, page: Page) -> None:
        self.sent: list[dict[str, Any]] = []
        self.audio = b""
        self.events: list[ServerEvent] = []
        self._of_microphone: set[WebSocket] = set()  # the page's other sockets follow
        page.on("websocket", self._follow)

    def _follow(self, socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: self._take(socket, frame))
        socket.on("framereceived", lambda frame: self._receive(socket, frame))

    def _take(self, socket: WebSocket, frame: str | bytes) -> None:
        if isinstance(frame, bytes):
            self.audio += frame
            return
        message = json.loads(frame)
        if message["type"] == "start":
            self._of_microphone.add(socket)
        if socket in self._of_microphone:
            self.sent.append(message)

    def _receive(self, socket: WebSocket, frame: str | bytes) -> None:
        if socket in self._of_microphone:
            self.events.append(decode_event(frame))

    @property
    def said(self) -> list[object]:
        return [message["type"] for message in self.sent]

    def of(self, kind: type[ServerEvent]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]
