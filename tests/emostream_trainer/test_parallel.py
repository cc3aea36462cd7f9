"""Work on several processes: in order, with whatever goes wrong, and without noise when it is interrupted."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from emostream.errors import NoInputError
from emostream_trainer.parallel import parallel_map

INTERRUPTED_AT_WORK = """
import sys, time
from emostream_trainer.parallel import parallel_map

def work(item):
    print("begun", flush=True)
    time.sleep(1)

try:
    parallel_map(work, range(2), "")
except KeyboardInterrupt:
    sys.exit(130)
"""


def _length(path: Path) -> int:
    if path.name == "none":
        raise NoInputError("none: no such file")
    return len(path.name)


def test_results_come_in_the_order_of_the_items(capsys: pytest.CaptureFixture[str]) -> None:
    names = [Path("x" * length) for length in range(1, 40)]
    assert parallel_map(_length, names, "measuring") == list(range(1, 40))
    assert "measuring" in capsys.readouterr().out


def test_an_error_of_a_worker_is_raised_as_it_is() -> None:
    with pytest.raises(NoInputError, match="none: no such file"):
        parallel_map(_length, [Path("a"), Path("none")], "measuring")


def test_ctrl_c_ends_the_workers_without_a_word() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED_AT_WORK],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors == ""
