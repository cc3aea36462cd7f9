"""Processes that do tasks: each loads once what it needs, and one that dies is replaced."""

import multiprocessing
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import FrameType, ModuleType
from typing import Any, Generic, Literal, NoReturn, Self, TypeVar

from emostream.errors import EmostreamError

State = TypeVar("State")
Task = TypeVar("Task")
Result = TypeVar("Result")
OnProgress = Callable[[float], None]
# What a process says: how far it came, what a task gave or why it gave nothing, what ends all, or nothing any more.
Kind = Literal["progress", "ended", "fatal", "died"]

# What ended a process may have had nothing to do with its task, which is then done again. It is taken for the reason
# where the next one ends at the same place, or where so many have.
_MOST_DEATHS = 10
_END_S = 5.0


class WorkerDiedError(EmostreamError):
    """The processes that did a task ended without a word, one after the other."""


@dataclass(slots=True, eq=False)
class _Worker:
    process: BaseProcess
    connection: Connection
    task: int | None = None
    reached: float = 0.0


class Workers(Generic[State, Task, Result]):
    """At most ``jobs`` processes, started afresh: no thread and no lock of this one comes along.

    Each calls ``load()`` once, then ``work(state, task, on_progress)`` for each task that it is given. The functions,
    tasks and results must be picklable, and the functions not those of the program's main module. The processes end
    with ``close``, or with the block.
    """

    def __init__(self, jobs: int, load: Callable[[], State], work: Callable[[State, Task, OnProgress], Result]) -> None:
        self._jobs = jobs
        self._load = load
        self._work = work
        self._workers: list[_Worker] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes, whatever they do."""
        for worker in self._workers:
            _end(worker)
        self._workers.clear()

    def run(self, tasks: Sequence[Task], on_progress: OnProgress) -> Iterator[tuple[Task, Result | EmostreamError]]:
        """Each task with its result, or with the error that is its alone, as they end.

        ``on_progress`` gets what the processes report. A task whose process ended, as for want of memory, is done again
        by another, and what it had reported is taken back; where that one ends at the same place, or a tenth one does,
        it is given up. What else a process raises is raised here. Leaving the loop over this ends what is unfinished.
        """
        waiting = list(reversed(range(len(tasks))))
        deaths: dict[int, list[float]] = {}
        try:
            while waiting or self._busy():
                while waiting and (worker := self._idle()):
                    worker.task, worker.reached = waiting.pop(), 0.0
                    _give(worker, tasks[worker.task])
                for worker in self._ready():
                    kind, value = self._receive(worker)
                    if kind == "progress":
                        worker.reached += value
                        on_progress(value)
                        continue
                    if kind == "fatal":
                        raise value
                    index, worker.task = worker.task, None
                    assert index is not None
                    if kind == "died":
                        on_progress(-worker.reached)
                        earlier = deaths.setdefault(index, [])
                        earlier.append(worker.reached)
                        if worker.reached not in earlier[:-1] and len(earlier) < _MOST_DEATHS:
                            waiting.append(index)
                            continue
                        value = WorkerDiedError(f"{len(earlier)} processes that read it ended without a word ({value})")
                    yield tasks[index], value
        finally:
            for worker in self._busy():
                self._workers.remove(worker)
                _end(worker)

    def _busy(self) -> list[_Worker]:
        return [worker for worker in self._workers if worker.task is not None]

    def _idle(self) -> _Worker | None:
        """A process without a task, a new one if there may be more; None where all have one."""
        idle = next((worker for worker in self._workers if worker.task is None), None)
        if idle is None and len(self._workers) < self._jobs:
            idle = _start(self._load, self._work)
            self._workers.append(idle)
        return idle

    def _ready(self) -> list[_Worker]:
        """Those that have something to say; waits for it."""
        by_connection = {worker.connection: worker for worker in self._busy()}
        return [by_connection[ready] for ready in wait(list(by_connection))]  # type: ignore[index]

    def _receive(self, worker: _Worker) -> tuple[Kind, Any]:
        try:
            kind, value = worker.connection.recv()
        except (EOFError, OSError):
            self._workers.remove(worker)
            worker.process.join(_END_S)
            code = worker.process.exitcode
            return "died", f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        return kind, value


def _start(load: Callable[[], Any], work: Callable[[Any, Any, OnProgress], Any]) -> _Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, load, work), daemon=True)
    with _main_module_hidden(), _interrupts_ignored():
        process.start()
    theirs.close()
    return _Worker(process, ours)


@contextmanager
def _main_module_hidden() -> Iterator[None]:
    """A process that is started meanwhile does not import the program that starts it, which may be a large one."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Ctrl-C reaches all processes of a terminal: this one ends the others, which are started meanwhile."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)


def _give(worker: _Worker, task: object) -> None:
    with suppress(OSError):  # where it has died, that is found when it should answer
        worker.connection.send(task)


def _end(worker: _Worker) -> None:
    worker.connection.close()  # an idle one ends by itself
    if worker.task is not None:
        worker.process.terminate()
    worker.process.join(_END_S)
    if worker.process.is_alive():
        worker.process.kill()
        worker.process.join(_END_S)


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    """End in order, so that what is half done is put away."""
    sys.exit(1)


def _serve(connection: Connection, load: Callable[[], Any], work: Callable[[Any, Any, OnProgress], Any]) -> None:
    """The life of a process: until the other end is closed, also because nobody is there any more."""
    signal.signal(signal.SIGTERM, _leave)
    try:
        state = load()
        while True:
            task = connection.recv()
            try:
                result = work(state, task, lambda amount: connection.send(("progress", amount)))
            except EmostreamError as error:
                result = error
            connection.send(("ended", result))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
    except Exception as error:
        error.add_note(traceback.format_exc())
        connection.send(("fatal", error))
