"""Where clients' audio is read: what a session needs of it, and the reader with threads of this process."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from emostream.errors import ProfileError
from emostream.events import Event
from emostream.inference.model import EmotionModel
from emostream.pipeline.factory import StreamFactory
from emostream.pipeline.stream import EmotionStream
from emostream.protocol import Start
from emostream.server.client_audio import ClientAudio, Control
from emostream.server.close_codes import RefusedError
from emostream.server.scheduler import BatchScheduler, Slot

MakeStream = Callable[[Start, str], EmotionStream]


@dataclass(frozen=True)
class AudioClient:
    """What a reader calls, from any thread, one at a time.

    ``deliver`` takes events and whether they are the last, ``fail`` is called once when the stream failed, with what
    the client did wrong or with None for a fault of ours, ``has_room`` says whether the client takes more events now.
    """

    deliver: Callable[[list[Event], bool], None]
    fail: Callable[[RefusedError | None], object]
    has_room: Callable[[], bool]


class ReadAudio(Protocol):
    """One client's audio as it is read."""

    @property
    def is_full(self) -> bool:
        """Whether the client's next message must wait on the wire."""

    def put(self, item: bytes | Control, *, at_once: bool) -> None:
        """Queue a frame of PCM or a control. Raises ``RefusedError`` for bytes that are no audio.

        ``at_once`` says that the client sends faster than it can be read.
        """

    def taken(self) -> None:
        """The client has taken events, all that there were or some."""

    def close(self) -> None:
        """Read no more of it."""


class AudioReader(Protocol):
    """Reads the audio of clients."""

    @property
    def streams(self) -> int:
        """How many clients' audio is read."""

    @property
    def is_alive(self) -> bool:
        """Whether whatever reads goes on."""

    @property
    def lag_s(self) -> float:
        """The longest recent wait of audio in real time."""

    @property
    def network_interval(self) -> int:
        """How many times more rarely than usual the networks run."""

    @property
    def sparse_steps(self) -> int:
        """How many steps were read while the networks ran more rarely than usual."""

    async def open(self, start: Start, name: str, client: AudioClient) -> ReadAudio:
        """Begin a stream of that name; its first event is its ``hello``.

        Raises ``RefusedError`` for a profile that cannot be used.
        """

    def close(self) -> None:
        """End whatever reads."""


def client_stream(factory: StreamFactory, start: Start, name: str) -> EmotionStream:
    """The stream that a client's ``start`` asks for. Raises ``ProfileError`` for a profile of other models."""
    factory = factory.with_profile(start.profile, emits_estimates=start.labels == "steps")
    return factory.stream(start.rate, stream=name, source=start.source)


class ThreadReader:
    """Reads in threads of this process, one for each CPU core, with ``make_stream``'s streams of ``models``.

    ``delivered`` is called once for all clients that got events in the same moment; ``clients`` and ``dropped_events``
    give the server's, for ``health``.
    """

    def __init__(
        self,
        models: Sequence[EmotionModel],
        make_stream: MakeStream,
        delivered: Callable[[], None],
        clients: Callable[[], int],
        dropped_events: Callable[[], int],
    ) -> None:
        self._make_stream = make_stream
        self._delivered = delivered
        self._clients = clients
        self._dropped_events = dropped_events
        self._scheduler = BatchScheduler(models, delivered=delivered)

    @property
    def streams(self) -> int:
        return self._scheduler.streams

    @property
    def is_alive(self) -> bool:
        return self._scheduler.is_alive

    @property
    def lag_s(self) -> float:
        return self._scheduler.lag_s

    @property
    def network_interval(self) -> int:
        return self._scheduler.network_interval

    @property
    def sparse_steps(self) -> int:
        return self._scheduler.sparse_steps

    async def open(self, start: Start, name: str, client: AudioClient) -> ReadAudio:
        try:
            stream = await asyncio.to_thread(self._make_stream, start, name)
        except ProfileError as error:
            raise RefusedError("profile_refused", str(error)) from error
        now_s = self._scheduler.clock()
        audio = ClientAudio(start, stream, now_s, clients=self._clients, dropped_events=self._dropped_events)
        read = _ThreadAudio(self._scheduler, audio, client)
        client.deliver(audio.hello(), False)
        self._delivered()
        self._scheduler.add(read.slot)
        return read

    def close(self) -> None:
        self._scheduler.close()


class _ThreadAudio:
    """A slot of the scheduler."""

    def __init__(self, scheduler: BatchScheduler, audio: ClientAudio, client: AudioClient) -> None:
        self._scheduler = scheduler
        self._audio = audio
        self.slot = Slot(
            audio,
            deliver=lambda events: client.deliver(events, audio.ended),
            fail=lambda: client.fail(None),
            has_room=client.has_room,
        )

    @property
    def is_full(self) -> bool:
        return self._audio.is_full

    def put(self, item: bytes | Control, *, at_once: bool) -> None:
        self._scheduler.put(self.slot, item, at_once=at_once)

    def taken(self) -> None:
        if self.slot.is_blocked:  # or nobody waits for it, and threads would be woken for nothing
            self._scheduler.notify()

    def close(self) -> None:
        self._scheduler.remove(self.slot)
