"""The stream of a client's own audio: its place, its published name, and where its events go."""

from collections.abc import Callable
from typing import Self

from emostream.events import Event
from emostream.protocol import Start
from emostream.server.audio_reader import AudioClient, ReadAudio
from emostream.server.client_audio import Control
from emostream.server.close_codes import RefusedError
from emostream.server.context import LIVE, OWN, ServerContext
from emostream.server.outbox import Outbox


class ClientStream:
    """One stream, from ``open`` to ``close``. It belongs to the event loop's thread.

    The reader's threads, one at a time, call ``_deliver``; ``ended`` is written there and read in the event loop.
    """

    _audio: ReadAudio

    def __init__(self, context: ServerContext, outbox: Outbox, *, name: str, publishes: bool, address: str) -> None:
        self.name = name
        self.publishes = publishes
        self.ended = False  # the summary that answers stop is in the outbox
        self._address = address
        self._context = context
        self._outbox = outbox

    @classmethod
    async def open(
        cls,
        context: ServerContext,
        start: Start,
        outbox: Outbox,
        *,
        address: str,
        followed: str | None,
        fail: Callable[[RefusedError | None], object],
    ) -> Self:
        """Make the stream that ``start`` describes and send its ``hello``.

        ``address`` is whose place it takes, ``followed`` the stream that the client follows. ``fail`` is called, from
        any thread, if the stream fails. Raises ``RefusedError`` if there is no place, the name is taken or the profile
        cannot be used.
        """
        reader = context.reader
        assert reader is not None, "the protocol refuses start where no audio is taken"
        if reader.streams >= context.limits.streams or reader.lag_s > context.limits.most_lag_s:
            raise RefusedError("overloaded", "all places for audio are taken: try again later")
        if not context.streams_by_address.has_room(address):
            raise RefusedError("overloaded", "all places for audio of this address are taken: try again later")
        name, publishes = start.publish or OWN, start.publish is not None
        if publishes and (name in (LIVE, OWN) or name == followed or not context.hub.claim(name, outbox)):
            raise RefusedError("name_taken", f"the name '{name}' is taken: publish under another")
        context.streams_by_address.take(address)
        stream = cls(context, outbox, name=name, publishes=publishes, address=address)
        client = AudioClient(stream._deliver, fail, has_room=lambda: context.hub.has_room(outbox))
        try:
            stream._audio = await reader.open(start, name, client)
        except BaseException:
            stream._give_back()
            raise
        return stream

    @property
    def is_full(self) -> bool:
        """Whether the client's next message must wait on the wire."""
        return self._audio.is_full

    def put(self, item: bytes | Control, *, at_once: bool) -> None:
        """As ``ReadAudio.put``."""
        self._audio.put(item, at_once=at_once)

    def taken(self) -> None:
        """As ``ReadAudio.taken``."""
        self._audio.taken()

    def close(self) -> None:
        """Give up the place and the name."""
        self._audio.close()
        self._give_back()

    def _give_back(self) -> None:
        self._context.streams_by_address.give_back(self._address)
        self._context.hub.release(self.name, self._outbox)
        self._context.wake()

    def _deliver(self, events: list[Event], is_end: bool) -> None:
        """Hand events to the client and to those who follow the stream."""
        if not events:
            return
        for event in events:
            self._context.metrics.note(event, "audio")
        self._context.hub.deliver(self._outbox, events, ends=self.name if is_end else None)
        if is_end:
            self.ended = True  # not before: the next stream's hello must come after the summary
            self._context.hub.touch(self._outbox)  # the summary may have been taken before this was known
