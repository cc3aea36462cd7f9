"""The options of all that other programs get from a live command, each integration by a module of its own."""

import argparse
from contextlib import ExitStack
from functools import partial

from emostream.commands.options.event_log import add_event_log_arguments, open_event_log
from emostream.commands.options.lamp import add_lamp_arguments, open_lamps
from emostream.commands.options.mqtt import add_mqtt_arguments, open_mqtt
from emostream.commands.options.osc import add_osc_arguments, open_osc
from emostream.commands.options.webhook import add_webhook_arguments, open_webhooks
from emostream.commands.settings import Settings
from emostream.commands.stderr import print_line
from emostream.pause import PauseSwitch
from emostream.sinks import Sink

# The options that each ask for a sink.
ASKING = ("log", "record", "webhook", "osc", "lamp_command", "webhook_lamp", "mqtt")


def add_integration_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The options of every live command."""
    add_event_log_arguments(parser, settings)
    add_webhook_arguments(parser, settings)
    add_osc_arguments(parser, settings)
    add_lamp_arguments(parser, settings)
    add_mqtt_arguments(parser, settings)


def open_integrations(arguments: argparse.Namespace, switch: PauseSwitch | None, stack: ExitStack) -> list[Sink]:
    """The sinks that the options ask for, closed with ``stack``; ``switch`` pauses the command's own source.

    A command without a source has nothing to tell them, which is said. Raises ``UsageError``.
    """
    if switch is None:
        asked = [name for name in ASKING if getattr(arguments, name, None)]
        if asked:
            flags = ", ".join(f"--{name.replace('_', '-')}" for name in asked)
            print_line(f"found {flags} and no microphone of this command's own to tell of: add --microphone")
        return []
    log = open_event_log(arguments)
    sinks: list[Sink] = [] if log is None else [log]
    for sink in sinks:
        stack.callback(sink.close)
    for open_some in (open_webhooks, open_osc, open_lamps, partial(open_mqtt, switch=switch)):
        for sink in open_some(arguments):
            stack.callback(sink.close)
            sinks.append(sink)
    return sinks
