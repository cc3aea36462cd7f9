"""Standard output: printing tables, and errors of writing to it."""

from rich.console import Console
from rich.table import Table

from emostream.errors import EmostreamError
from emostream.sinks.jsonl import JsonlSink
from emostream.sinks.text import TextSink


def print_table(table: Table) -> None:
    """Print a table in the width of the terminal, with colours only on a terminal.

    Raises ``BrokenPipeError`` if the reader has gone; Rich by itself would end the process with 1.
    """
    console = Console()
    with console.capture() as capture:
        console.print(table)
    print(capture.get(), end="", flush=True)


def require_reader(sink: JsonlSink | TextSink) -> None:
    """Raise ``BrokenPipeError`` if the sink's reader has gone, ``EmostreamError`` if it could not be written."""
    if isinstance(sink.failure, BrokenPipeError):
        raise sink.failure
    if sink.failure:
        raise EmostreamError(
            f"standard output takes no more ({sink.failure.strerror}): make room there, or send it to another place"
        ) from sink.failure
