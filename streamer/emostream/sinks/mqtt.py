"""A sink that keeps an MQTT broker, and Home Assistant behind it, informed, and takes their wish to pause."""

import json
import logging
import time
import uuid
from collections.abc import Callable
from typing import Any

import msgspec

from emostream.events import Estimate, Event, Health, Hello, Utterance
from emostream.sinks.home_assistant import OFF, OFFLINE, ON, ONLINE, SILENT, MqttTopics, discovery
from emostream.sinks.lamp import goes_on, is_reading
from emostream.sinks.mqtt_link import MqttBroker, MqttLink, Will
from emostream.sinks.wording import UNSURE

_logger = logging.getLogger(__name__)
EVERY_S = 2.0


class MqttSink:
    """Publishes a stream at ``topics``: states, retained, and each utterance; put a ``DetachedSink`` in front of it.

    The state changes with the label and with speech, and else every ``every_s``. Utterances are delivered at least
    once, each with an ``id`` of its own; ``dropped_events`` counts those that found too many before them and those that
    the broker had not confirmed at the end. ``pause`` is called with True or False when somebody sends ``ON`` or
    ``OFF`` to ``topics.pause``.
    """

    def __init__(
        self,
        broker: MqttBroker,
        topics: MqttTopics,
        version: str,
        pause: Callable[[bool], None],
        *,
        every_s: float = EVERY_S,
        longest_wait_s: int = 60,
    ) -> None:
        self.dropped_events = 0
        self._topics = topics
        self._version = version
        self._pause = pause
        self._every_s = every_s
        self._due_s = 0.0
        self._shown: tuple[str, bool] | None = None
        self._hello: Hello | None = None
        self._run = uuid.uuid4().hex
        self._utterances = 0
        commands = {topics.pause: self._on_pause}
        if topics.discovery:
            commands[topics.birth] = self._on_birth
        will = Will(topics.status, OFFLINE)
        self._link = MqttLink(broker, will, commands, client_name=topics.device, longest_wait_s=longest_wait_s)
        self.name = self._link.name

    @property
    def is_settled(self) -> bool:
        """Whether the broker has all that there is to say."""
        return self._link.is_settled

    def emit(self, event: Event) -> None:
        """Publishes what an event says, now or when the broker is there; never raises."""
        if isinstance(event, Hello):
            self._hello = event
            if self._topics.discovery:
                self._keep(self._topics.config, discovery(self._topics, event, self._version))
            self._link.keep(self._topics.status, ONLINE)
            self._show_nothing()
        elif isinstance(event, Estimate):
            self._show(event)
        elif isinstance(event, Utterance):
            self._send(event)
        elif isinstance(event, Health):
            self._show_health(event)

    def close(self) -> None:
        """Says ``offline`` and disconnects."""
        left = self._link.close()
        if left:
            self.dropped_events += left
            _logger.warning("%s did not confirm the last %d utterances before the end", self.name, left)

    def _show(self, event: Estimate) -> None:
        emotion = event.label or (UNSURE if event.speech else SILENT)
        now_s = time.monotonic()
        if (emotion, event.speech) == self._shown and now_s < self._due_s:
            return
        self._shown, self._due_s = (emotion, event.speech), now_s + self._every_s
        names = ("label", "confidence", "agreement", "speech", "level_dbfs", "p", "ts")
        self._keep(self._topics.state, {"emotion": emotion, **{name: getattr(event, name) for name in names}})

    def _show_nothing(self) -> None:
        """What is shown while nothing is read: the last mood must not stay."""
        nothing = {"emotion": SILENT, "label": None, "confidence": 0.0, "agreement": 0.0, "speech": False}
        self._shown = None
        self._keep(self._topics.state, {**nothing, "level_dbfs": None, "p": {}, "ts": None})

    def _show_health(self, event: Health) -> None:
        if not goes_on(event):
            self._show_nothing()
        self._link.keep(self._topics.paused, ON if event.paused_by else OFF)
        shown = {
            "reading": is_reading(event, self._hello),
            "source": event.source,
            "source_ok": event.source_ok,
            "paused_by": event.paused_by,
            "lost_s": round(event.lost_ms / 1000, 1),
            "dropped_events": event.dropped_events,
        }
        self._keep(self._topics.source, shown)

    def _send(self, event: Utterance) -> None:
        self._utterances += 1
        whole = msgspec.to_builtins(event)
        voice = whole.pop("voice", {})
        message = {
            "event_type": event.label or UNSURE,
            "id": f"{self._run}-{self._utterances}",
            "source": self._hello.source if self._hello else "",
            **{name: whole.get(name) for name in ("label", "confidence", "p", "ts", "t_start_ms", "t_end_ms")},
            **voice,
        }
        if not self._link.send(self._topics.utterance, json.dumps(message)):
            if not self.dropped_events:
                _logger.warning("%s is away for too long: utterances are lost", self.name)
            self.dropped_events += 1

    def _keep(self, topic: str, payload: dict[str, Any]) -> None:
        self._link.keep(topic, json.dumps(payload))

    def _on_pause(self, payload: bytes) -> None:
        if payload in (ON.encode(), OFF.encode()):
            self._pause(payload == ON.encode())

    def _on_birth(self, payload: bytes) -> None:
        if payload == ONLINE.encode():
            self._link.renew()
