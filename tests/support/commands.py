"""Commands run within the test's own process, with what they print."""

import contextlib
import io
from dataclasses import dataclass

from emostream.cli import main


@dataclass(frozen=True)
class Said:
    """What a command ended with and printed."""

    code: int
    out: str
    errors: str


def emostream(*arguments: object) -> Said:
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as errors:
        code = main([str(argument) for argument in arguments])
    return Said(code, out.getvalue(), errors.getvalue())


def assert_refused(said: Said, code: int, *words: str) -> None:
    """One line on stderr, with these words in it."""
    assert said.code == code, said
    assert said.errors.startswith("emostream: ")
    assert said.errors.count("\n") == 1
    for word in words:
        assert word in said.errors
