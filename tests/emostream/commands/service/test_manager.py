"""A stand-in for a service manager hears what the real process tells it."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from emostream.commands.service.manager import ServiceManager
from tests.support.processes import Running
from tests.support.virtual_microphone import VirtualMicrophone

PATIENCE_S = 60.0


class Manager:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.settimeout(PATIENCE_S)

    def hear(self) -> str:
        return self._socket.recv(1000).decode()

    def hear_all(self) -> list[str]:
        self._socket.setblocking(False)
        heard = []
        try:
            while True:
                heard.append(self.hear())
        except BlockingIOError:
            return heard

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    made = Manager(tmp_path / "notify")
    yield made
    made.close()


def test_the_watchdog_is_fed_at_half_of_its_limit(manager: Manager) -> None:
    now = [100.0]
    environment = {"NOTIFY_SOCKET": str(manager.path), "WATCHDOG_USEC": "10000000", "WATCHDOG_PID": str(os.getpid())}
    service = ServiceManager(environment, lambda: now[0])
    service.ready()
    for now[0] in (100.0, 101.0, 104.9, 105.0, 109.0, 110.5):
        service.feed()
    service.stopping()
    assert manager.hear_all() == ["READY=1", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1", "STOPPING=1"]


def test_what_is_for_another_process_or_nobody_is_not_fed(manager: Manager) -> None:
    ServiceManager({"NOTIFY_SOCKET": str(manager.path), "WATCHDOG_USEC": "10", "WATCHDOG_PID": "1"}).feed()
    ServiceManager({"NOTIFY_SOCKET": str(manager.path)}).feed()
    assert manager.hear_all() == []
    alone = ServiceManager({})
    assert not alone.is_there
    for tell in (alone.ready, alone.feed, alone.stopping, ServiceManager({"NOTIFY_SOCKET": "/nonexistent/s"}).ready):
        tell()


def test_an_abstract_socket() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(f"\0emostream-{os.getpid()}")
        ServiceManager({"NOTIFY_SOCKET": f"@emostream-{os.getpid()}"}).ready()
        assert listening.recv(100) == b"READY=1"


@pytest.mark.parametrize("with_microphone", [False, True])
def test_the_process_is_ready_works_and_ends_well(
    with_microphone: bool, manager: Manager, microphone: VirtualMicrophone, model_arguments: list[str]
) -> None:
    environment = microphone.env | {"NOTIFY_SOCKET": str(manager.path), "WATCHDOG_USEC": "2000000"}
    arguments = ("--device", "pulse") if with_microphone else ()
    with Running("serve", "--port", 0, *arguments, *model_arguments, env=environment) as running:
        assert manager.hear() == "READY=1"
        running.wait_for(lambda it: "http://127.0.0.1" in it.messages)
        for _ in range(3):
            assert manager.hear() == "WATCHDOG=1"
        running.process.send_signal(signal.SIGTERM)
        while (told := manager.hear()) == "WATCHDOG=1":
            pass
        assert told == "STOPPING=1"
        assert running.wait() == 0


def test_without_a_manager_sigterm_is_what_it_was(model_arguments: list[str]) -> None:
    with Running("serve", "--port", 0, *model_arguments) as running:
        running.wait_for(lambda it: "http://127.0.0.1" in it.messages)
        running.process.send_signal(signal.SIGTERM)
        assert running.wait() == 128 + signal.SIGTERM
