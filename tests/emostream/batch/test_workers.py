"""Processes that do tasks, and what becomes of those that die."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from emostream.batch.workers import WorkerDiedError, Workers
from emostream.errors import NoInputError, UsageError

OnProgress = Callable[[float], None]


def load() -> int:
    """The number of the process."""
    return os.getpid()


def load_nothing() -> int:
    raise UsageError("found no model")


def work(state: int, task: str, on_progress: OnProgress) -> tuple[str, int]:
    """What a task says that it does; a name of a file where something may happen once."""
    kind, _, name = task.partition(" ")
    on_progress(1.5)
    if kind == "bad":
        raise NoInputError(f"{name} is no sound")
    if kind == "broken":
        raise OSError(28, "No space left on device", name)
    if kind == "dies" or (kind == "dies-once" and not Path(name).exists()):
        Path(name).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if kind == "dies-elsewhere":  # a little further each time
        earlier = len(list(Path(name).iterdir()))
        (Path(name) / str(earlier)).touch()
        on_progress(1.0 + earlier)
        os.kill(os.getpid(), signal.SIGKILL)
    while kind == "waits-for" and not Path(name).exists():
        time.sleep(0.01)
    if kind == "waits-for":
        return task, state
    if kind == "touches":
        Path(name).touch()
    return task, state


def run(jobs: int, *tasks: str) -> tuple[dict[str, object], list[float]]:
    """What came of each task, and the progress."""
    progress: list[float] = []
    with Workers(jobs, load, work) as workers:
        found = dict(workers.run(tasks, progress.append))
    return found, progress


def test_each_task_is_done_by_a_process_that_loaded_once(tmp_path: Path) -> None:
    # The first waits for what the second does, so both run at once.
    tasks = [f"waits-for {tmp_path}/a", f"touches {tmp_path}/a", *(f"plain {number}" for number in range(8))]
    found, progress = run(2, *tasks)
    assert found.keys() == set(tasks)
    assert len({pid for _, pid in found.values()}) == 2
    assert os.getpid() not in {pid for _, pid in found.values()}
    assert progress == [1.5] * 10


def test_an_error_of_one_task_is_its_own() -> None:
    found, _ = run(1, "bad talk.wav", "plain")
    assert isinstance(found["bad talk.wav"], NoInputError)
    assert str(found["bad talk.wav"]) == "talk.wav is no sound"
    assert isinstance(found["plain"], tuple)


def test_a_task_whose_process_dies_is_given_up_when_the_next_dies_at_the_same_place(tmp_path: Path) -> None:
    once, always = f"dies-once {tmp_path}/once", f"dies {tmp_path}/always"
    found, progress = run(2, once, always, "plain")
    assert isinstance(found[once], tuple)
    assert isinstance(found[always], WorkerDiedError)
    assert "2 processes" in str(found[always])
    assert "signal 9" in str(found[always])
    assert isinstance(found["plain"], tuple)
    assert sum(progress) == 3.0, "what dead processes had reported is taken back"


def test_one_that_dies_at_different_places_is_tried_more_often(tmp_path: Path) -> None:
    """Something else ends them, as a person or a machine without memory."""
    task = f"dies-elsewhere {tmp_path}"
    found, _ = run(1, task)
    assert "10 processes" in str(found[task])


def test_processes_stay_from_one_run_to_the_next() -> None:
    with Workers(1, load, work) as workers:
        ((_, first),) = workers.run(["plain"], lambda _: None)
        ((_, second),) = workers.run(["plain"], lambda _: None)
    assert first == second


def test_what_is_no_fault_of_a_task_ends_all(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left") as caught:
        run(2, f"broken {tmp_path}/full", *(["plain"] * 3))
    assert caught.value.filename == f"{tmp_path}/full"
    with pytest.raises(UsageError, match="found no model"):
        list(Workers(1, load_nothing, work).run(["plain"], lambda _: None))


def test_leaving_the_loop_ends_what_is_unfinished_and_the_block_all(tmp_path: Path) -> None:
    with Workers(2, load, work) as workers:
        running = workers.run(["plain", f"waits-for {tmp_path}/never"], lambda _: None)
        next(running)
        processes = [worker.process for worker in workers._workers]
        running.close()
        assert [process.is_alive() for process in processes].count(True) == 1
    assert not any(process.is_alive() for process in processes)
