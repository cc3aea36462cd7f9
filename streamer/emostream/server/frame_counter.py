"""How many WebSocket frames some bytes of a client hold, known before they are parsed.

Parsing a frame costs some 50 us however small it is, and one read may hold thousands of them: a client that sends only
empty pings would keep the event loop for seconds. So what is read is handed on a few frames at a time.
"""

_REQUEST_END = b"\r\n\r\n"
_FEW_HEADER_BYTES = 2  # the opcode, and the length or which field holds it
_LENGTH_BYTES = {126: 2, 127: 8}
_MASK_BYTES = 4
_CONTROL_BIT = 0x08
_MASKED_BIT = 0x80


class FrameCounter:
    """Follows the bytes of one client from its HTTP request on. It checks nothing: that is the parser's part.

    ``idle_frames`` is how many frames that carry nothing for a stream have come: control frames and empty ones.
    """

    def __init__(self) -> None:
        self.idle_frames = 0
        self._request_tail: bytes | None = b""  # None once the request has ended
        self._header = bytearray()  # of a frame that has come in part
        self._to_skip = 0

    def take(self, data: bytes, most: int) -> int:
        """How many of these bytes hold at most so many beginnings of frames; the rest is given again."""
        at = self._end_of_request(data)
        begun = 0
        while at < len(data):
            if self._to_skip:
                skipped = min(self._to_skip, len(data) - at)
                self._to_skip -= skipped
                at += skipped
                continue
            if not self._header:
                if begun == most:
                    break
                begun += 1
            missing = self._header_bytes() - len(self._header)
            self._header += data[at : at + missing]
            at += missing
            if len(self._header) == self._header_bytes():
                self._end_header()
        return min(at, len(data))

    def _end_of_request(self, data: bytes) -> int:
        """Where the frames begin in these bytes."""
        if self._request_tail is None:
            return 0
        tail = self._request_tail
        end = (tail + data).find(_REQUEST_END)
        if end < 0:
            self._request_tail = (tail + data)[-len(_REQUEST_END) + 1 :]
            return len(data)
        self._request_tail = None
        return end + len(_REQUEST_END) - len(tail)

    def _header_bytes(self) -> int:
        if len(self._header) < _FEW_HEADER_BYTES:
            return _FEW_HEADER_BYTES
        return _FEW_HEADER_BYTES + _LENGTH_BYTES.get(self._header[1] & ~_MASKED_BIT, 0)

    def _end_header(self) -> None:
        masked, length = self._header[1] & _MASKED_BIT, self._header[1] & ~_MASKED_BIT
        if length in _LENGTH_BYTES:
            length = int.from_bytes(self._header[_FEW_HEADER_BYTES:], "big")
        self.idle_frames += bool(self._header[0] & _CONTROL_BIT) or length == 0
        self._to_skip = length + (_MASK_BYTES if masked else 0)
        self._header.clear()
