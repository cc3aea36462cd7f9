"""The side of Home Assistant: it discovers a device at a real broker and follows what the discovery says."""

import json
import threading
from typing import Any, Self

import jinja2
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.support.serving import PATIENCE_S


class HomeAssistant:
    """Entities by the name of their component, each with the state that its template makes of the latest message.

    ``configs`` has each discovery that came, None for a removal; ``events`` what event entities were given.
    """

    def __init__(self, port: int) -> None:
        self.configs: list[dict[str, Any] | None] = []
        self.states: dict[str, str] = {}
        self.attributes: dict[str, dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        self.availability: list[str] = []
        self.retained: dict[str, bytes] = {}
        self._changed = threading.Condition()
        # The broker keeps what comes while it is not connected.
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="home", clean_session=False)
        self._client.reconnect_delay_set(1, 1)
        self._listens = threading.Event()
        self._client.on_connect = lambda client, *_: client.subscribe("homeassistant/device/#", qos=1)
        self._client.on_subscribe = lambda *_: self._listens.set()
        self._client.on_message = self._on_message
        self._client.connect_async("127.0.0.1", port)
        self._client.loop_start()

    def __enter__(self) -> Self:
        assert self._listens.wait(PATIENCE_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    @property
    def config(self) -> dict[str, Any]:
        """The latest discovery that was none of a removal."""
        return next(config for config in reversed(self.configs) if config is not None)

    def wait_for(self, condition: Any, timeout_s: float = PATIENCE_S) -> None:
        """Wait until a message made ``condition`` true."""
        with self._changed:
            assert self._changed.wait_for(lambda: condition(self), timeout_s), (self.states, self.availability)

    def start(self) -> None:
        """Say that Home Assistant has started."""
        self._client.publish("homeassistant/status", b"online", qos=1).wait_for_publish(PATIENCE_S)

    def switch(self, name: str, state: str) -> None:
        """Turn a switch."""
        topic = self.config["cmps"][name]["command_topic"]
        self._client.publish(topic, state, qos=1).wait_for_publish(PATIENCE_S)

    def _on_message(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        with self._changed:
            if message.retain:
                self.retained[message.topic] = bytes(message.payload)
            if message.topic.startswith("homeassistant/"):
                self._discover(bytes(message.payload))
            elif not message.payload:
                self.states.clear()
            elif message.topic == self.config["availability"][0]["topic"]:
                self.availability.append(message.payload.decode())
            else:
                self._update(message.topic, bytes(message.payload))
            self._changed.notify_all()

    def _discover(self, payload: bytes) -> None:
        self.configs.append(json.loads(payload) if payload else None)
        if payload:
            topics = {
                topic for entity in self.config["cmps"].values() for key, topic in entity.items() if "state_t" in key
            }
            for topic in {*topics, self.config["availability"][0]["topic"]}:
                self._client.subscribe(topic, qos=1)

    def _update(self, topic: str, payload: bytes) -> None:
        for name, entity in self.config["cmps"].items():
            if entity["state_topic"] != topic:
                continue
            if entity["p"] == "event":
                event = json.loads(payload)
                assert event["event_type"] in entity["event_types"]
                self.events.append(event)
                continue
            self.states[name] = _rendered(entity.get("value_template", "{{ value }}"), payload)
            assert self.states[name] in entity.get("options", [self.states[name]])
            if "json_attributes_template" in entity:
                self.attributes[name] = json.loads(_rendered(entity["json_attributes_template"], payload))


def _rendered(template: str, payload: bytes) -> str:
    try:
        value = json.loads(payload)
    except ValueError:
        value = None
    return jinja2.Template(template).render(value=payload.decode(), value_json=value)
