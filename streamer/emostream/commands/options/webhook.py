"""The options of webhooks."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from emostream.commands.extras import require_extra
from emostream.commands.options.rules import refuse_without
from emostream.commands.secret_file import read_secret, read_text
from emostream.commands.settings import Settings
from emostream.errors import UsageError
from emostream.sinks import Sink
from emostream.sinks.body_template import BodyTemplate
from emostream.sinks.detached import DetachedSink
from emostream.sinks.filtered import FilteredSink, checked_types

SECRET_VARIABLE = "EMOSTREAM_WEBHOOK_SECRET"


def add_webhook_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The options of every live command."""
    group = parser.add_argument_group("webhooks")
    settings.offer_secret("webhook_secret")
    settings.add_repeatable(
        group,
        "--webhook",
        metavar="URL",
        help="POST each utterance there as JSON; repeat it for several",
        is_secret=True,
    )
    settings.add_option(
        group,
        "--webhook-events",
        "utterance",
        metavar="TYPE,…",
        help="which types of events are sent (default: %(default)s)",
    )
    settings.add_repeatable(
        group,
        "--webhook-template",
        metavar="FILE",
        help="send this text, with ${label}, ${percent}, ${p.angry} and so on in it, JSON if it begins with { or [; "
        "one for all, or one for each --webhook in their order",
    )
    settings.add_option(
        group,
        "--webhook-secret-file",
        kind=Path,
        metavar="FILE",
        help=f"sign requests with the secret in it, as Standard Webhooks does; or {SECRET_VARIABLE} in the environment",
    )


def open_webhooks(arguments: argparse.Namespace) -> list[Sink]:
    """A sink for each webhook that the options ask for. Raises ``UsageError``."""
    if not arguments.webhook:
        refuse_without(arguments, ("webhook_events", "webhook_template"), "--webhook")
        return []
    require_extra("webhook", "--webhook")
    from emostream.sinks.webhook import CAPACITY, WebhookSink
    from emostream.sinks.webhook_request import WebhookTarget

    types = checked_types(arguments.webhook_events, "--webhook-events")
    templates = _templates(arguments.webhook_template, types, len(arguments.webhook))
    secret = webhook_secret(arguments)
    sinks: list[Sink] = []
    for url, template in zip(arguments.webhook, templates, strict=True):
        sink = WebhookSink(WebhookTarget(url=url, secret=secret), template)
        sinks.append(FilteredSink(DetachedSink(sink, CAPACITY), types))
    return sinks


def webhook_secret(arguments: argparse.Namespace) -> bytes | None:
    """The secret that requests are signed with, or None. Raises ``UsageError``."""
    from emostream.sinks.webhook_request import secret_of

    if SECRET_VARIABLE in os.environ:
        return secret_of(os.environ[SECRET_VARIABLE], SECRET_VARIABLE)
    file: Path | None = arguments.webhook_secret_file
    if file is None:
        return None
    return secret_of(read_secret(file, "secret"), str(file))


def _templates(files: Sequence[str], types: Sequence[str], webhooks: int) -> list[BodyTemplate | None]:
    if len(files) not in (0, 1, webhooks):
        raise UsageError(
            f"found {len(files)} --webhook-template for {webhooks} --webhook, expected one for all or one for each"
        )
    templates: list[BodyTemplate | None] = [BodyTemplate(read_text(Path(file)), types, file) for file in files]
    return templates if len(templates) == webhooks else (templates or [None]) * webhooks
