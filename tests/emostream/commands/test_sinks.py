"""One sink may fall without the others: a pipe whose reader leaves, and a disk that is full."""

import re
import subprocess
import urllib.request
from typing import BinaryIO

import pytest
from websockets.sync.client import connect

from emostream.events import Estimate
from tests.support.processes import COMMAND, NOWHERE, ROOT, TIMEOUT_S, environment
from tests.support.serving import receive

PORT = re.compile(r"127\.0\.0\.1:(\d+)/")


def until_said(stderr: BinaryIO, pattern: re.Pattern[str]) -> re.Match[str]:
    for line in stderr:
        if found := pattern.search(line.decode()):
            return found
    raise AssertionError(f"{pattern.pattern} was not said")


@pytest.mark.parametrize(
    ("output", "cause"), [("", "its reader has gone"), (" > /dev/full", r".*No space left on device")]
)
def test_who_is_served_is_served_on(output: str, cause: str, model_arguments: list[str]) -> None:
    options = ["listen", "--or-demo", "--serve", "--port", "0", "--format", "jsonl", *model_arguments]
    with subprocess.Popen(
        ["sh", "-c", f'exec "$@"{output}', "sh", *COMMAND, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment({"PULSE_SERVER": NOWHERE}),
        cwd=ROOT,
    ) as process:
        assert process.stderr is not None
        port = until_said(process.stderr, PORT)[1]
        with connect(f"ws://127.0.0.1:{port}/ws") as client:
            assert process.stdout is not None
            process.stdout.readline()
            process.stdout.close()
            until_said(process.stderr, re.compile(rf"warning .*: standard output gets no more events \({cause}\)"))
            heard = 0
            while heard < 8:
                heard += isinstance(receive(client), Estimate)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            found = re.search(r'emostream_sink_dropped_events_total\{sink="JSON lines"\} (\S+)', answer.read().decode())
        assert found is not None
        assert float(found[1]) >= 8
        process.terminate()
        assert process.wait(TIMEOUT_S) == 143
