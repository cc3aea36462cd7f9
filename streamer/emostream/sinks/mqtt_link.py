"""A connection to an MQTT broker that comes back by itself, with states that stay true and messages that wait."""

import logging
import ssl
import sys
import threading
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

_logger = logging.getLogger(__name__)
# What waits for a broker that is away for a third of a day of talk.
CAPACITY = 10_000
KEEPALIVE_S = 30
CLOSE_TIMEOUT_S = 3.0


@dataclass(frozen=True, kw_only=True)
class MqttBroker:
    """Where the broker is, and who connects; ``authority`` is the PEM file of those who vouch for its certificate."""

    host: str
    port: int
    tls: bool = False
    authority: Path | None = None
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        """For people; without the user and the password."""
        return f"mqtt{'s' if self.tls else ''}://{self.host}:{self.port}"


@dataclass(frozen=True)
class Will:
    """What the broker publishes, retained, when the connection breaks; it is published at an orderly end too."""

    topic: str
    payload: str


class MqttLink:
    """States by topic, retained, and messages that wait for the broker. Thread-safe; nothing waits but ``close``.

    Connections are tried again after 1 s, 2 s, 4 s and so on, up to ``longest_wait_s``. A state is sent when it changes
    and the one before it is out, and all of them when the connection is new; of those that a slow or absent broker
    could not take the latest one is sent. Messages are delivered at least once; at most ``capacity`` of them wait.

    ``commands`` are called with the payload of a message to their topic, in the connection's own thread. Raises
    ``OSError`` for a PEM file that cannot be read. The log says once when the broker is away and when it is back;
    ``trouble`` says why there is no connection.
    """

    def __init__(
        self,
        broker: MqttBroker,
        will: Will,
        commands: Mapping[str, Callable[[bytes], None]],
        *,
        client_name: str,
        capacity: int = CAPACITY,
        longest_wait_s: int = 60,
    ) -> None:
        self.name = f"MQTT {broker.address}"
        self._will = will
        self._commands = commands
        # The client calls on_publish while it holds the lock that it takes to queue a message: so whoever holds ours
        # publishes only what is not queued.
        self._lock = threading.Lock()
        self._states: dict[str, str] = {}
        self._sent: dict[str, str] = {}
        self._latest: int | None = None
        self._waiting: deque[paho.MQTTMessageInfo] = deque()
        self._is_connected = False
        self._is_closed = False
        self.trouble: str | None = None
        # Two daemons with one device's name would throw each other out for ever if their clients had one name too.
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=f"{client_name}-{uuid.uuid4().hex[:8]}")
        if broker.user is not None:
            self._client.username_pw_set(broker.user, broker.password)
        if broker.tls:
            self._client.tls_set_context(ssl.create_default_context(cafile=broker.authority))
        self._client.will_set(will.topic, will.payload, qos=1, retain=True)
        self._client.reconnect_delay_set(1, longest_wait_s)
        self._client.max_queued_messages_set(capacity)
        self._client.on_connect = self._on_connect
        self._client.on_connect_fail = self._on_connect_fail
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message
        self._client.on_publish = self._on_publish
        self._client.connect_async(broker.host, broker.port, KEEPALIVE_S)
        self._client.loop_start()

    @property
    def is_settled(self) -> bool:
        """Whether the broker has all states and has confirmed all messages."""
        with self._lock:
            is_told = self._is_connected and self._sent == self._states and self._latest is None
        return is_told and not self._unconfirmed()

    def keep(self, topic: str, payload: str) -> None:
        """Have a state at a topic, now or as soon as there is a connection; it is retained. An empty one removes it."""
        with self._lock:
            self._states[topic] = payload
            self._send_states()

    def send(self, topic: str, payload: str) -> bool:
        """Queue a message; False if it is lost because too many wait. One thread at a time sends."""
        self._unconfirmed()
        info = self._client.publish(topic, payload, qos=1)
        if info.rc == MQTTErrorCode.MQTT_ERR_QUEUE_SIZE:
            return False
        if info.rc == MQTTErrorCode.MQTT_ERR_NO_CONN:  # it waits; later it is as good as any other
            info.rc = MQTTErrorCode.MQTT_ERR_SUCCESS
        self._waiting.append(info)
        return True

    def renew(self) -> None:
        """Send all states again, as to somebody who has forgotten them."""
        with self._lock:
            self._sent.clear()
            self._send_states()

    def close(self) -> int:
        """End the connection in order; how many messages the broker has not confirmed. 0 if it is closed already."""
        with self._lock:
            if self._is_closed:
                return 0
            self._is_closed = True
            is_connected = self._is_connected
        try:
            if is_connected:
                last = self._client.publish(self._will.topic, self._will.payload, qos=1, retain=True)
                last.wait_for_publish(CLOSE_TIMEOUT_S)
        except (RuntimeError, ValueError):
            _logger.debug("%s was gone before the end", self.name)
        self._client.disconnect()
        # It may be within an attempt to connect: then its thread is left behind.
        ending = threading.Thread(target=self._client.loop_stop, daemon=True)
        ending.start()
        ending.join(CLOSE_TIMEOUT_S)
        return self._unconfirmed()

    def _send_states(self) -> None:
        """Send the first state that has changed, unless one is on its way: of a hung broker's none may pile up."""
        if not self._is_connected or self._is_closed or self._latest is not None:
            return
        for topic, payload in self._states.items():
            if self._sent.get(topic) != payload:
                info = self._client.publish(topic, payload, qos=0, retain=True)
                if info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS:
                    self._latest = info.mid
                    self._sent[topic] = payload
                return

    def _unconfirmed(self) -> int:
        """How many messages wait; they are confirmed in their order, or nearly so."""
        while self._waiting and self._waiting[0].is_published():
            self._waiting.popleft()
        return len(self._waiting)

    def _on_connect(
        self, client: paho.Client, _data: object, _flags: paho.ConnectFlags, code: ReasonCode, _more: Properties | None
    ) -> None:
        if code.is_failure:
            self._say_away(f"it refuses: {code}")
            return
        _logger.info("%s is %s", self.name, "back" if self.trouble else "there")
        for topic in self._commands:
            client.subscribe(topic, qos=1)
        with self._lock:
            self.trouble = None
            self._is_connected = True
            self._latest = None
            self._sent.clear()
            self._send_states()

    def _on_publish(self, _client: paho.Client, _data: object, mid: int, _code: ReasonCode, _more: Properties) -> None:
        with self._lock:
            if mid == self._latest:
                self._latest = None
                self._send_states()

    def _on_connect_fail(self, _client: paho.Client, _data: object) -> None:
        error = sys.exception()
        reason = error.strerror if isinstance(error, OSError) else None
        self._say_away(reason or str(error) or "no answer")

    def _on_disconnect(self, *_: object) -> None:
        with self._lock:
            self._is_connected = False
            is_closed = self._is_closed
        if not is_closed:
            self._say_away("the connection broke")

    def _on_message(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        command = self._commands.get(message.topic)
        if command is not None:
            command(bytes(message.payload))

    def _say_away(self, reason: str) -> None:
        if self.trouble is None:
            _logger.warning("%s is away (%s): it is tried again", self.name, reason)
            self.trouble = reason
