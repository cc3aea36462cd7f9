"""The options of MQTT, for live commands and for ``emostream mqtt``."""

import argparse
import importlib.metadata
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from emostream.commands.extras import require_extra
from emostream.commands.options.rules import refuse_without
from emostream.commands.secret_file import read_secret
from emostream.commands.settings import Settings
from emostream.errors import UsageError
from emostream.pause import PauseSwitch
from emostream.sinks import Sink
from emostream.sinks.detached import DetachedSink
from emostream.sinks.home_assistant import MqttTopics, default_device

if TYPE_CHECKING:
    from emostream.sinks.mqtt_link import MqttBroker

T = TypeVar("T")
PASSWORD_VARIABLE = "EMOSTREAM_MQTT_PASSWORD"
_PORTS = {"mqtt": 1883, "mqtts": 8883}


def add_broker_arguments(parser: argparse.ArgumentParser, settings: Settings) -> argparse._ArgumentGroup:
    """The broker, the way to it, and where things are; gives the group for more."""
    group = parser.add_argument_group("MQTT and Home Assistant")
    settings.offer_secret("mqtt_password")
    settings.add_option(
        group,
        "--mqtt",
        metavar="URL",
        help="the broker: mqtt://HOST, mqtts://HOST with TLS, or HOST; with :PORT if need be",
    )
    settings.add_option(group, "--mqtt-user", metavar="NAME", help="the user at the broker")
    settings.add_option(
        group,
        "--mqtt-password-file",
        kind=Path,
        metavar="FILE",
        help=f"the password of --mqtt-user; or {PASSWORD_VARIABLE} in the environment",
    )
    settings.add_option(
        group,
        "--mqtt-authority",
        kind=Path,
        metavar="PEM",
        help="who vouches for the broker's certificate (default: those whom the system trusts)",
    )
    settings.add_option(
        group,
        "--mqtt-device",
        default_device(),
        metavar="NAME",
        help="the device's name in topics and entities (default: by this machine's name)",
    )
    settings.add_option(
        group, "--mqtt-topic", "emostream", metavar="TOPIC", help="what topics begin with (default: %(default)s)"
    )
    settings.add_option(
        group,
        "--mqtt-discovery",
        "homeassistant",
        metavar="TOPIC",
        help="Home Assistant's topic of discovery; empty for none (default: %(default)s)",
    )
    return group


def add_mqtt_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The options of every live command."""
    group = add_broker_arguments(parser, settings)
    settings.add_option(
        group,
        "--mqtt-every",
        2.0,
        float,
        metavar="SECONDS",
        help="how often the state is published while neither label nor speech changes (default: %(default)s)",
    )


def open_mqtt(arguments: argparse.Namespace, switch: PauseSwitch) -> list[Sink]:
    """The sink that the options ask for; ``switch`` is what its clients pause with. Raises ``UsageError``."""
    if not arguments.mqtt:
        refuse_without(arguments, (name for name in vars(arguments) if name.startswith("mqtt_")), "--mqtt")
        return []
    require_extra("mqtt", "--mqtt")
    from emostream.sinks.mqtt import MqttSink
    from emostream.sinks.mqtt_link import CAPACITY

    if not 0 < arguments.mqtt_every < float("inf"):
        raise UsageError(f"found {arguments.mqtt_every:g} for --mqtt-every, expected seconds above 0")
    broker, topics = broker_of(arguments), topics_of(arguments)

    def pause(wanted: bool) -> None:
        (switch.pause if wanted else switch.resume)("mqtt")

    version = importlib.metadata.version("emostream")
    sink = made(broker, lambda: MqttSink(broker, topics, version, pause, every_s=arguments.mqtt_every))
    return [DetachedSink(sink, CAPACITY, close_timeout_s=10.0)]


def made(broker: "MqttBroker", make: Callable[[], T]) -> T:
    """What ``make`` connects to the broker. Raises ``UsageError`` for certificates that cannot be read."""
    try:
        return make()
    except OSError as error:
        raise UsageError(
            f"{broker.authority} cannot be used as --mqtt-authority ({error.strerror or error}): expected a PEM file"
        ) from error


def broker_of(arguments: argparse.Namespace) -> "MqttBroker":
    """The broker of ``--mqtt`` and the password for it. Raises ``UsageError``."""
    from emostream.sinks.mqtt_link import MqttBroker

    parts = re.fullmatch(r"(?:(mqtts?)://)?(?:\[([^\]/]+)\]|([^:/@\s]+))(?::(\d{1,5}))?/?", arguments.mqtt)
    scheme = (parts[1] if parts else None) or "mqtt"
    port = int(parts[4] or _PORTS[scheme]) if parts else 0
    if parts is None or not 0 < port < 65_536:
        # What was found may hold a password.
        raise UsageError("--mqtt cannot be read: expected mqtt://HOST, mqtts://HOST or HOST, with :PORT if need be")
    password = os.environ.get(PASSWORD_VARIABLE)
    if password is None and arguments.mqtt_password_file:
        password = read_secret(arguments.mqtt_password_file, "password")
    if password is not None and not arguments.mqtt_user:
        raise UsageError("found a password for the MQTT broker and no user: expected --mqtt-user too")
    return MqttBroker(
        host=parts[2] or parts[3],
        port=port,
        tls=scheme == "mqtts",
        authority=arguments.mqtt_authority,
        user=arguments.mqtt_user,
        password=password,
    )


def topics_of(arguments: argparse.Namespace) -> MqttTopics:
    """The topics of the options. Raises ``UsageError``."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", arguments.mqtt_device):
        raise UsageError(f"found {arguments.mqtt_device!r} for --mqtt-device, expected letters, digits, _ and -")
    for flag, topic in (("--mqtt-topic", arguments.mqtt_topic), ("--mqtt-discovery", arguments.mqtt_discovery)):
        if re.search(r"[+#\x00\s]|^[$/]|/$", topic) or not (topic or flag == "--mqtt-discovery"):
            raise UsageError(f"found {topic!r} for {flag}, expected a topic without +, # and spaces")
    return MqttTopics(arguments.mqtt_device, arguments.mqtt_topic, arguments.mqtt_discovery)
