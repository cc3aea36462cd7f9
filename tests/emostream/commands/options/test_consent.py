"""Pausing a real process: by signal, over HTTP, and by the time of day."""

import re
import signal
import urllib.request
from datetime import datetime, timedelta

import pytest

from emostream.errors import USAGE
from emostream.events import Estimate, Gap, Health, Hello
from tests.support.processes import Running, assert_one_line, emostream
from tests.support.streams import of_type
from tests.support.virtual_microphone import VirtualMicrophone

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/")


def last_health(running: Running) -> Health | None:
    found = of_type(running.events, Health)
    return found[-1] if found else None


def is_paused(running: Running) -> bool:
    health = last_health(running)
    return health is not None and bool(health.paused_by)


def is_read(running: Running) -> bool:
    return isinstance(running.events[-1], Estimate) and not is_paused(running)


def paused_gaps(running: Running) -> list[Gap]:
    return [gap for gap in of_type(running.events, Gap) if gap.reason == "paused"]


def test_a_signal_and_a_request_pause_and_resume(microphone: VirtualMicrophone, model_arguments: list[str]) -> None:
    arguments = ("--serve", "--port", 0, "--format", "jsonl", "--notice", "You are being read", *model_arguments)
    with Running("listen", *arguments, env=microphone.env) as running:
        running.wait_for(lambda it: it.received(Estimate) and ADDRESS.search(it.messages))
        found = ADDRESS.search(running.messages)
        assert found is not None
        assert of_type(running.events, Hello)[0].notice == "You are being read"
        running.process.send_signal(signal.SIGUSR1)
        running.wait_for(is_paused)
        running.process.send_signal(signal.SIGUSR1)
        running.wait_for(is_read)
        assert len(paused_gaps(running)) == 1
        urllib.request.urlopen(urllib.request.Request(f"{found.group()}pause", method="POST")).close()
        running.wait_for(is_paused)
        urllib.request.urlopen(urllib.request.Request(f"{found.group()}resume", method="POST")).close()
        running.wait_for(is_read)
        running.interrupt()
    # A busy machine may lose sound besides.
    assert len(paused_gaps(running)) == 2
    assert {gap.lost_ms for gap in paused_gaps(running)} == {0}
    assert of_type(running.events, Health)[-1].lost_ms == pytest.approx(
        sum(gap.lost_ms for gap in of_type(running.events, Gap)), abs=0.1
    )


def test_quiet_hours_begin_with_the_command(microphone: VirtualMicrophone, model_arguments: list[str]) -> None:
    now = datetime.now()
    around = f"{now - timedelta(hours=2):%H:%M}-{now + timedelta(hours=2):%H:%M}"
    with Running("listen", "--format", "jsonl", "--quiet", around, *model_arguments, env=microphone.env) as running:
        running.wait_for(lambda it: len(it.received(Health)) >= 2)
        assert {event.paused_by for event in of_type(running.events, Health)} == {("schedule",)}
        assert not running.received(Estimate)
        running.interrupt()


def test_times_that_are_none_are_one_line(model_arguments: list[str]) -> None:
    ended = emostream("listen", "--quiet", "22-7", *model_arguments)
    assert ended.returncode == USAGE
    assert_one_line(ended.stderr, "found '22-7' for --quiet, expected times of day such as 22:00-07:00")
