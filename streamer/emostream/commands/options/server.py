"""The options that ``listen --serve`` and ``serve`` share: the server's address, and which clients may connect."""

import argparse
import gc
import os
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from emostream.commands.options.rules import refuse_without
from emostream.commands.settings import Settings
from emostream.commands.stderr import print_line
from emostream.errors import UsageError
from emostream.pause import PauseSwitch
from emostream.pipeline.factory import StreamFactory
from emostream.private_file import privacy_complaint
from emostream.server.audio_reader import client_stream
from emostream.server.certificate import validity_complaint
from emostream.server.config import Limits, ServerConfig
from emostream.server.descriptors import fit_to_descriptors
from emostream.server.listener import address_of, is_loopback
from emostream.server.process_reader import Workers
from emostream.server.server import Server
from emostream.server.tokens import FILE, checked_token, load_token
from emostream.server.worker_messages import Setup

TOKEN_VARIABLE, FOLLOW_TOKEN_VARIABLE = "EMOSTREAM_TOKEN", "EMOSTREAM_FOLLOW_TOKEN"


def add_server_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The options of every command that serves."""
    group = parser.add_argument_group("serving")
    settings.offer_secret("token")
    settings.offer_secret("follow_token")
    settings.add_option(
        group,
        "--host",
        "127.0.0.1",
        help="address to answer on; any but this machine's own needs a token (default: %(default)s)",
    )
    settings.add_option(group, "--port", 8765, int, help="port to answer on, 0 for any (default: %(default)s)")
    group.add_argument(
        "--allow-origin",
        action="append",
        default=[],
        metavar="URL",
        help="let pages of this origin, such as https://example.org, connect; repeat it for several",
    )
    group.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME[:PORT]",
        help="a name by which browsers reach this server, as behind a proxy; repeat it for several",
    )
    settings.add_option(
        group,
        "--token-file",
        kind=Path,
        metavar="FILE",
        help=f"the token that clients must know; or {TOKEN_VARIABLE} in the environment (default for other machines: "
        "one is made up and kept among your user data)",
    )
    settings.add_option(
        group,
        "--follow-token-file",
        kind=Path,
        metavar="FILE",
        help="another token, for clients that may follow streams and send no audio; or "
        f"{FOLLOW_TOKEN_VARIABLE} in the environment (default: none)",
    )
    settings.add_option(group, "--certificate", kind=Path, metavar="PEM", help="serve with TLS")
    settings.add_option(group, "--key", kind=Path, metavar="PEM", help="of --certificate")
    settings.add_option(
        group,
        "--streams",
        Limits().streams,
        int,
        help="how many clients may send audio at once (default: %(default)s)",
    )
    settings.add_option(
        group,
        "--workers",
        0,
        int,
        help="read clients' audio in so many processes, for more of it at once than one process can: each takes 100 MB "
        "(default: %(default)s, in threads of this one)",
    )
    settings.add_option(
        group,
        "--address-share",
        Limits().address_share,
        float,
        help="the share of all places that clients of one address may take; 1 behind a proxy, on this machine too, "
        "whose address all clients have (default: %(default)s)",
    )
    parser.set_defaults(server_options=tuple(action.dest for action in group._group_actions))


def require_certificate(arguments: argparse.Namespace) -> None:
    """Raise ``UsageError`` for a key without its certificate."""
    if arguments.certificate is None:
        refuse_without(arguments, ["key"], "--certificate")


def open_server(arguments: argparse.Namespace, factory: StreamFactory | None, switch: PauseSwitch | None) -> Server:
    """The server that the options ask for; ``switch`` is that of its own microphone, if it has one.

    Without a ``factory`` it takes no audio from clients.

    Raises ``UsageError`` and ``UnavailableError``.
    """
    if arguments.streams < 0:
        raise UsageError(f"found {arguments.streams} for --streams, expected 0 (no audio from clients) or more")
    if arguments.workers < 0:
        raise UsageError(f"found {arguments.workers} for --workers, expected 0 (threads of this process) or more")
    if not 0 < arguments.address_share <= 1:
        raise UsageError(f"found {arguments.address_share:g} for --address-share, expected above 0, to 1")
    asked = Limits(streams=arguments.streams, address_share=arguments.address_share)
    limits, shortage = fit_to_descriptors(asked)
    if shortage is not None:
        print_line(shortage)
    config = ServerConfig(
        host=arguments.host,
        port=arguments.port,
        allowed_origins=arguments.allow_origin,
        allowed_hosts=arguments.allow_host,
        token=_token(arguments),
        follow_token=_given_token(arguments.follow_token_file, FOLLOW_TOKEN_VARIABLE),
        certificate=arguments.certificate,
        key=arguments.key,
        limits=limits,
    )

    # All objects so far live as long as the server: excluded from collection, for with a thousand clients each full
    # collection would delay the microphone for longer.
    gc.collect()
    gc.freeze()
    workers = _workers(arguments) if factory else None
    server = Server(
        config,
        factory.models if factory else (),
        partial(client_stream, factory) if factory and arguments.streams and workers is None else None,
        workers=workers,
        switch=switch,
    )
    if arguments.certificate and (complaint := validity_complaint(arguments.certificate, datetime.now(UTC))):
        print_line(complaint)
    return server


def _workers(arguments: argparse.Namespace) -> Workers | None:
    """The processes that the options ask for, each with the models of ``load_stream_factory``."""
    if not arguments.workers or not arguments.streams:
        return None
    setup = Setup(
        models=tuple(str(path) for path in arguments.model or ()),
        reliability=str(arguments.reliability) if arguments.reliability else None,
        be_right=arguments.be_right,
        drift=arguments.drift,
    )
    return Workers(arguments.workers, setup)


def print_address(server: Server, arguments: argparse.Namespace) -> None:
    """Tell the user how to reach the server; never the token itself, for what is printed may be logged."""
    print(f"emostream: the widget is at {server.address}", file=sys.stderr)
    if is_loopback(address_of(arguments.host)):
        return
    if TOKEN_VARIABLE not in os.environ:
        print(f"emostream: clients need the token in {arguments.token_file or FILE}", file=sys.stderr)
    if arguments.certificate is None:
        print(
            "emostream: without TLS the token and the voices cross the network readably, and browsers give no "
            "microphone to pages from other machines: add --certificate and --key, or a proxy that has them",
            file=sys.stderr,
        )


def _token(arguments: argparse.Namespace) -> str | None:
    given = _given_token(arguments.token_file, TOKEN_VARIABLE)
    if given is not None or is_loopback(address_of(arguments.host)):
        return given
    return load_token(FILE, create=True)


def _given_token(file: Path | None, variable: str) -> str | None:
    """The token of the environment, else that of a file, of which it is said if others can read it."""
    if variable in os.environ:
        return checked_token(os.environ[variable], variable)
    if file is None:
        return None
    token = load_token(file, create=False)
    if complaint := privacy_complaint(file, "token"):
        print_line(complaint)
    return token
