"""A day of the whole daemon in an hour: the microphone is pulled 200 times, broker and webhook are away a third of it.

    python -m bench.day [--hours 24] [--pace 20] [--pulls 200] [--seed 1]

``emostream listen`` as a process whose clock runs ``pace`` times as fast (``bench.fast_clock``) hears PortAudio's
virtual microphone, which gives a room's noise and in it the bundled recording again and again, and serves all faces at
once: a pipe, a log file, a follower by WebSocket, Home Assistant's side of a real MQTT broker, a webhook. What each got
of the utterances is held against the pipe; ``/healthz``, asked five times a second, against whether the microphone was
in; the clock of the estimates against that of the machine, so that a loss that was not counted is seen. A JSON line an
hour, and one at the end. Times are of the fast clock. Linux, with pulseaudio, mosquitto and faketime.
"""

import argparse
import http.client
import os
import random
import re
import signal
import statistics
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from datetime import datetime
from pathlib import Path
from urllib.request import urlopen

import msgspec
import numpy as np
import soundfile
from numpy.typing import NDArray
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from bench import fast_clock
from bench.load import ADDRESS, resident_mb
from emostream import assets
from emostream.events import Estimate, Event, Gap, Health, Utterance, decode
from tests.support.home_assistant import HomeAssistant
from tests.support.mosquitto import Mosquitto
from tests.support.virtual_microphone import VirtualMicrophone
from tests.support.webhook_target import WebhookReceiver

RATE_HZ = 16_000
NOISE_PEAK = 40  # of 32,768: a quiet room
SPEECH_SHARE = 0.3
PULLED_S = (3.0, 120.0)
# What health may need to see a change: two seconds without a callback, attempts to reopen every four, a few polls.
SETTLE_S = 30.0
BROKER_AWAY, HOOK_AWAY = (1 / 6, 1 / 2), (5 / 12, 3 / 4)  # parts of the day
SETTLED_AFTER = 500  # estimates; a start takes seconds of the fast clock
TICK_S, ASK_S = 0.1, 0.2  # of the machine
END_S = 30.0
LOG = "events.jsonl"
SINK_LOSSES = re.compile(r'^emostream_sink_dropped_events_total\{sink="(.*?)"\} (\S+)$', re.MULTILINE)

# One utterance of a stream, by its beginning and end in ms.
Spoken = tuple[float, float]


def main() -> None:
    """Run the day and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=24)
    parser.add_argument("--pace", type=int, default=20)
    parser.add_argument("--pulls", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    length_s = 3600 * arguments.hours / arguments.pace
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        surroundings = Surroundings(folder, arguments.pace, stack)
        pulls = pull_times(arguments.pulls, length_s, arguments.pace, random.Random(arguments.seed))
        with Daemon(folder, surroundings, arguments.pace) as daemon:
            live_through(length_s, pulls, surroundings, daemon)
            sink_losses = daemon.sink_losses()
        conclude(daemon, surroundings, folder / LOG, pulls=arguments.pulls, sink_losses=sink_losses)


def pull_times(count: int, length_s: float, pace: int, rng: random.Random) -> list[tuple[float, float]]:
    """When the microphone goes and comes back, in seconds of the machine, each in a part of the day of its own."""
    part_s = length_s / (count + 1)
    starts_s = [(n + 0.75 + rng.uniform(-0.2, 0.2)) * part_s for n in range(count)]
    return [(start_s, start_s + min(rng.uniform(*PULLED_S) / pace, part_s / 2)) for start_s in starts_s]


def sound_of_a_room(seed: int = 0) -> Iterator[NDArray[np.int16]]:
    """Noise without end, and in it the bundled recording."""
    rng = np.random.default_rng(seed)
    recording: NDArray[np.int16] = soundfile.read(assets.DEMO_RECORDING, dtype="int16")[0]
    mean_pause = len(recording) * (1 - SPEECH_SHARE) / SPEECH_SHARE
    while True:
        for sound in (np.zeros(round(rng.exponential(mean_pause)), np.int16), recording):
            yield sound + rng.integers(-NOISE_PEAK, NOISE_PEAK, len(sound), dtype=np.int16)


class Surroundings:
    """The microphone, the broker and the webhook's target, which come and go."""

    def __init__(self, folder: Path, pace: int, stack: ExitStack) -> None:
        self.microphone = stack.enter_context(VirtualMicrophone(RATE_HZ, pace))
        self.is_in, self.changed_s = True, time.monotonic()
        self.broker = Mosquitto(folder, remembers=True)
        stack.callback(self.end_broker)
        self.broker.start()
        self.home = stack.enter_context(HomeAssistant(self.broker.port))
        self._hooks = [WebhookReceiver()]
        self.hook_url = self._hooks[0].url
        stack.callback(self.end_hook)

    def pull(self) -> None:
        self.is_in, self.changed_s = False, time.monotonic()
        self.microphone.unplug()

    def plug_in(self) -> None:
        self.microphone.plug_in()
        self.is_in, self.changed_s = True, time.monotonic()

    def end_broker(self) -> None:
        self.broker.end(signal.SIGTERM)

    def end_hook(self) -> None:
        self._hooks[-1].__exit__()

    def start_hook(self) -> None:
        self._hooks.append(WebhookReceiver(port=self._hooks[-1].port))

    def hook_bodies(self) -> dict[str, bytes]:
        """What the webhook was given, by ``webhook-id``."""
        return {request.headers["webhook-id"]: request.body for hook in self._hooks for request in hook.received}


class Daemon:
    """``emostream listen`` with a fast clock, and what came out of its pipe, of ``/ws`` and of ``/healthz``."""

    def __init__(self, folder: Path, surroundings: Surroundings, pace: int) -> None:
        self._surroundings, self.pace = surroundings, pace
        self.spoken: Counter[Spoken] = Counter()
        self.spoken_by_socket: Counter[Spoken] = Counter()
        self.gaps, self.counted_ms = 0, 0.0
        self.estimates: list[tuple[float, float]] = []  # when it was written, and the end of its window, both in ms
        self.latencies_ms: list[float] = []
        self.health: Health | None = None
        self.asked: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.exit_code: int | None = None
        self._is_over = threading.Event()
        self.process = subprocess.Popen(
            [
                *fast_clock.COMMAND,
                *("listen", "--format", "jsonl", "--serve", "--port", "0"),
                *("--log", folder / LOG, "--log-max-size", "1G"),
                *("--mqtt", f"mqtt://127.0.0.1:{surroundings.broker.port}", "--webhook", surroundings.hook_url),
            ],
            env=os.environ | surroundings.microphone.env | fast_clock.environment(pace),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert self.process.stderr is not None
        found = ADDRESS.search(self.process.stderr.readline())
        if found is None:
            raise SystemExit("the daemon did not start")
        self._port = int(found[1])
        works = (self._read, self._drain, self._follow, self._ask)
        self._threads = [threading.Thread(target=work, daemon=True) for work in works]

    def __enter__(self) -> "Daemon":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self.process.send_signal(signal.SIGTERM)
        self.exit_code = self.process.wait(END_S)
        for thread in self._threads:
            thread.join(END_S)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            event = decode(line)
            match event:
                case Utterance():
                    self.spoken[event.t_start_ms, event.t_end_ms] += 1
                case Gap():
                    self.gaps += 1
                    self.counted_ms += event.lost_ms
                case Health():
                    self.health = event
                case Estimate():
                    self.estimates.append((written_ms(event), event.t_end_ms))
                    if event.latency_ms is not None:
                        self.latencies_ms.append(event.latency_ms)

    def _drain(self) -> None:
        """What it logs is not judged; a full pipe would stop it."""
        assert self.process.stderr is not None
        for _ in self.process.stderr:
            pass

    def _follow(self) -> None:
        # The daemon's pings come every second of the machine, by its clock every 20.
        with suppress(ConnectionClosed), connect(f"ws://127.0.0.1:{self._port}/ws", max_queue=None) as connection:
            for line in connection:
                event = decode(line)
                if isinstance(event, Utterance):
                    self.spoken_by_socket[event.t_start_ms, event.t_end_ms] += 1

    def sink_losses(self) -> dict[str, float]:
        """The events that each sink could not deliver, as the metrics say."""
        with urlopen(f"http://127.0.0.1:{self._port}/metrics", timeout=END_S) as response:
            text = response.read().decode()
        return {name: float(count) for name, count in SINK_LOSSES.findall(text)}

    def _ask(self) -> None:
        """Ask after its health; what it says is judged when the microphone has been in, or out, for a while."""
        while not self._is_over.wait(ASK_S):
            is_in, since_s = self._surroundings.is_in, self._surroundings.changed_s
            asked_s = time.monotonic()
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=END_S)
            try:
                connection.request("GET", "/healthz")
                response = connection.getresponse()
                body = response.read()
            except OSError as error:
                self.wrong.append(f"no answer: {error}")
                continue
            finally:
                connection.close()
            is_settled = (asked_s - since_s) * self.pace > SETTLE_S and is_in is self._surroundings.is_in
            if not is_settled:
                self.asked["soon after a change"] += 1
                continue
            self.asked["in" if is_in else "out"] += 1
            if (response.status == 200) is not is_in:
                self.wrong.append(f"{'in' if is_in else 'out'}, {response.status}: {body.decode()}")


def live_through(length_s: float, pulls: list[tuple[float, float]], around: Surroundings, daemon: Daemon) -> None:
    """Play to the microphone, and do what is to happen when it is due."""
    changes: list[tuple[float, Callable[[], None]]] = []
    for out_s, in_s in pulls:
        changes += [(out_s, around.pull), (in_s, around.plug_in)]
    for (away, back), end, start in (
        (BROKER_AWAY, around.end_broker, around.broker.start),
        (HOOK_AWAY, around.end_hook, around.start_hook),
    ):
        changes += [(away * length_s, end), (back * length_s, start)]
    changes.sort(key=lambda change: change[0])
    began_s, hour, played_s, sound = time.monotonic(), 0, 0.0, sound_of_a_room()
    while (now_s := time.monotonic() - began_s) < length_s:
        if now_s * daemon.pace >= 3600 * hour:
            say_hour(hour, daemon)
            hour += 1
        while changes and changes[0][0] <= now_s:
            changes.pop(0)[1]()
            played_s = 0.0  # what was queued went with the microphone
        played_s = max(played_s, time.monotonic() - began_s)
        while around.is_in and played_s < now_s + 3 * TICK_S:
            piece = next(sound)
            around.microphone.play(piece)
            played_s += len(piece) / RATE_HZ / daemon.pace
        time.sleep(TICK_S)
    say_hour(hour, daemon)


def say_hour(hour: int, daemon: Daemon) -> None:
    """A line of how it stands."""
    health = daemon.health
    print_line(
        hour=hour,
        memory_mb=round(resident_mb(daemon.process.pid), 1),
        threads=sum(1 for _ in Path(f"/proc/{daemon.process.pid}/task").iterdir()),
        descriptors=sum(1 for _ in Path(f"/proc/{daemon.process.pid}/fd").iterdir()),
        utterances=len(daemon.spoken),
        gaps=daemon.gaps,
        counted_s=round(daemon.counted_ms / 1000, 1),
        behind_ms=round(behind_ms(daemon.estimates), 1),
        dropped_events=health.dropped_events if health else None,
        health_wrong=len(daemon.wrong),
    )


def conclude(daemon: Daemon, around: Surroundings, log: Path, **more: object) -> None:
    """The line at the end: of each face what it had, lacked and had twice."""
    for line in daemon.wrong[:5]:
        print_line(wrong=line)
    by_log = [spoken_of(line) for line in log.read_bytes().splitlines() if line.startswith(b'{"type":"utterance"')]
    by_hook = [spoken_of(body) for body in around.hook_bodies().values()]
    by_mqtt = [(event["t_start_ms"], event["t_end_ms"]) for event in {e["id"]: e for e in around.home.events}.values()]
    print_line(
        exit_code=daemon.exit_code,
        **more,
        gaps=daemon.gaps,
        counted_s=round(daemon.counted_ms / 1000, 1),
        behind_ms=round(behind_ms(daemon.estimates), 1),
        latency_p50_ms=round(statistics.median(daemon.latencies_ms), 1),
        latency_p99_ms=round(statistics.quantiles(daemon.latencies_ms, n=100)[-1], 1),
        utterances=len(daemon.spoken),
        log=against(daemon.spoken, by_log),
        websocket=against(daemon.spoken, daemon.spoken_by_socket.elements()),
        mqtt=against(daemon.spoken, by_mqtt),
        webhook=against(daemon.spoken, by_hook),
        health_asked=dict(daemon.asked),
        health_wrong=len(daemon.wrong),
    )


def against(spoken: Counter[Spoken], received: Iterable[Spoken]) -> dict[str, int]:
    """How many utterances came, how many did not, and how many came again."""
    counted = Counter(received)
    return {
        "came": len(spoken.keys() & counted.keys()),
        "missing": len(spoken.keys() - counted.keys()),
        "again": counted.total() - len(counted),
    }


def spoken_of(line: bytes) -> Spoken:
    """Of an utterance in JSON."""
    fields = msgspec.json.decode(line)
    return fields["t_start_ms"], fields["t_end_ms"]


def written_ms(event: Event) -> float:
    """When it was written, on the daemon's clock."""
    return 1000 * datetime.fromisoformat(event.ts or "").timestamp()


def behind_ms(estimates: list[tuple[float, float]]) -> float:
    """How far the clock of the estimates fell behind that of the machine, since what followed the start."""
    early, late = estimates[SETTLED_AFTER : SETTLED_AFTER + 100], estimates[-100:]
    if len(estimates) < SETTLED_AFTER + 200:
        return 0.0
    first, latest = (statistics.median(at - end for at, end in part) for part in (early, late))
    return latest - first


def print_line(**figures: object) -> None:
    """One JSON object."""
    print(msgspec.json.encode(figures).decode(), flush=True)


if __name__ == "__main__":
    main()
