"""The command line: one module a command, loaded when it is asked for, and one line for whatever goes wrong."""

import argparse
import importlib
import signal
import sys
from collections.abc import Sequence
from importlib.metadata import version
from types import ModuleType

from streamer.errors import EmostreamError, UsageError
from streamer.settings import Settings

INTERRUPTED = 128 + signal.SIGINT

# name: (module, what it does, the extra it needs)
COMMANDS = {
    "listen": ("streamer.commands.listen", "read the emotion in the voice at the microphone, live", None),
    "file": ("streamer.commands.file", "the same for recordings: a timeline and a verdict for each", None),
    "devices": ("streamer.commands.devices", "list the microphones", None),
    "models": ("streamer.commands.models", "show the cards of the models", None),
    "train": ("trainer.commands.train", "train a network on speakers of your own corpora", "train"),
    "export": ("export.commands.export", "turn a trained network into an ONNX file with its card", "train"),
    "evaluate": ("trainer.commands.evaluate", "score networks on speakers that they never heard", "train"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code."""
    try:
        return _run(sys.argv[1:] if arguments is None else list(arguments))
    except EmostreamError as error:
        print(f"emostream: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="emostream", description="Reads the emotion in a voice, live.")
    parser.add_argument("--version", action="version", version=f"emostream {version('emostream')}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    named = next((word for word in arguments if not word.startswith("-")), None)
    module = None
    for name, (_, summary, _) in COMMANDS.items():
        subparser = subparsers.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        if name == named:
            module = _load(name)
            module.add_arguments(subparser, Settings.of_user())
    parsed = parser.parse_args(arguments)
    assert module is not None, "argparse lets no other command through"
    code: int = module.run(parsed)
    return code


def _load(name: str) -> ModuleType:
    path, _, extra = COMMANDS[name]
    try:
        return importlib.import_module(path)
    except ModuleNotFoundError as error:
        if extra is None or (error.name or "").split(".")[0] in {"streamer", "trainer", "export"}:
            raise
        raise UsageError(
            f"'emostream {name}' needs {error.name}, which is not installed: pip install 'emostream[{extra}]'"
        ) from error
