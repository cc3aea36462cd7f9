"""``emostream`` as people run it: a process of its own, whose lines are read as they come."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, Self

import msgspec

from emostream.events import AnyEvent, Estimate, Event, Gap, Utterance, decode

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "emostream")
TIMEOUT_S = 120
NOWHERE = "unix:/nonexistent/sound-server"

# A shell that starts the tests in the background has them ignore Ctrl-C, and what they start would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def environment(changes: Mapping[str, str]) -> dict[str, str]:
    """This process's, without settings of emostream's or a sound server, and then ``changes``."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("EMOSTREAM_", "PULSE_"))}
    ours = {
        "XDG_CONFIG_HOME": "/nonexistent",
        "XDG_DATA_HOME": "/nonexistent",
        "PULSE_SERVER": NOWHERE,
        "LC_ALL": "C.UTF-8",
    }
    return {**inherited, **ours, **changes}


def emostream(
    *arguments: object, stdin: bytes = b"", env: Mapping[str, str] = {}, timeout_s: float = TIMEOUT_S
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    ended = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        env=environment(env),
        cwd=ROOT,
        timeout=timeout_s,
        check=False,
    )
    return subprocess.CompletedProcess(ended.args, ended.returncode, ended.stdout.decode(), ended.stderr.decode())


def events_of(lines: str) -> list[AnyEvent]:
    """JSON lines as events; each must be one."""
    return [decode(line) for line in lines.splitlines()]


def file_events(path: Path, model_arguments: list[str]) -> list[AnyEvent]:
    ended = emostream("file", "--format", "jsonl", *model_arguments, path)
    assert (ended.returncode, ended.stderr) == (0, "")
    return events_of(ended.stdout)


def judged(events: Sequence[Event]) -> list[Event]:
    """What was said of the voice, without what only a live stream has."""
    kept = [event for event in events if isinstance(event, Estimate | Utterance | Gap)]
    return [msgspec.structs.replace(event, seq=0) for event in kept]


def assert_one_line(stderr: str, *parts: str) -> None:
    """One line from emostream, with these parts in it."""
    assert stderr.count("\n") == 1, stderr
    assert stderr.startswith("emostream: ")
    for part in parts:
        assert part in stderr


def assert_log_lines(messages: str, said: str) -> None:
    """Lines of the log, one at least, which begin with this behind their time, and nothing else."""
    lines = messages.splitlines()
    assert lines
    assert all(line.partition(" ")[2].startswith(said) for line in lines), messages


class Running:
    """A command that runs until the block ends; its JSON lines become ``events``, its messages ``messages``."""

    def __init__(self, *arguments: object, env: Mapping[str, str] = {}, stdin: int = subprocess.DEVNULL) -> None:
        self.events: list[AnyEvent] = []
        self.messages = ""
        self._changed = threading.Condition()
        self.process = subprocess.Popen(
            [*COMMAND, *map(str, arguments)],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(env),
            cwd=ROOT,
        )
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self._readers = [
            threading.Thread(target=self._read, args=(stream, take))
            for stream, take in (
                (self.process.stdout, self._take_event),
                (self.process.stderr, self._take_message),
            )
        ]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.wait()

    def wait_for(self, condition: Callable[[Self], object], timeout_s: float = TIMEOUT_S) -> None:
        """Wait until a line made ``condition`` true."""
        with self._changed:
            assert self._changed.wait_for(lambda: condition(self), timeout_s), (self.events[-3:], self.messages)

    def received(self, kind: type[Event]) -> list[Event]:
        """The events of one kind so far."""
        return [event for event in self.events if isinstance(event, kind)]

    def interrupt(self) -> int:
        """Ctrl-C; gives the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.wait()

    def wait(self) -> int:
        """Wait for the end and for the last line; gives the exit code."""
        code = self.process.wait(TIMEOUT_S)
        for reader in self._readers:
            reader.join(TIMEOUT_S)
        return code

    def _read(self, stream: BinaryIO, take: Callable[[bytes], None]) -> None:
        with stream:
            for line in stream:
                with self._changed:
                    take(line)
                    self._changed.notify_all()

    def _take_event(self, line: bytes) -> None:
        self.events.append(decode(line))

    def _take_message(self, line: bytes) -> None:
        self.messages += line.decode()
