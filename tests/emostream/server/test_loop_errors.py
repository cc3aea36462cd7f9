import asyncio
import errno
import logging
import re
import socket
import subprocess
import time
import urllib.request
from contextlib import ExitStack

import pytest

from emostream.server.loop_errors import LoopErrors
from tests.support.processes import COMMAND, ROOT, environment

ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)/")


def test_a_lack_of_descriptors_is_one_line_and_all_else_is_asyncios(caplog: pytest.LogCaptureFixture) -> None:
    loop = asyncio.new_event_loop()
    handler = LoopErrors()
    for _ in range(100):
        error = OSError(errno.EMFILE, "Too many open files")
        handler(loop, {"message": "socket.accept() out of system resource", "exception": error})
    (said,) = caplog.records
    assert said.levelno == logging.ERROR
    assert "new connections wait (Too many open files)" in said.message
    handler(loop, {"message": "Task exception was never retrieved", "exception": ValueError("x")})
    assert "Task exception was never retrieved" in caplog.text
    loop.close()


@pytest.mark.slow
def test_with_few_descriptors_there_are_fewer_clients_and_they_are_served_when_others_go() -> None:
    limited = ["sh", "-c", 'ulimit -n 40; exec "$@"', "sh", *COMMAND, "serve", "--port", "0"]
    server = subprocess.Popen(limited, stderr=subprocess.PIPE, text=True, env=environment({}), cwd=ROOT)
    assert server.stderr is not None
    try:
        said = server.stderr.readline()
        port = int(ADDRESS.search(server.stderr.readline())[1])  # type: ignore[index]
        with ExitStack() as clients:
            for _ in range(60):
                clients.enter_context(socket.create_connection(("127.0.0.1", port)))
            time.sleep(2.5)  # asyncio may try again meanwhile, and says nothing more
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=60) as answer:
            assert answer.status == 200
    finally:
        server.terminate()
        _, rest = server.communicate()
    assert said.startswith("emostream: only 40 files may be open, so at most 6 clients are served instead of 2000")
    assert rest.count("\n") <= 1, "those that came at once may have taken the last descriptors before they were cut off"
    assert "new connections wait" in rest or not rest
