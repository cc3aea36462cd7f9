"""A sink that sends values by Open Sound Control over UDP: to avatars, lights, music and stage programs."""

import logging
import socket
import time

from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.udp_client import UDPClient

from emostream.events import Estimate, Event, Health, Hello, Utterance
from emostream.sinks.lamp import goes_on, is_reading
from emostream.sinks.osc_address import NAMES, OscAddresses

_logger = logging.getLogger(__name__)
# A name is looked up anew so often where it is not known or cannot be reached.
LOOK_UP_EVERY_S = 10.0
# What ``level`` is 0 at; it is 1 at full scale.
SILENCE_DBFS = -60.0

Value = str | int | float | bool


class OscSink:
    """Sends each value to its own address, as OSC has no structure for more; ``docs/integrations.md`` lists them.

    Nobody says whether a datagram arrived. ``dropped_events`` counts the events that could not be sent: the log says
    so once, and when it is over. It may wait for the look-up of a name, so put a ``DetachedSink`` in front of it.
    """

    def __init__(self, host: str, port: int, addresses: OscAddresses) -> None:
        self.name = f"OSC {host}:{port}"
        self.dropped_events = 0
        self._host, self._port = host, port
        self._addresses = addresses
        self._hello: Hello | None = None
        self._client: UDPClient | None = None
        self._look_up_due_s = 0.0
        self._is_failing = False

    def emit(self, event: Event) -> None:
        """Sends what an event says; never raises."""
        if isinstance(event, Hello):
            self._hello = event
            unknown = self._addresses.single.keys() - {*NAMES, *event.labels}
            if unknown:
                _logger.warning("%s: there is no value %s to send", self.name, " or ".join(sorted(unknown)))
        elif isinstance(event, Estimate):
            self._send_all(self._of_estimate(event))
        elif isinstance(event, Utterance):
            self._send_all(self._of_utterance(event))
        elif isinstance(event, Health):
            # Every time, and not only when it changes: a datagram may be lost, and a receiver may come later.
            reading: dict[str, Value] = {"microphone": is_reading(event, self._hello)}
            self._send_all(reading if goes_on(event) else self._nothing())

    @property
    def _labels(self) -> tuple[str, ...]:
        return self._hello.labels if self._hello else ()

    def close(self) -> None:
        """Says that the microphone is read no longer, and closes the socket."""
        if self._client is not None:
            self._send_all(self._nothing())
        if self._client is not None:
            self._client.close()
            self._client = None

    def _of_estimate(self, event: Estimate) -> dict[str, Value]:
        level = min(1.0, max(0.0, 1.0 - event.level_dbfs / SILENCE_DBFS))
        return {
            **self._label("label", event.label),
            **event.p,
            "confidence": event.confidence,
            "speech": event.speech,
            "level_dbfs": event.level_dbfs,
            "level": level,
        }

    def _of_utterance(self, event: Utterance) -> dict[str, Value]:
        values = self._label("utterance", event.label)
        if event.voice is not None and event.voice.arousal is not None:
            values["arousal"] = event.voice.arousal
        return values

    def _nothing(self) -> dict[str, Value]:
        """What is said while the microphone is not read: an avatar must not keep the last mood."""
        none = dict.fromkeys(self._labels, 0.0)
        return {"microphone": False, "speech": False, "level": 0.0, **self._label("label", None), **none}

    def _label(self, name: str, label: str | None) -> dict[str, Value]:
        """A label as text, and as its place from 1 on among those of the models, 0 for none."""
        index = self._labels.index(label) + 1 if label in self._labels else 0
        return {name: label or "", f"{name}_index": index}

    def _send_all(self, values: dict[str, Value]) -> None:
        try:
            client = self._client or self._open()
            for name, value in values.items():
                if not (self._addresses.is_avatar and isinstance(value, str)):
                    client.send(self._message(name, value))
        except OSError as error:
            self._fail(error)
        else:
            if self._is_failing:
                self._is_failing = False
                _logger.info("%s can be sent to again", self.name)

    def _open(self) -> UDPClient:
        now_s = time.monotonic()
        if now_s < self._look_up_due_s:
            raise OSError("it is looked up again later")
        self._look_up_due_s = now_s + LOOK_UP_EVERY_S
        address = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_DGRAM)[0][4][0]
        self._client = UDPClient(str(address), self._port)
        return self._client

    def _fail(self, error: OSError) -> None:
        self.dropped_events += 1
        if not self._is_failing:
            _logger.warning("%s cannot be sent to (%s)", self.name, error.strerror or error)
        self._is_failing = True
        if self._client is not None and not isinstance(error, BlockingIOError):
            self._client.close()
            self._client = None

    def _message(self, name: str, value: Value) -> OscMessage:
        builder = OscMessageBuilder(self._addresses.of(name))
        builder.add_arg(int(value) if isinstance(value, bool) and not self._addresses.is_avatar else value)
        return builder.build()
