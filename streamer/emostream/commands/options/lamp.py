"""The options of the lamp that shows other people that the microphone is read."""

import argparse

from emostream.commands.extras import require_extra
from emostream.commands.options.webhook import webhook_secret
from emostream.commands.settings import Settings
from emostream.sinks import Sink
from emostream.sinks.lamp import LampSink
from emostream.sinks.lamp_command import LampCommand, words_of


def add_lamp_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The options of every live command."""
    group = parser.add_argument_group("a lamp that is lit while the microphone is read")
    settings.add_option(
        group,
        "--lamp-command",
        metavar="COMMAND",
        help="run this when it turns on or off, without a shell; {state} is on or off, {value} 1 or 0",
    )
    settings.add_repeatable(
        group,
        "--webhook-lamp",
        metavar="URL",
        help='POST {"lamp": "on"} or off there; --osc has it as \'microphone\'',
        is_secret=True,
    )


def open_lamps(arguments: argparse.Namespace) -> list[Sink]:
    """The lamps that the options ask for. Raises ``UsageError``."""
    lamps: list[Sink] = []
    if arguments.lamp_command:
        lamps.append(LampSink(LampCommand(words_of(arguments.lamp_command))))
    if arguments.webhook_lamp:
        require_extra("webhook", "--webhook-lamp")
        from emostream.sinks.lamp_webhook import LampWebhook
        from emostream.sinks.webhook_request import WebhookTarget

        secret = webhook_secret(arguments)
        targets = [WebhookTarget(url=url, secret=secret) for url in arguments.webhook_lamp]
        lamps += [LampSink(LampWebhook(target)) for target in targets]
    return lamps
