"""Options that do nothing without another one are refused, where somebody typed them: settings may hold for always."""

import argparse
import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from emostream.errors import UsageError


def nearest_question(word: str, known: Iterable[str]) -> str:
    """A question where a known word is near, else nothing."""
    by_letters = {other.lstrip("-"): other for other in known}  # dashes make all options look alike
    nearest = difflib.get_close_matches(word.lstrip("-"), list(by_letters), 1)
    return f"did you mean {by_letters[nearest[0]]}?" if nearest else ""


class _NotTyped(list[Any]):
    """Stands in for all values; a list, since an option that may be repeated copies what it adds to."""


def require_known_options(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> None:
    """Have the parser report an option that it does not have, with the nearest that it has."""
    known = list(_flags(parser))
    for word in arguments:
        if word == "--":
            return
        flag = word.partition("=")[0]
        if flag.startswith("--") and not any(other.startswith(flag) for other in known):
            parser.error("; ".join(filter(None, [f"unrecognized arguments: {word}", nearest_question(flag, known)])))


def _flags(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        yield from action.option_strings
        if isinstance(action, argparse._SubParsersAction):
            for subparser in action.choices.values():
                yield from _flags(subparser)


def typed_options(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> Mapping[str, str]:
    """The options that are in ``arguments``: the name of each value, and its flag as it is written in help."""
    missing = _NotTyped()
    flags = {action.dest: action.option_strings[-1] for action in parser._actions if action.option_strings}
    # argparse sets a default only where there is no value yet.
    parsed, _ = parser.parse_known_args(list(arguments), argparse.Namespace(**dict.fromkeys(flags, missing)))
    return {name: flag for name, flag in flags.items() if getattr(parsed, name) is not missing}


def refuse_without(arguments: argparse.Namespace, names: Iterable[str], needed: str) -> None:
    """Raise ``UsageError`` for a typed option among ``names``, of which ``needed`` is not there."""
    for name in names:
        if name in arguments.typed:
            raise UsageError(f"{arguments.typed[name]} does nothing without {needed}: expected both, or neither")


def refuse_with(arguments: argparse.Namespace, names: Iterable[str], other: str) -> None:
    """Raise ``UsageError`` for a typed option among ``names``, which does nothing beside ``other``."""
    for name in names:
        if name in arguments.typed:
            raise UsageError(f"{arguments.typed[name]} does nothing beside {other}: leave one of them out")
