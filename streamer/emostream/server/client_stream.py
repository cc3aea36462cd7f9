"""The stream of a client's own audio: its slot in the scheduler, its published name, and where its events go."""

import asyncio
import time
from collections.abc import Callable
from typing import Self

from emostream.errors import ProfileError
from emostream.events import Event
from emostream.pipeline.stream import EmotionStream
from emostream.protocol import Start
from emostream.server.client_audio import ClientAudio, Control
from emostream.server.close_codes import RefusedError
from emostream.server.context import LIVE, OWN, ServerContext
from emostream.server.outbox import Outbox
from emostream.server.scheduler import BatchScheduler, Slot


class ClientStream:
    """One stream, from ``open`` to ``close``. It belongs to the event loop's thread.

    The scheduler's threads, one at a time, call ``_deliver`` and ``fail``; ``ended`` is written there and read in the
    event loop.
    """

    def __init__(
        self,
        context: ServerContext,
        scheduler: BatchScheduler,
        audio: ClientAudio,
        outbox: Outbox,
        *,
        name: str,
        publishes: bool,
        address: str,
        fail: Callable[[], object],
    ) -> None:
        self.name = name
        self._address = address
        self.publishes = publishes
        self.ended = False  # the summary that answers stop is in the outbox
        self._context = context
        self._scheduler = scheduler
        self._audio = audio
        self._outbox = outbox
        self._slot = Slot(audio, deliver=self._deliver, fail=fail, has_room=lambda: context.hub.has_room(outbox))
        self._deliver(audio.hello())
        context.wake()
        scheduler.add(self._slot)

    @classmethod
    async def open(
        cls,
        context: ServerContext,
        start: Start,
        outbox: Outbox,
        *,
        address: str,
        followed: str | None,
        fail: Callable[[], object],
    ) -> Self:
        """Make the stream that ``start`` describes and send its ``hello``.

        ``address`` is whose place it takes, ``followed`` the stream that the client follows. ``fail`` is called from a
        thread of the scheduler if the stream fails. Raises ``RefusedError`` if there is no place, the name is taken or
        the profile cannot be used.
        """
        scheduler = context.scheduler
        assert scheduler is not None, "the protocol refuses start where no audio is taken"
        if scheduler.streams >= context.limits.streams or scheduler.lag_s > context.limits.most_lag_s:
            raise RefusedError("overloaded", "all places for audio are taken: try again later")
        if not context.streams_by_address.has_room(address):
            raise RefusedError("overloaded", "all places for audio of this address are taken: try again later")
        name, publishes = start.publish or OWN, start.publish is not None
        if publishes and (name in (LIVE, OWN) or name == followed or not context.hub.claim(name, outbox)):
            raise RefusedError("name_taken", f"the name '{name}' is taken: publish under another")
        context.streams_by_address.take(address)
        try:
            stream = await _emotion_stream(context, start, name)
            audio = ClientAudio(
                start,
                stream,
                time.monotonic(),
                clients=context.count_clients,
                dropped_events=lambda: context.hub.dropped_events,
            )
        except BaseException:
            context.streams_by_address.give_back(address)
            context.hub.release(name, outbox)
            context.wake()
            raise
        return cls(context, scheduler, audio, outbox, name=name, publishes=publishes, address=address, fail=fail)

    @property
    def is_full(self) -> bool:
        """Whether the client's next message must wait on the wire."""
        return self._audio.is_full

    def put(self, item: bytes | Control, *, at_once: bool) -> None:
        """Queue a frame of PCM or a control. Raises ``RefusedError`` for bytes that are no audio.

        ``at_once`` says that the client sends faster than it can be read.
        """
        self._scheduler.put(self._slot, item, at_once=at_once)

    def notify(self) -> None:
        """The client has taken events: the scheduler may read more of its audio."""
        self._scheduler.notify()

    def close(self) -> None:
        """Give up the place and the name."""
        self._scheduler.remove(self._slot)
        self._context.streams_by_address.give_back(self._address)
        self._context.hub.release(self.name, self._outbox)
        self._context.wake()

    def _deliver(self, events: list[Event]) -> None:
        """Hand events to the client and to those who follow the stream."""
        if not events:
            return
        for event in events:
            self._context.metrics.note(event, "audio")
        self._context.hub.deliver(self._outbox, events, ends=self.name if self._audio.ended else None)
        if self._audio.ended:
            self.ended = True  # not before: the next stream's hello must come after the summary
            self._context.hub.touch(self._outbox)  # the summary may have been taken before this was known


async def _emotion_stream(context: ServerContext, start: Start, name: str) -> EmotionStream:
    assert context.make_stream is not None, "the protocol refuses start where no audio is taken"
    try:
        return await asyncio.to_thread(context.make_stream, start, name)
    except ProfileError as error:
        raise RefusedError("profile_refused", str(error)) from error
