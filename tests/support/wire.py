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
        page.on("websocket", self._follow)

    def _follow(self, socket: WebSocket) -> None:
        if "stream=" not in socket.url:
            return
        socket.on("framesent", self._take)
        socket.on("framereceived", lambda frame: self.events.append(decode_event(frame)))

    def _take(self, frame: str | bytes) -> None:
        if isinstance(frame, bytes):
            self.audio += frame
        else:
            self.sent.append(json.loads(frame))

    @property
    def said(self) -> list[object]:
        return [message["type"] for message in self.sent]

    def of(self, kind: type[ServerEvent]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]
