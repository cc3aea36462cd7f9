"""Standard output: printing tables, and errors of writing to it."""

import sys
from collections.abc import Callable

from rich.console import Console
from rich.table import Table

from emostream.errors import EmostreamError
from emostream.sinks.jsonl import JsonlSink
from emostream.sinks.text import TextSink

# Rich takes 80 where it does not know: that cuts paths in two which a program behind the pipe wants whole.
_PIPE_CELLS = 10_000


def print_table(table: Table) -> None:
    """Print a table as ``print_to_console`` does."""
    print_to_console(lambda console: console.print(table))


def print_to_console(draw: Callable[[Console], None]) -> None:
    """Print what ``draw`` prints, in the width of the terminal and with colours only on a terminal.

    In a pipe or a file no line is cut or wrapped. Raises ``BrokenPipeError`` if the reader has gone; Rich by itself
    would end the process with 1.
    """
    console = Console() if sys.stdout.isatty() else Console(width=_PIPE_CELLS)
    with console.capture() as capture:
        draw(console)
    print("\n".join(line.rstrip() for line in capture.get().split("\n")), end="", flush=True)


def require_reader(sink: JsonlSink | TextSink) -> None:
    """Raise ``BrokenPipeError`` if the sink's reader has gone, ``EmostreamError`` if it could not be written."""
    if isinstance(sink.failure, BrokenPipeError):
        raise sink.failure
    if sink.failure:
        raise EmostreamError(
            f"standard output takes no more ({sink.failure.strerror}): make room there, or send it to another place"
        ) from sink.failure
