"""The same work on every clip, on several processes, with a progress bar."""

import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

from rich.console import Console
from rich.progress import track

Item = TypeVar("Item")
Result = TypeVar("Result")

WORKERS = 2


def parallel_map(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    title: str,
    console: Console | None = None,
    *,
    chunk: int = 8,
) -> list[Result]:
    """``work(item)`` of every item, in order; what one of them raises is raised here. The bar goes to ``console``.

    A worker is handed ``chunk`` items at a time: 1 for items that take long.
    """
    with ProcessPoolExecutor(WORKERS, initializer=_leave_interrupts_to_the_parent) as pool:
        return list(track(pool.map(work, items, chunksize=chunk), title, len(items), console=console))


def _leave_interrupts_to_the_parent() -> None:
    # Ctrl-C reaches every process of the terminal: without this each worker would print a traceback.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
