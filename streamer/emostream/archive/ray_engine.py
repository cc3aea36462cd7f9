"""The cores of a Ray cluster. What speaks to it is a process of its own: Ray ends that without a word, if it has to."""

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection

from emostream.archive.results import OnProgress, ReadFile, ReadUnit, Result
from emostream.archive.source import Source
from emostream.errors import EmostreamError, UnavailableError
from emostream.pipeline.factory import StreamFactory

# How often it is seen whether something is due meanwhile.
_POLL_S = 1.0
_END_S = 10.0


class RayEngine:
    """The cores of the cluster at ``address``; without one of that at ``RAY_ADDRESS``, or of one made of this machine.

    Each of its machines needs an emostream of this version, the models where they are here, and the recordings.
    """

    def __init__(self, address: str | None, load: Callable[[], StreamFactory], read_unit: ReadUnit) -> None:
        self._address = address
        self._load = load
        self._read_unit = read_unit

    def read(self, sources: Sequence[Source], on_progress: OnProgress) -> Iterator[list[Result]]:
        """As ``Engine.read``. Raises ``UnavailableError`` where the cluster cannot be had, or is gone."""
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        arguments = (theirs, self._address, self._load, self._read_unit, sources)
        process = context.Process(target=_drive, args=arguments, daemon=True)
        process.start()
        theirs.close()
        try:
            while (results := _next(ours, on_progress)) is not None:
                yield results
                on_progress(sum(result.overview.seconds for result in results if isinstance(result, ReadFile)))
        except EOFError:
            raise UnavailableError(
                "the Ray cluster is gone: see that it runs again; the same command goes on where this one ended"
            ) from None
        finally:
            ours.close()
            process.terminate()
            process.join(_END_S)
            if process.is_alive():
                process.kill()
                process.join()


def _next(connection: Connection, on_progress: OnProgress) -> list[Result] | None:
    """The next results; None behind the last. Raises what went wrong, ``EOFError`` where that was not said."""
    while not connection.poll(_POLL_S):
        on_progress(0.0)
    try:
        said: list[Result] | EmostreamError | None = connection.recv()
    except ConnectionResetError as error:
        raise EOFError from error
    if isinstance(said, EmostreamError):
        raise said
    return said


def _drive(
    connection: Connection,
    address: str | None,
    load: Callable[[], StreamFactory],
    read_unit: ReadUnit,
    sources: Sequence[Source],
) -> None:
    """The life of the process that speaks to the cluster."""
    from emostream.archive.ray_driver import drive

    threading.Thread(target=_end_with_parent, daemon=True).start()
    # Ray's own lines are for those who look after clusters, and stand in its logs.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)
    with suppress(BrokenPipeError):  # nobody is there any more
        try:
            for results in drive(address, load, read_unit, sources):
                connection.send(results)
            connection.send(None)
        except EmostreamError as error:
            connection.send(error)


def _end_with_parent() -> None:
    """The cores of the cluster are free for the next command as soon as this one is killed."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
