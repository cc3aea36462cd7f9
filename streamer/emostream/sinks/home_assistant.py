"""The topics of a stream at an MQTT broker, and how Home Assistant is told of them (device discovery)."""

import re
import socket
from dataclasses import dataclass
from typing import Any

from emostream.events import Hello
from emostream.sinks.wording import UNSURE

ONLINE, OFFLINE = "online", "offline"
ON, OFF = "ON", "OFF"
# States of the label beside the labels themselves and ``UNSURE``: nobody speaks.
SILENT = "silent"
URL = "https://github.com/emostream/emostream"


@dataclass(frozen=True)
class MqttTopics:
    """Where things are: below ``base`` and the ``device``; ``discovery`` is Home Assistant's prefix, empty for none."""

    device: str
    base: str = "emostream"
    discovery: str = "homeassistant"

    @property
    def status(self) -> str:
        """``online`` or ``offline``, the latter by last will; retained."""
        return f"{self.base}/{self.device}/status"

    @property
    def state(self) -> str:
        """The latest estimate, JSON; retained."""
        return f"{self.base}/{self.device}/state"

    @property
    def source(self) -> str:
        """How the microphone does, JSON; retained."""
        return f"{self.base}/{self.device}/source"

    @property
    def utterance(self) -> str:
        """Each utterance, JSON; not retained."""
        return f"{self.base}/{self.device}/utterance"

    @property
    def paused(self) -> str:
        """``ON`` while paused, else ``OFF``; retained."""
        return f"{self.base}/{self.device}/paused"

    @property
    def pause(self) -> str:
        """Where anybody sends ``ON`` to pause and ``OFF`` to go on."""
        return f"{self.base}/{self.device}/paused/set"

    @property
    def config(self) -> str:
        """The discovery of the device; retained, and removed by an empty payload."""
        return f"{self.discovery}/device/{self.device}/config"

    @property
    def birth(self) -> str:
        """Where Home Assistant says ``online`` when it starts."""
        return f"{self.discovery}/status"

    @property
    def retained(self) -> tuple[str, ...]:
        """All topics whose last message the broker keeps."""
        ours = (self.status, self.state, self.source, self.paused)
        return (self.config, *ours) if self.discovery else ours


def default_device() -> str:
    """A name of this machine that topics and entities may have in them."""
    return "emostream_" + re.sub(r"\W+", "_", socket.gethostname().partition(".")[0], flags=re.ASCII).strip("_").lower()


def discovery(topics: MqttTopics, hello: Hello, version: str) -> dict[str, Any]:
    """The payload of ``topics.config``: a device, its origin and its entities, as Home Assistant 2026 takes them."""
    device = topics.device

    def entity(platform: str, name: str, title: str, **options: Any) -> dict[str, Any]:
        identity = f"{device}_{name}"
        return {
            "p": platform,
            "unique_id": identity,
            "default_entity_id": f"{platform}.{identity}",
            "name": title,
            **options,
        }

    components = {
        "emotion": entity(
            "sensor",
            "emotion",
            "Emotion",
            state_topic=topics.state,
            device_class="enum",
            options=[*hello.labels, UNSURE, SILENT],
            value_template="{{ value_json.emotion }}",
            json_attributes_topic=topics.state,
            json_attributes_template="{{ value_json.p | tojson }}",
            icon="mdi:emoticon-outline",
        ),
        "confidence": entity(
            "sensor",
            "confidence",
            "Confidence",
            state_topic=topics.state,
            unit_of_measurement="%",
            state_class="measurement",
            value_template="{{ (100 * value_json.confidence) | round(0) }}",
        ),
        "speech": entity(
            "binary_sensor",
            "speech",
            "Speech",
            state_topic=topics.state,
            device_class="sound",
            value_template="{{ 'ON' if value_json.speech else 'OFF' }}",
        ),
        "level": entity(
            "sensor",
            "level",
            "Level",
            state_topic=topics.state,
            unit_of_measurement="dBFS",
            state_class="measurement",
            value_template="{{ value_json.level_dbfs }}",
        ),
        "utterance": entity(
            "event",
            "utterance",
            "Utterance",
            state_topic=topics.utterance,
            event_types=[*hello.labels, UNSURE],
            icon="mdi:account-voice",
        ),
        "reading": entity(
            "binary_sensor",
            "reading",
            "Microphone is read",
            state_topic=topics.source,
            device_class="running",
            value_template="{{ 'ON' if value_json.reading else 'OFF' }}",
        ),
        "lost": entity(
            "sensor",
            "lost",
            "Lost audio",
            state_topic=topics.source,
            entity_category="diagnostic",
            device_class="duration",
            unit_of_measurement="s",
            state_class="total_increasing",
            value_template="{{ value_json.lost_s }}",
        ),
        "paused": entity(
            "switch",
            "paused",
            "Pause",
            state_topic=topics.paused,
            command_topic=topics.pause,
            icon="mdi:microphone-off",
        ),
    }
    return {
        "dev": {
            "identifiers": [device],
            "name": f"emostream {device.removeprefix('emostream_')}",
            "manufacturer": "emostream",
            "model": ", ".join(f"{model.name} ({model.variant})" for model in hello.models),
            "sw_version": version,
        },
        "o": {"name": "emostream", "sw_version": version, "support_url": URL},
        "cmps": components,
        "availability": [{"topic": topics.status}],
        "qos": 1,
    }
