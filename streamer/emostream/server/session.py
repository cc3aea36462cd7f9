"""What goes on between the server and one client, from the handshake to the close frame."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from emostream.errors import ProfileError
from emostream.events import Event
from emostream.pipeline.stream import EmotionStream
from emostream.protocol import (
    AskProfile,
    Authenticate,
    Flush,
    Lost,
    Profile,
    Reset,
    Start,
    Stop,
    Subscribe,
    decode_message,
)
from emostream.server.access import AccessPolicy
from emostream.server.client_audio import ClientAudio
from emostream.server.close_codes import RefusedError
from emostream.server.config import Limits
from emostream.server.connection import BoundedConnection
from emostream.server.hub import Hub
from emostream.server.metrics import Metrics
from emostream.server.outbox import Outbox
from emostream.server.rate_limit import RateLimiter
from emostream.server.scheduler import BatchScheduler, Slot

LIVE, OWN = "live", "audio"
# A close frame has room for 123 bytes.
MOST_REASON_BYTES = 120
FULL_POLL_S = 0.02

MakeStream = Callable[[Start, str], EmotionStream]

_logger = logging.getLogger(__name__)
_logger.addHandler(logging.NullHandler())


@dataclass(frozen=True)
class ServerContext:
    """What all conversations share."""

    limits: Limits
    gate: AccessPolicy
    hub: Hub
    metrics: Metrics
    core: BatchScheduler | None
    make_stream: MakeStream | None
    wake: Callable[[], None]


class ClientSession:
    """One client. All of it is the event loop's alone, save the mailbox, which the hub guards."""

    def __init__(self, connection: BoundedConnection, house: ServerContext) -> None:
        self._connection = connection
        self._house = house
        self._pace = RateLimiter(house.limits.messages_per_s, house.limits.burst_messages)
        self._follows: str | None = None
        self._seat: Slot | None = None
        self._published: str | None = None
        self._ending: asyncio.Task[None] | None = None
        self._counted = False
        self.mailbox = Outbox()
        connection.on_room = self.pump

    async def run(self, *, full: bool) -> None:
        """Until the client goes or is sent away; ``full`` says that there is no place for it."""
        try:
            await self._admit(full=full)
            await self._listen()
        except RefusedError as refused:
            await self._refuse(refused)
        except ConnectionClosed:
            pass
        except Exception:
            _logger.exception("a conversation failed")
            await self._refuse(RefusedError("internal", "a fault of the server"))
        finally:
            self._connection.on_room = None
            self._stop_voice()
            self._unfollow()

    def pump(self) -> None:
        """Write what waits, as long as the other end takes it."""
        connection = self._connection
        if connection.state is not State.OPEN:
            return
        if self.mailbox.overflowing:
            self.cut("piled_up")
            return
        while len(self.mailbox) and not connection.paused:
            connection.transport.write(self._house.hub.take(self.mailbox))
        if self._seat is not None and self._house.core is not None:
            self._house.core.notify()

    def check(self, now_s: float) -> None:
        """Cut the client off if it has taken nothing for too long."""
        since_s = self._connection.stuck_since_s
        if since_s is not None and now_s - since_s > self._house.limits.stall_s:
            self.cut("stalled")

    def cut(self, cause: str) -> None:
        """Without a closing handshake, which would wait behind the bytes that the client does not take."""
        self.count_cut(cause)
        self._connection.transport.abort()

    def count_cut(self, cause: str) -> None:
        """Once for a client, whatever else is found wrong with it until it is gone."""
        if not self._counted:
            self._counted = True
            self._house.metrics.count_cut(cause)

    async def close(self, code: int, reason: str) -> None:
        """Send what waits, to a client that takes it promptly, and close."""
        deadline_s = time.monotonic() + self._house.limits.close_s
        self.pump()
        while len(self.mailbox) and time.monotonic() < deadline_s and self._connection.state is State.OPEN:
            await asyncio.sleep(0.01)
        short = reason.encode()[:MOST_REASON_BYTES].decode(errors="ignore")
        with contextlib.suppress(ConnectionClosed, TimeoutError):
            async with asyncio.timeout(self._house.limits.close_s):
                await self._connection.close(code, short)

    # ---------------------------------------------------------------------------------------------------- inside

    async def _admit(self, *, full: bool) -> None:
        if full:
            raise RefusedError("overloaded", "all places for clients are taken: try again later")
        request = self._connection.request
        assert request is not None
        gate = self._house.gate
        if gate.token is not None and not gate.token_in(request.headers):
            try:
                async with asyncio.timeout(self._house.limits.handshake_s):
                    first = await self._connection.recv()
            except TimeoutError:
                raise RefusedError("unauthorized", "no token came: expected it as the first message") from None
            message = self._decoded(first) if isinstance(first, str) else None
            if not isinstance(message, Authenticate) or not gate.is_token(message.token):
                raise RefusedError("unauthorized", "the token is wrong or missing: expected it as the first message")
        asked = parse_qs(urlsplit(request.path).query, keep_blank_values=True).get("stream", [LIVE])[0]
        if asked:
            self._follow(asked)
        self.pump()

    async def _listen(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self._house.limits.idle_s if self._is_speaking else None):
                    message = await self._connection.recv()
            except TimeoutError:
                raise RefusedError(
                    "idle", f"nothing came for {self._house.limits.idle_s:g} s: send silence, or stop the stream"
                ) from None
            if not self._pace.take():
                raise RefusedError("too_fast", f"more than {self._house.limits.messages_per_s:g} messages a second")
            if isinstance(message, bytes):
                await self._take_audio(message)
            else:
                await self._take_message(message)
            self.pump()

    def _decoded(self, text: str) -> object:
        try:
            return decode_message(text)
        except ValueError as error:
            raise RefusedError("bad_message", f"the message cannot be used: {error}") from error

    async def _take_message(self, text: str) -> None:
        match self._decoded(text):
            case Authenticate(token=token):
                if self._house.gate.token is not None and not self._house.gate.is_token(token):
                    raise RefusedError("unauthorized", "the token is wrong")
            case Subscribe(stream=stream):
                self._unfollow()
                if stream is not None:
                    self._follow(stream)
            case Start() as start:
                await self._start(start)
            case Lost() | Flush() | Reset() | Stop() | AskProfile() as control:
                seat, core = self._own_seat(control.__struct_config__.tag), self._house.core
                assert core is not None, "whoever has a seat has it in a core"
                await self._wait_for_room(seat)
                with core.changed:
                    seat.voice.take_control(control, time.monotonic())
                    core.changed.notify()

    async def _take_audio(self, data: bytes) -> None:
        seat, core = self._seat, self._house.core
        if seat is None or core is None or not self._is_speaking:
            raise RefusedError("unexpected_audio", "audio came while no stream is started: send 'start' first")
        await self._wait_for_room(seat)
        with core.changed:
            seat.voice.take_audio(data, time.monotonic())
            core.changed.notify()

    async def _wait_for_room(self, seat: Slot) -> None:
        """What waits on the wire paces a client that sends faster than it is read."""
        while seat.voice.is_full:
            await asyncio.sleep(FULL_POLL_S)
            if self._connection.state is not State.OPEN:
                await self._connection.wait_closed()
                return

    @property
    def _is_speaking(self) -> bool:
        return self._seat is not None and not self._seat.voice.stopping

    def _own_seat(self, what: object) -> Slot:
        if self._seat is None or self._seat.voice.stopping:
            raise RefusedError("out_of_order", f"got '{what}' while no stream is started: expected 'start' before it")
        return self._seat

    async def _start(self, start: Start) -> None:
        house = self._house
        core = house.core
        if core is None or house.make_stream is None:
            raise RefusedError("no_audio_in", "this server takes no audio")
        if self._is_speaking:
            raise RefusedError("out_of_order", "got 'start' while a stream is started: expected 'stop' before it")
        while self._seat is not None and not self._seat.voice.ended and self._connection.state is State.OPEN:
            await asyncio.sleep(FULL_POLL_S)
        self._stop_voice()
        if core.streams >= house.limits.streams or core.lag_s > house.limits.most_lag_s:
            raise RefusedError("overloaded", "all places for audio are taken: try again later")
        name = start.publish or OWN
        if start.publish is not None:
            if name in (LIVE, OWN) or name == self._follows or not house.hub.claim(name):
                raise RefusedError("name_taken", f"the name '{name}' is taken: publish under another")
            self._published = name
        try:
            stream = await asyncio.to_thread(house.make_stream, start, name)
        except ProfileError as error:
            raise RefusedError("profile_refused", str(error)) from error
        voice = ClientAudio(start, stream, name, time.monotonic())
        loop = asyncio.get_running_loop()
        self._seat = Slot(
            voice,
            deliver=self._deliver,
            fail=lambda: loop.call_soon_threadsafe(self._fail),
            may_go=lambda: house.hub.has_room(self.mailbox),
        )
        self._deliver(voice.hello())
        core.seat(self._seat)

    def _deliver(self, events: list[Event]) -> None:
        """The core's thread comes here."""
        if not events:
            return
        house = self._house
        for event in events:
            house.metrics.note(event, "audio")
        house.hub.send(self.mailbox, events)
        if self._published is not None:
            for event in events:
                if not isinstance(event, Profile):
                    house.hub.publish(event)
        house.wake()

    def _fail(self) -> None:
        refused = RefusedError("internal", "a fault of the server")
        self._ending = asyncio.get_running_loop().create_task(self._refuse(refused))

    def _stop_voice(self) -> None:
        seat, self._seat = self._seat, None
        if seat is not None and self._house.core is not None:
            self._house.core.unseat(seat)
        if self._published is not None:
            self._house.hub.release(self._published)
            self._published = None
            self._house.wake()

    def _follow(self, stream: str) -> None:
        if stream in (self._published, OWN):
            raise RefusedError("out_of_order", f"'{stream}' is this client's own stream: its events come by themselves")
        self._house.hub.follow(self.mailbox, stream)
        self._follows = stream

    def _unfollow(self) -> None:
        if self._follows is not None:
            self._house.hub.leave(self.mailbox, self._follows)
            self._follows = None

    async def _refuse(self, refused: RefusedError) -> None:
        stream = self._seat.voice.name if self._seat else self._follows or ""
        self._house.metrics.refused.labels(refused.code).inc()
        self._house.hub.send(self.mailbox, [self._house.hub.error(stream, refused.code, refused.line)])
        await self.close(refused.close_code, refused.line)
