"""The options of Open Sound Control."""

import argparse

from emostream.commands.extras import require_extra
from emostream.commands.options.rules import refuse_without
from emostream.commands.settings import Settings
from emostream.sinks import Sink
from emostream.sinks.detached import DetachedSink
from emostream.sinks.osc_address import DEFAULT_PORT, DEFAULT_TEMPLATE, addresses_of, host_and_port

PRESETS = ("plain", "vrchat")


def add_osc_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The options of every live command."""
    group = parser.add_argument_group("OSC (Open Sound Control)")
    settings.add_repeatable(
        group,
        "--osc",
        metavar="HOST[:PORT]",
        help=f"send label, probabilities, level and lamp there by UDP; repeat it for several (port: {DEFAULT_PORT})",
    )
    settings.add_repeatable(
        group,
        "--osc-address",
        metavar="[NAME=]ADDRESS",
        help="the address of every value, with {name} or {Name} in it, or that of one value, such as angry=/mood/a; "
        f"repeat it for several (default: {DEFAULT_TEMPLATE})",
    )
    settings.add_option(
        group,
        "--osc-preset",
        PRESETS[0],
        choices=PRESETS,
        help="vrchat: addresses of an avatar's parameters, and no text (default: %(default)s)",
    )


def open_osc(arguments: argparse.Namespace) -> list[Sink]:
    """A sink for each receiver that the options ask for. Raises ``UsageError``."""
    if not arguments.osc:
        refuse_without(arguments, ("osc_address", "osc_preset"), "--osc")
        return []
    require_extra("osc", "--osc")
    from emostream.sinks.osc import OscSink

    addresses = addresses_of(arguments.osc_address, vrchat=arguments.osc_preset == "vrchat")
    return [DetachedSink(OscSink(*host_and_port(text), addresses)) for text in arguments.osc]
