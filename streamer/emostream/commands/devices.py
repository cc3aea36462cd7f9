"""``emostream devices``: list the microphones that are connected now."""

import argparse

from rich import box
from rich.table import Table

from emostream.commands.settings import Settings
from emostream.commands.stdout import print_table
from emostream.errors import UnavailableError
from emostream.sources.devices import list_devices


def add_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """This command has no options."""


def run(arguments: argparse.Namespace) -> int:
    """Print a table; raises ``UnavailableError`` where there is no microphone."""
    devices = list_devices()
    if not devices:
        raise UnavailableError("found no microphone: plug one in, or give audio with 'emostream listen -'")
    table = Table("index", "name", "channels", "rate", "through", "", box=box.SIMPLE_HEAD)
    for device in devices:
        table.add_row(
            str(device.index),
            device.name,
            str(device.channels),
            f"{device.sample_rate_hz} Hz",
            device.host_api,
            "default" if device.is_default else "",
        )
    print_table(table)
    return 0
