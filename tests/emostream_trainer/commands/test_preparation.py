"""Which corpora are taken: those of the command line, or else those of the settings."""

import argparse
import os
from pathlib import Path

import pytest

from emostream.commands.settings import Settings
from emostream.errors import NoInputError
from emostream_trainer.commands.preparation import add_corpora, corpora_of


def _named(*words: str, known: str | None = None) -> list[Path]:
    parser = argparse.ArgumentParser()
    environment = {} if known is None else {"EMOSTREAM_CORPORA": known}
    add_corpora(parser, Settings(environment, Path("none.toml")))
    return corpora_of(parser.parse_args(words))


def test_folders_of_the_command_line_take_the_place_of_those_of_the_settings() -> None:
    known = os.pathsep.join(("one", "two"))
    assert _named(known=known) == [Path("one"), Path("two")]
    assert _named("--corpora", "three", "--corpora", "four", known=known) == [Path("three"), Path("four")]


@pytest.mark.parametrize("known", [None, ""])
def test_without_any_it_says_how_to_name_one(known: str | None) -> None:
    with pytest.raises(NoInputError, match="--corpora DIR or EMOSTREAM_CORPORA"):
        _named(known=known)
