"""The command line: one module for each command, imported when the command runs, and one line for each error."""

import importlib
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from emostream.commands.extras import require_extra
from emostream.commands.options.rules import nearest_question, require_known_options, typed_options
from emostream.commands.parsing import command_parsers
from emostream.commands.plain_characters import use_plain_characters
from emostream.commands.registry import COMMANDS, every_setting
from emostream.commands.settings import Settings
from emostream.commands.stderr import print_line
from emostream.drafts import FULL
from emostream.errors import UNAVAILABLE, EmostreamError, UsageError
from emostream.sinks.jsonl import discard

INTERRUPTED = 128 + signal.SIGINT
# What shows what is wrong, or has nothing to do with it, works with wrong settings too.
WORKS_WITH_WRONG_SETTINGS = ("completion", "config", "devices", "doctor", "models")
HELP = {"-h", "--help"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    _replace_closed_streams()
    use_plain_characters()
    try:
        return _run(sys.argv[1:] if arguments is None else list(arguments))
    except EmostreamError as error:
        print_line(error)
        return error.exit_code
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("emostream"):
            raise
        print(
            f"emostream: this Python has no {error.name}: expected an installed emostream; install it with "
            "'pip install .', or run it where it is installed",
            file=sys.stderr,
        )
        return UNAVAILABLE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # a reader that closes the pipe early, such as head, is no failure
        discard(sys.stdout)
        return 0
    except OSError as error:
        if error.errno not in FULL:
            raise
        discard(sys.stdout)
        print_line(f"{error.filename or 'standard output'} takes no more ({error.strerror}): make room there")
        return EmostreamError.exit_code


def _run(arguments: list[str]) -> int:
    parser, subparsers = command_parsers()
    command = next((word for word in arguments if not word.startswith("-")), None)
    if command not in COMMANDS:
        if command is not None:
            asked = nearest_question(command, COMMANDS)
            raise UsageError(f"{command!r} is no command: {asked or 'expected one of those'}; see 'emostream --help'")
        parser.parse_args(arguments)  # --version and --help end here, and what is unknown
        parser.print_help()
        return 0
    path, _, extra = COMMANDS[command]
    module, subparser = importlib.import_module(path), subparsers[command]
    is_tolerant = command in WORKS_WITH_WRONG_SETTINGS or not HELP.isdisjoint(arguments)
    settings = Settings.of_user(is_strict=not is_tolerant)
    module.add_arguments(subparser, settings)
    _warn(settings)
    words = arguments[arguments.index(command) + 1 :]
    require_known_options(subparser, words)
    parsed = parser.parse_args(arguments)
    parsed.typed = typed_options(subparser, words)
    if extra:
        require_extra(extra, f"emostream {command}")
    code: int = module.run(parsed)
    sys.stdout.flush()  # so that a failure is a line of ours
    return code


def _warn(settings: Settings) -> None:
    """Say which settings are wrong or unknown."""
    for problem in settings.problems:
        print_line(problem)
    if settings.given.keys() <= settings.offered.keys():
        return
    known = {setting.name for _, setting in every_setting(settings)}
    for name, where in settings.given.items():
        if name in known:
            continue
        advice = nearest_question(name, known) or "'emostream config' lists those that there are"
        print_line(f"{where} is no setting: {advice}")


def _replace_closed_streams() -> None:
    """Open ``os.devnull`` for standard streams that the parent process has closed (``>&-``), as daemons do."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode))  # noqa: SIM115 - open as long as the process lives
