"""While somebody attacks a server, a client that speaks and one that follows it get every event, plain and with TLS.

How late they come depends on the machine: ``python -m bench.attacks`` measures it.
"""

import itertools
import json
import re
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

import msgspec
import numpy as np
import pytest
from websockets.sync.client import ClientConnection, connect

from bench.load import resident_mb
from emostream import assets
from emostream.audio import AudioBlock, Samples
from emostream.events import Error, Estimate, Event, Health, Hello, Summary, Utterance
from emostream.protocol import decode_event
from tests.support.attacks import ATTACKS, PATIENCE_S, Target, open_descriptors
from tests.support.certificates import make_certificate
from tests.support.processes import Running
from tests.support.serving import receive, until
from tests.support.streams import HZ, assert_same, numbered, of_type

ADDRESS = re.compile(r"://127\.0\.0\.1:(\d+)/")
SCALE = {"half_open": 4, "held_places": 4, "stopped_names": 1}
PARTS_S = (0, 4, 7, 9)
MOST_GROWTH_MB = 32


@dataclass(frozen=True)
class Served:
    """A server in a process of its own."""

    target: Target
    running: Running

    def connect(self, path: str) -> ClientConnection:
        scheme = "wss" if self.target.tls else "ws"
        address = f"{scheme}://127.0.0.1:{self.target.port}{path}"
        return connect(address, ssl=self.target.tls, legacy=True, max_queue=None, open_timeout=PATIENCE_S)

    def get(self, path: str) -> bytes:
        scheme = "https" if self.target.tls else "http"
        address = f"{scheme}://127.0.0.1:{self.target.port}{path}"
        with urllib.request.urlopen(address, context=self.target.tls, timeout=PATIENCE_S) as response:
            body: bytes = response.read()
        return body


@pytest.fixture(scope="module", params=["plain", "tls"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    arguments: tuple[object, ...] = ()
    trusting = None
    if request.param == "tls":
        made = make_certificate(tmp_path_factory.mktemp("tls"))
        arguments, trusting = ("--certificate", made.certificate, "--key", made.key), made.trusting
    with Running("serve", "--port", 0, *arguments) as running:
        running.wait_for(lambda it: ADDRESS.search(it.messages))
        found = ADDRESS.search(running.messages)
        assert found is not None
        yield Served(Target(running.process.pid, int(found[1]), trusting), running)


@pytest.fixture(scope="module")
def speech(recording: Samples) -> Samples:
    return np.ascontiguousarray(recording[: PARTS_S[-1] * HZ], "<f4")


@pytest.fixture(scope="module")
def expected(speech: Samples) -> list[Event]:
    """What `emostream file` says of the speech."""
    stream = assets.load_stream_factory().stream(HZ, stream="honest", source="honest")
    return [stream.hello(), *stream.push(AudioBlock(speech, HZ, 0)), *stream.flush(), stream.summary()]


@pytest.mark.parametrize("attack", ATTACKS)
def test_others_lose_nothing_and_nothing_stays_behind(
    served: Served, attack: str, speech: Samples, expected: list[Event]
) -> None:
    pid = served.target.pid
    until(lambda: _is_at_rest(served))
    files, memory_mb = open_descriptors(pid), resident_mb(pid)
    with ExitStack() as stack:
        follower = stack.enter_context(served.connect("/ws?stream=honest"))
        speaker = stack.enter_context(served.connect("/ws?stream="))
        speaker.send(json.dumps({"type": "start", "rate": HZ, "format": "f32le", "publish": "honest"}))
        got: list[Event] = [receive(speaker)]
        first, second, last = (speech[begin * HZ : end * HZ] for begin, end in itertools.pairwise(PARTS_S))
        _speak(speaker, first, got)
        with ThreadPoolExecutor(1) as pool:
            attacking = pool.submit(ATTACKS[attack], served.target, SCALE.get(attack, 2), 0.5)
            _speak(speaker, second, got)
            attacking.result(PATIENCE_S)
        _speak(speaker, last, got)
        speaker.send('{"type":"stop"}')
        while not isinstance(got[-1], Summary):
            got.append(_event(speaker))
        followed: list[Event] = [_event(follower)]
        while not isinstance(followed[-1], Error):
            followed.append(_event(follower))
    ours = [event for event in got if isinstance(event, Hello | Estimate | Utterance | Summary)]
    theirs = [event for event in expected if isinstance(event, Hello | Estimate | Utterance | Summary)]
    assert_same(numbered(ours), numbered(theirs))
    _assert_no_hole(got, dropped=0)
    _assert_no_hole(followed[:-1], dropped=len(got) - len(followed[:-1]))
    assert _kept(followed[:-1]) == _kept(got), "only estimates and health give way, and that is said"
    until(lambda: _is_at_rest(served))
    until(lambda: open_descriptors(pid) <= files)
    assert resident_mb(pid) <= memory_mb + MOST_GROWTH_MB
    assert json.loads(served.get("/streams")) == {"streams": []}
    assert "Traceback" not in served.running.messages


def _speak(speaker: ClientConnection, audio: Samples, got: list[Event]) -> None:
    """Send a part of the speech as fast as it is taken, and take the events of it, to the last estimate."""
    for start in range(0, len(audio), HZ // 10):
        speaker.send(audio[start : start + HZ // 10].tobytes())
    end_ms = got[-1].t_end_ms if isinstance(got[-1], Estimate) else 0
    while not isinstance(got[-1], Estimate) or got[-1].t_end_ms < end_ms + 1000 * len(audio) // HZ:
        got.append(_event(speaker))


def _event(connection: ClientConnection) -> Event:
    return decode_event(connection.recv(PATIENCE_S))


def _kept(events: list[Event]) -> list[Event]:
    """What a follower gets however slow it is."""
    return [msgspec.structs.replace(event, dropped=0) for event in events if not isinstance(event, Estimate | Health)]


def _assert_no_hole(events: list[Event], *, dropped: int) -> None:
    for before, event in itertools.pairwise(events):
        assert event.seq == before.seq + 1 + event.dropped
    assert sum(event.dropped for event in events) == dropped
    assert len(of_type(events, Summary)) == 1


def _is_at_rest(served: Served) -> bool:
    metrics = served.get("/metrics").decode()
    return all(f"\n{line}\n" in metrics for line in ("emostream_clients 0.0", "emostream_connections 1.0"))
