"""Commands run within the test's own process, with what they print."""

import contextlib
import io
import os
from collections.abc import Mapping
from dataclasses import dataclass
from unittest import mock

from emostream.cli import main
from tests.support.processes import environment


@dataclass(frozen=True)
class Said:
    """What a command ended with and printed."""

    code: int
    out: str
    errors: str


def emostream(*arguments: object, env: Mapping[str, str] | None = None) -> Said:
    """Run a command to its end, with ``env`` in the environment that a process of its own would have.

    For a command that opens no microphone, sets no signal handler and reads no standard input: it starts in no time.
    """
    changed = mock.patch.dict(os.environ, environment(env), clear=True) if env is not None else contextlib.nullcontext()
    written = io.BytesIO()
    out = io.TextIOWrapper(written, encoding="utf-8", newline="", write_through=True)
    with changed, contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()) as errors:
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as ended:  # argparse's way of ending after --help
            code = int(ended.code or 0)
    return Said(code, written.getvalue().decode(), errors.getvalue())


def assert_refused(said: Said, code: int, *words: str) -> None:
    """One line on stderr, with these words in it."""
    assert said.code == code, said
    assert said.errors.startswith("emostream: ")
    assert said.errors.count("\n") == 1
    for word in words:
        assert word in said.errors
