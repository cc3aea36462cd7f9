"""The server: pages, labels out and audio in on one port, in a thread with an event loop of its own.

``emit`` only puts the event into the bounded outbox of every client that follows the stream and wakes the event loop,
which writes to each client as fast as that client reads. So a slow client loses estimates, which are counted, and
neither the microphone nor another client waits for it.
"""

import asyncio
import logging
import ssl
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future

from websockets.asyncio.server import Server as WebSocketServer
from websockets.asyncio.server import serve

from emostream.errors import UsageError
from emostream.events import Estimate, Event
from emostream.inference.model import EmotionModel
from emostream.pause import PauseSwitch
from emostream.server.access import access_policy
from emostream.server.address_limit import AddressLimit
from emostream.server.audio_reader import AudioReader, MakeStream, ThreadReader
from emostream.server.certificate import Certificate
from emostream.server.client_places import ClientPlaces
from emostream.server.config import ServerConfig
from emostream.server.connection import WRITE_LIMIT_BYTES, BoundedConnection, Connections
from emostream.server.context import LIVE, ServerContext
from emostream.server.hub import Hub
from emostream.server.library_log import library_logger
from emostream.server.listener import address_of, is_loopback, listen
from emostream.server.live_source import LiveSource
from emostream.server.loop_errors import LoopErrors
from emostream.server.metrics import Metrics, measure_source
from emostream.server.process_reader import ProcessReader, Workers
from emostream.server.request_handler import RequestHandler, select_subprotocol
from emostream.server.session import ClientSession
from emostream.sinks import Sink

CHECKS_PER_STALL = 8
# Other events wait so long for an estimate: to write to a thousand clients twice would delay it.
GATHER_S = 0.005

_logger = logging.getLogger(__name__)


class Server:
    """A sink that serves what is emitted, until ``close``. With ``models`` and ``make_stream`` clients may send audio.

    Threads of this process read it then; with ``workers``, processes do.

    ``switch`` pauses what is emitted, and clients that may speak may turn it; None where there is no such stream.
    ``.port`` and ``.address`` say where it listens. Raises ``UsageError`` for an address that needs a token and has
    none, or TLS files that cannot be used, and ``UnavailableError`` if the port is not available.
    """

    name = "server"

    def __init__(
        self,
        config: ServerConfig,
        models: Sequence[EmotionModel] = (),
        make_stream: MakeStream | None = None,
        *,
        workers: Workers | None = None,
        switch: PauseSwitch | None = None,
    ) -> None:
        address = address_of(config.host)
        if not is_loopback(address) and config.token is None:
            raise UsageError(
                f"other machines can reach {address}: expected a token, so that not all of them may listen"
            )
        if config.follow_token is not None and config.token in (None, config.follow_token):
            raise UsageError("found a token to follow: expected another one beside it, for those who may send audio")
        if config.key is not None and config.certificate is None:
            raise UsageError("found --key without --certificate: expected both, or the key inside the certificate file")
        self._certificate = Certificate(config.certificate, config.key) if config.certificate else None
        self._limits = config.limits
        self._listener = listen(address, config.port)
        self.port: int = self._listener.getsockname()[1]
        scheme = "https" if self._certificate else "http"
        shown = "127.0.0.1" if address in ("0.0.0.0", "::") else f"[{address}]" if ":" in address else address
        self.address = f"{scheme}://{shown}:{self.port}/"
        self.hub = Hub()
        self.metrics = Metrics([model.card.brief() for model in models])
        try:
            self._reader = self._open_reader(models, make_stream, workers)
        except BaseException:
            self._listener.close()
            raise
        self._places = ClientPlaces(self._limits)
        self._context = ServerContext(
            self._limits,
            access_policy(config, address, self.port),
            self.hub,
            self.metrics,
            self._reader,
            self._wake,
            lambda: self.clients,
            AddressLimit(self._limits.streams_per_address),
            switch,
            LiveSource() if switch else None,
        )
        self._requests = RequestHandler(self._context, self._places)
        # The event loop's thread alone changes these.
        self._connections = Connections(self._limits, self._tls_context, self.metrics.count_cut)
        self._stop = asyncio.Event()
        self._lock = threading.Lock()  # guards the next two
        self._closing = False
        self._turned_s = time.monotonic()
        self._wakes_pending: set[float] = set()
        self._measure()
        started: Future[asyncio.AbstractEventLoop] = Future()
        self._thread = threading.Thread(target=self._run, args=(started,), name="emostream-serve", daemon=True)
        self._thread.start()
        self._loop = started.result()
        _logger.info("serving at %s", self.address)

    @property
    def dropped_events(self) -> int:
        """How many events clients have missed since the start, those that left included."""
        return self.hub.dropped_events

    @property
    def has_certificate(self) -> bool:
        """Whether it serves with TLS."""
        return self._certificate is not None

    @property
    def connections(self) -> int:
        """How many TCP connections are open now: clients, pages, and those that have not said yet what they want."""
        return len(self._connections.open)

    @property
    def clients(self) -> int:
        """How many clients are connected to the socket now."""
        return len(self._places)

    @property
    def streams(self) -> int:
        """How many clients' audio is read now."""
        return self._reader.streams if self._reader else 0

    @property
    def clients_cut(self) -> int:
        """How many clients were cut off since the start because they took nothing or sent too many control frames."""
        return int(self.metrics.cuts)

    @property
    def is_alive(self) -> bool:
        """Whether its threads go on, and the event loop turns; none of them ends by itself."""
        turns = time.monotonic() - self._turned_s < self._limits.stall_s
        return turns and self._thread.is_alive() and (self._reader is None or self._reader.is_alive)

    def count_sink(self, sink: Sink) -> None:
        """Have the metrics say what another sink of the same stream could not deliver."""
        self.metrics.count_sink(sink.name, lambda: sink.dropped_events)

    def emit(self, event: Event) -> None:
        """Hand an event of the daemon's own stream to its followers; returns at once, from any thread."""
        self.metrics.note(event, LIVE)
        if self._context.source is not None:
            self._context.source.note(event)
        self.hub.publish(event)
        self._wake(0.0 if isinstance(event, Estimate) else GATHER_S)

    def reload_certificate(self) -> None:
        """Read the certificate's files anew, as it is done when they change; from any thread."""
        if self._certificate is not None:
            self._certificate.reload()

    def close(self) -> None:
        """Send what is unsent to clients that take it promptly, close with 1001 (going away), and end the threads."""
        if self._reader is not None:
            self._reader.close()
        with self._lock:
            if not self._closing:
                self._closing = True
                self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    # ------------------------------------------------------------------------------------------------------ the loop

    def _run(self, started: Future[asyncio.AbstractEventLoop]) -> None:
        try:
            asyncio.run(self._serve(started))
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)
        finally:
            with self._lock:
                self._closing = True
            self._listener.close()

    async def _serve(self, started: Future[asyncio.AbstractEventLoop]) -> None:
        limits = self._limits
        server = await serve(
            self._handle,  # type: ignore[arg-type]
            sock=self._listener,
            select_subprotocol=select_subprotocol,
            compression=None,  # an event is some 300 bytes; a compressing client would cost a hundred times that
            process_request=self._requests.answer,
            process_response=self._requests.complete,
            server_header=None,
            open_timeout=None,  # a connection has its own: an answer to /events takes as long as it is read
            ping_interval=None,  # a session's own pings know when the server itself does not read
            close_timeout=limits.close_s,
            max_size=limits.message_bytes,
            max_queue=4,
            write_limit=WRITE_LIMIT_BYTES,
            create_connection=self._connections.make,  # type: ignore[arg-type]
            logger=library_logger(),
        )
        asyncio.get_running_loop().set_exception_handler(LoopErrors())
        if isinstance(self._reader, ProcessReader):
            await self._reader.attach()
        started.set_result(asyncio.get_running_loop())
        watch = asyncio.create_task(self._watch())
        await self._stop.wait()
        watch.cancel()
        await self._go_away(server, self._connections.open)

    def _open_reader(
        self, models: Sequence[EmotionModel], make_stream: MakeStream | None, workers: Workers | None
    ) -> AudioReader | None:
        counts = (lambda: self.clients), (lambda: self.hub.dropped_events)
        if workers is not None:
            return ProcessReader(workers, self._wake, *counts)
        return ThreadReader(models, make_stream, self._wake, *counts) if make_stream is not None else None

    def _tls_context(self) -> ssl.SSLContext | None:
        return self._certificate.context if self._certificate else None

    async def _watch(self) -> None:
        while True:
            self._turned_s = time.monotonic()
            await asyncio.sleep(self._limits.stall_s / CHECKS_PER_STALL)
            now_s = asyncio.get_running_loop().time()
            for client in self._places:
                client.check(now_s)
            if self._certificate is not None:
                self._certificate.reload_if_changed()

    async def _go_away(self, server: WebSocketServer, connections: set[BoundedConnection]) -> None:
        server.close(close_connections=False)
        for connection in list(connections):
            if connection.request is None:  # browsers open connections ahead of need
                connection.transport.abort()
        goodbyes = [client.close(1001, "the server is stopping") for client in self._places]
        closed = asyncio.gather(*goodbyes, server.wait_closed())
        await asyncio.wait([closed], timeout=self._limits.close_s)
        for connection in list(connections):
            connection.transport.abort()
        await closed

    def _wake(self, after_s: float = 0.0) -> None:
        """Have the loop write to all clients that have something to get; from any thread."""
        with self._lock:
            # At most one wake-up of a kind is scheduled, so a busy event loop does not collect them.
            if not self._closing and after_s not in self._wakes_pending:
                self._wakes_pending.add(after_s)
                self._loop.call_soon_threadsafe(self._loop.call_later, after_s, self._wake_clients, after_s)

    def _wake_clients(self, after_s: float) -> None:
        with self._lock:
            self._wakes_pending.discard(after_s)
        for client in self._places.of(self.hub.take_changed()):
            client.pump()

    async def _handle(self, connection: BoundedConnection) -> None:
        connection.end_opening()
        session = ClientSession(connection, self._context)
        with self._places.place(connection, session) as has_place:
            await session.run(full=not has_place)

    def _measure(self) -> None:
        self.metrics.gauge("emostream_clients", "Clients that are connected.", lambda: self.clients)
        self.metrics.gauge("emostream_connections", "Open TCP connections.", lambda: self.connections)
        self.metrics.gauge("emostream_streams", "Clients whose audio is read.", lambda: self.streams)
        lag = "How long clients' audio waited lately, at worst."
        self.metrics.gauge("emostream_lag_seconds", lag, lambda: self._reader.lag_s if self._reader else 0.0)
        if (reader := self._reader) is not None:
            interval = "How many times more rarely than usual networks run for clients' audio, because it waited."
            self.metrics.gauge("emostream_network_interval", interval, lambda: reader.network_interval)
            sparse = "Steps of clients' audio read while networks ran more rarely than usual."
            self.metrics.counter("emostream_sparse_steps", sparse, "lag", lambda: reader.sparse_steps)
        dropped = "Events that clients have missed."
        self.metrics.counter("emostream_dropped_events", dropped, "slow_client", lambda: self.hub.dropped_events)
        if self._context.source is not None:
            measure_source(self.metrics, self._context.source)
