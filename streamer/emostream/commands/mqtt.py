"""``emostream mqtt``: whether a broker takes us, and the removal of what a device left there."""

import argparse
import time

from emostream.commands.extras import require_extra
from emostream.commands.options.mqtt import add_broker_arguments, broker_of, made, topics_of
from emostream.commands.settings import Settings
from emostream.errors import UnavailableError, UsageError
from emostream.sinks.home_assistant import OFFLINE

TIMEOUT_S = 15.0


def add_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The command's options."""
    add_broker_arguments(parser, settings)
    parser.add_argument(
        "--remove",
        action="store_true",
        help="remove what the broker keeps of the device, so that Home Assistant forgets it; end what runs first",
    )


def run(arguments: argparse.Namespace) -> int:
    """Connect, say offline or remove all, and print what was done. Raises ``UsageError`` and ``UnavailableError``."""
    require_extra("mqtt", "emostream mqtt")
    from emostream.sinks.mqtt_link import MqttLink, Will

    if not arguments.mqtt:
        raise UsageError("found no broker, expected --mqtt mqtt://HOST")
    broker, topics = broker_of(arguments), topics_of(arguments)
    will = Will(topics.status, "" if arguments.remove else OFFLINE)
    link = made(broker, lambda: MqttLink(broker, will, {}, client_name=topics.device))
    try:
        for topic in topics.retained if arguments.remove else ():
            link.keep(topic, "")
        deadline_s = time.monotonic() + TIMEOUT_S
        while not link.is_settled:
            if link.trouble or time.monotonic() > deadline_s:
                reason = link.trouble or f"no answer in {TIMEOUT_S:g} s"
                raise UnavailableError(f"the broker at {broker.address} does not take us ({reason})")
            time.sleep(0.02)
    finally:
        link.close()
    if arguments.remove:
        print(f"{topics.device} is removed from the broker at {broker.address}")
    else:
        place = f"{topics.base}/{topics.device}"
        print(f"the broker at {broker.address} takes {topics.device}, whose topics begin with {place}")
    return 0
