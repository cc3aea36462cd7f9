"""A process that reads clients' audio: ``python -m emostream.server.worker FD``, where FD is a socket to the server.

One thread reads the socket and runs the scheduler by turns, so nothing in it waits for Python's lock. It ends when the
server does.
"""

import select
import signal
import socket
import sys
import time
import traceback
from pathlib import Path

import msgspec

from emostream import assets
from emostream.errors import EmostreamError, ProfileError
from emostream.events import Event, encode
from emostream.pipeline.factory import StreamFactory
from emostream.protocol import Start, decode_message
from emostream.server.audio_reader import client_stream
from emostream.server.client_audio import ClientAudio
from emostream.server.close_codes import RefusedError
from emostream.server.hub import ROOM
from emostream.server.scheduler import IDLE_S, BatchScheduler, Slot
from emostream.server.worker_messages import (
    Audio,
    Close,
    ControlMessage,
    Counts,
    Failed,
    Load,
    Message,
    Open,
    Opened,
    Read,
    Ready,
    Refused,
    Setup,
    Taken,
    ToProcess,
    Unpacker,
    packed,
    to_process,
)

READ_BYTES = 256 * 1024
BLOCKED_S = 0.02  # between looks at clients that take no events
LOAD_EVERY_S = 0.25


class Client:
    """One client's audio, and what became of it."""

    def __init__(self, number: int, audio: ClientAudio, worker: "Worker") -> None:
        self.number = number
        self.audio = audio
        self.slot = Slot(audio, self._deliver, self._fail, lambda: self.untaken < ROOM)
        self.untaken = 0  # events that the server has and the client has not
        self.bytes_put = self.controls_put = 0
        self._worker = worker

    def _deliver(self, events: list[Event]) -> None:
        self.untaken += len(events)
        bytes_read = self.bytes_put - self.audio.queued_bytes
        controls_read = self.controls_put - self.audio.queued_controls
        encoded = [encode(event) for event in events]
        self._worker.send(Read(self.number, encoded, self.audio.ended, bytes_read, controls_read))

    def _fail(self) -> None:
        self._worker.forget(self.number)
        self._worker.send(Failed(self.number, traceback.format_exc()))


class Worker:
    """Reads what the server sends until it hangs up."""

    def __init__(self, sock: socket.socket, factory: StreamFactory) -> None:
        self._sock = sock
        self._factory = factory
        self._scheduler = BatchScheduler(factory.models, threads=0)
        self._clients: dict[int, Client] = {}
        self._unpacker = Unpacker()
        self._counts = Counts(0, 0)
        self._unsent = bytearray()
        self._load = Load(0.0, 1, 0)
        self._loaded_s = 0.0

    def send(self, message: Message) -> None:
        """Send it at the end of the round."""
        self._unsent += packed(message)

    def forget(self, number: int) -> None:
        """Read no more of a client."""
        client = self._clients.pop(number, None)
        if client is not None:
            self._scheduler.remove(client.slot)

    def run(self) -> None:
        """Until the server hangs up."""
        wait_s = IDLE_S
        while self._receive(wait_s):
            has_read = self._scheduler.run_round(0.0)
            wait_s = 0.0 if has_read else BLOCKED_S if self._scheduler.has_work else IDLE_S
            self._say_load()
            if self._unsent:
                self._sock.sendall(self._unsent)
                self._unsent.clear()

    def _receive(self, wait_s: float) -> bool:
        """Take what has come; False if the server has hung up."""
        while select.select([self._sock], [], [], wait_s)[0]:
            data = self._sock.recv(READ_BYTES)
            if not data:
                return False
            for body in self._unpacker.push(data):
                self._handle(to_process.decode(body))
            wait_s = 0.0
        return True

    def _handle(self, message: ToProcess) -> None:
        match message:
            case Open():
                self._open(message)
            case Counts():
                self._counts = message
            case Audio(client=number) | ControlMessage(client=number) | Taken(client=number) if (
                client := self._clients.get(number)
            ):
                self._put(client, message)
            case Close(client=number):
                self.forget(number)

    def _open(self, message: Open) -> None:
        start = msgspec.json.decode(message.start, type=Start)
        try:
            stream = client_stream(self._factory, start, message.name)
        except ProfileError as error:
            self.send(Refused(message.client, "profile_refused", str(error)))
            return
        audio = ClientAudio(
            start,
            stream,
            time.monotonic(),
            clients=lambda: self._counts.clients,
            dropped_events=lambda: self._counts.dropped_events,
        )
        client = self._clients[message.client] = Client(message.client, audio, self)
        self.send(Opened(message.client))
        client.slot.deliver(audio.hello())
        self._scheduler.add(client.slot)

    def _put(self, client: Client, message: Audio | ControlMessage | Taken) -> None:
        match message:
            case Taken(events=events):
                client.untaken -= events
            case ControlMessage(message=text, arrived_s=arrived_s):
                client.controls_put += 1
                self._scheduler.put(client.slot, decode_message(text), arrived_s=arrived_s)  # type: ignore[arg-type]
            case Audio(data=data, arrived_s=arrived_s, at_once=at_once):
                client.bytes_put += len(data)
                try:
                    self._scheduler.put(client.slot, data, at_once=at_once, arrived_s=arrived_s)
                except RefusedError as refused:
                    self.forget(client.number)
                    self.send(Refused(client.number, refused.code, refused.line))

    def _say_load(self) -> None:
        scheduler, now_s = self._scheduler, time.monotonic()
        if now_s - self._loaded_s < LOAD_EVERY_S:
            return
        self._loaded_s = now_s
        load = Load(round(scheduler.lag_s, 3), scheduler.network_interval, scheduler.sparse_steps)
        if load != self._load:
            self._load = load
            self.send(load)


def main() -> None:
    """Load what the server says, and read."""
    for signal_number in (signal.SIGINT, signal.SIGHUP):  # of a terminal they are for the server
        signal.signal(signal_number, signal.SIG_IGN)
    with socket.socket(fileno=int(sys.argv[1])) as sock:
        unpacker = Unpacker()
        bodies: list[bytes] = []
        while not bodies:
            data = sock.recv(READ_BYTES)
            if not data:
                return
            bodies += unpacker.push(data)
        setup = to_process.decode(bodies[0])
        assert isinstance(setup, Setup), "it comes first, and the server waits for an answer"
        try:
            factory = assets.load_stream_factory(
                [Path(path) for path in setup.models],
                reliability=Path(setup.reliability) if setup.reliability else None,
                be_right=setup.be_right,
                drift=setup.drift,
            )
        except EmostreamError as error:
            sock.sendall(packed(Ready(str(error))))
            return
        sock.sendall(packed(Ready()))
        try:
            Worker(sock, factory).run()
        except ConnectionError:
            return


if __name__ == "__main__":
    main()
