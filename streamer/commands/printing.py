"""Tables on standard output."""

from rich.console import Console
from rich.table import Table


def print_table(table: Table) -> None:
    """Print it as wide as the terminal is, with colours on a terminal alone.

    Raises ``BrokenPipeError`` for a reader who has enough, where Rich by itself would end the process with 1.
    """
    console = Console()
    with console.capture() as capture:
        console.print(table)
    print(capture.get(), end="", flush=True)
