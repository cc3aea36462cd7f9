"""The sinks that options of a live command ask for, opened without a voice to read."""

import argparse
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from emostream.commands.options.integrations import add_integration_arguments, open_integrations
from emostream.commands.options.rules import typed_options
from emostream.commands.settings import Settings
from emostream.errors import UsageError
from emostream.pause import PauseSwitch
from emostream.sinks import Sink


@contextmanager
def opened(*arguments: object) -> Iterator[list[Sink]]:
    """The sinks, until the block ends. Raises ``UsageError``."""
    parser = argparse.ArgumentParser()
    add_integration_arguments(parser, Settings({}, Path("/nonexistent/config.toml")))
    with ExitStack() as stack:
        words = [str(argument) for argument in arguments]
        parsed = parser.parse_args(words, argparse.Namespace(typed=typed_options(parser, words)))
        yield open_integrations(parsed, PauseSwitch(), stack)


def refusal(*arguments: object) -> str:
    """The one line with which they are refused."""
    with pytest.raises(UsageError) as caught, opened(*arguments):
        pass
    line = str(caught.value)
    assert "\n" not in line
    return line
