"""``emostream config``: every setting, its value, and where that comes from."""

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table

from emostream.commands.settings import Setting, Settings
from emostream.commands.stdout import print_table
from emostream.sinks.printable import printable


def add_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The command's options."""
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.set_defaults(settings=settings)


def run(arguments: argparse.Namespace) -> int:
    """Print the settings, those of one name and value on one row with all commands that have it."""
    # The registry imports every command, this one among them.
    from emostream.commands.registry import every_setting

    commands: defaultdict[Setting, list[str]] = defaultdict(list)
    for command, setting in every_setting(arguments.settings):
        commands[setting].append(command)
    rows = sorted(commands.items(), key=lambda row: row[0].name)
    file: Path = arguments.settings.file
    if arguments.json:
        settings = [
            {"name": s.name, "value": _plain(s.value), "from": s.origin, "commands": names} for s, names in rows
        ]
        print(json.dumps({"file": str(file), "is_there": file.exists(), "settings": settings}, indent=2))
        return 0
    print(f"{printable(str(file))}{'' if file.exists() else ' (not there)'}")
    table = Table("setting", "value", "from", "commands", box=box.SIMPLE_HEAD)
    for setting, names in rows:
        origin = "the file" if setting.origin == str(file) else setting.origin
        table.add_row(setting.name, printable(_shown(setting.value)), printable(origin), ", ".join(names))
    print_table(table)
    return 0


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return " ".join(value)
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
