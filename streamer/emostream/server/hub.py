"""From streams to clients: what all who follow a stream get, and what a client that joins later gets first."""

import itertools
import threading
import time
from collections.abc import Callable, Sequence

import msgspec

from emostream.events import Error, Estimate, Event, Health, Hello, Summary, Utterance, UtteranceStart
from emostream.protocol import Mood, Profile
from emostream.server.outbox import KEPT_EVENTS, EncodedEvent, Outbox

# A stream whose client has so many events to take waits: it is cheaper to hold audio than to lose labels.
ROOM = KEPT_EVENTS // 4
# One system call for each event would cost more than all else; what the kernel holds can no longer be replaced.
FRAMES_AT_ONCE = 4
# An older estimate says nothing of now: a client that joins while a stream is silent would show that somebody speaks.
ESTIMATE_AGE_S = 10.0


class StreamBrief(msgspec.Struct, frozen=True, kw_only=True):
    """A stream that can be followed now, and by how many clients it is."""

    stream: str
    source: str
    followers: int


class Channel:
    """One stream as its followers see it."""

    def __init__(self) -> None:
        self.followers: set[Outbox] = set()
        self.hello: Hello | None = None
        self.utterance_start: EncodedEvent | None = None  # of the utterance that goes on
        self.estimate: EncodedEvent | None = None
        self.estimated_s = 0.0
        self.health: EncodedEvent | None = None
        self.last_seq = 0
        self.now_ms = 0

    def note(self, encoded: EncodedEvent, now_s: float) -> None:
        """Remember what a client that joins later must get."""
        event = encoded.event
        self.last_seq = event.seq
        self.now_ms = max(self.now_ms, event.t_end_ms)
        match event:
            case Hello():
                self.hello, self.utterance_start, self.estimate, self.health = event, None, None, None
                self.now_ms = event.t_end_ms
            case Estimate():
                self.estimate, self.estimated_s = encoded, now_s
            case Summary():
                self.estimate = None  # the audio pauses here
            case UtteranceStart():
                self.utterance_start = encoded
            case Utterance():
                self.utterance_start = None
            case Health():
                self.health = encoded
                if event.paused_by:
                    self.estimate = None

    def state(self, now_s: float) -> list[EncodedEvent]:
        """The hello, renumbered so that the next event continues it, then the latest events with their own numbers."""
        if self.hello is None:
            return []
        estimate = self.estimate if now_s - self.estimated_s <= ESTIMATE_AGE_S else None
        latest = [encoded for encoded in (self.utterance_start, estimate, self.health) if encoded is not None]
        hello = EncodedEvent(msgspec.structs.replace(self.hello, seq=self.last_seq))
        return [hello, *sorted(latest, key=lambda encoded: encoded.event.seq)]


class Hub:
    """Puts every event, encoded once, into the outboxes of those who follow its stream; thread-safe, never waits.

    ``clock`` gives seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()  # guards all below, and every outbox: streams' threads put, the event loop takes
        self._channels: dict[str, Channel] = {}
        self._publishers: dict[str, Outbox] = {}  # the client that has each name
        self._changed: set[Outbox] = set()
        self._dropped_events = 0

    @property
    def dropped_events(self) -> int:
        """How many events clients have missed since the start, those that left included."""
        return self._dropped_events

    def followers(self, stream: str) -> int:
        channel = self._channels.get(stream)
        return len(channel.followers) if channel else 0

    def is_known(self, stream: str) -> bool:
        """Whether the stream can be followed now."""
        channel = self._channels.get(stream)
        return channel is not None and channel.hello is not None

    def streams(self) -> list[StreamBrief]:
        """The streams that can be followed now, by name."""
        with self._lock:
            return [
                StreamBrief(stream=name, source=channel.hello.source, followers=len(channel.followers))
                for name, channel in sorted(self._channels.items())
                if channel.hello is not None
            ]

    def claim(self, stream: str, publisher: Outbox) -> bool:
        """Reserve a name to publish under; False if a client has it."""
        with self._lock:
            if stream in self._publishers:
                return False
            self._publishers[stream] = publisher
            self._channels.setdefault(stream, Channel())
            return True

    def release(self, stream: str, publisher: Outbox) -> None:
        """The stream has ended: its followers get an error, and then wait for another stream of that name.

        Does nothing if the publisher has the name no longer.
        """
        with self._lock:
            self._release(stream, publisher)

    def publish(self, event: Event) -> None:
        """Hand an event to all who follow its stream."""
        with self._lock:
            self._publish(EncodedEvent(event))

    def deliver(self, outbox: Outbox, events: Sequence[Event], *, ends: str | None = None) -> None:
        """Put events for one client alone into its outbox, where none is replaced.

        Those who follow the events' stream get them too, except moods and profiles, if the client publishes it. With
        ``ends`` they are the last ones of the stream of that name, which is free when the client can know of it.
        """
        with self._lock:
            for event in events:
                encoded = EncodedEvent(event)
                outbox.put(encoded, keep=True)
                self._changed.add(outbox)
                if self._publishers.get(event.stream) is outbox and not isinstance(event, Mood | Profile):
                    self._publish(encoded)
            if ends is not None:
                self._release(ends, outbox)

    def follow(self, outbox: Outbox, stream: str) -> None:
        """Put the present state of a stream into the outbox, and from now on all of its events."""
        with self._lock:
            channel = self._channels.setdefault(stream, Channel())
            for encoded in channel.state(self._clock()):
                outbox.put(encoded, keep=True)
            channel.followers.add(outbox)

    def leave(self, outbox: Outbox, stream: str) -> None:
        """The opposite of ``follow``."""
        with self._lock:
            self._channels[stream].followers.discard(outbox)
            self._changed.discard(outbox)
            outbox.forget(stream)
            self._tidy(stream)

    def take_changed(self) -> set[Outbox]:
        """The outboxes that got events since this was asked last."""
        with self._lock:
            changed, self._changed = self._changed, set()
            return changed

    def touch(self, outbox: Outbox) -> None:
        """Have ``take_changed`` give an outbox, though it got no event."""
        with self._lock:
            self._changed.add(outbox)

    def take(self, outbox: Outbox) -> bytes:
        """The frames of the oldest events that this client has not been sent, a few at once; empty without any."""
        with self._lock:
            frames = itertools.islice(iter(outbox.take, None), FRAMES_AT_ONCE)
            return b"".join(frame for frame in frames if frame is not None)

    def has_room(self, outbox: Outbox) -> bool:
        """Whether the client keeps up with the events of its own audio. Takes no lock: the length is one read."""
        return len(outbox) < ROOM

    def error(self, stream: str, code: str, message: str) -> Error:
        """An error for one client alone, at the end of the stream so far and with the number of its latest event."""
        with self._lock:
            return self._error(self._channels.get(stream) or Channel(), stream, code, message)

    @staticmethod
    def _error(channel: Channel, stream: str, code: str, message: str) -> Error:
        now_ms = channel.now_ms
        return Error(
            seq=channel.last_seq, stream=stream, t_start_ms=now_ms, t_end_ms=now_ms, code=code, message=message
        )

    def _publish(self, encoded: EncodedEvent) -> None:
        channel = self._channels.setdefault(encoded.event.stream, Channel())
        channel.note(encoded, self._clock())
        self._put(channel.followers, encoded)

    def _release(self, stream: str, publisher: Outbox) -> None:
        if self._publishers.get(stream) is not publisher:
            return
        del self._publishers[stream]
        channel = self._channels[stream]
        ended = self._error(channel, stream, "stream_ended", "the stream has ended; it may come back")
        channel.hello = None
        self._put(channel.followers, EncodedEvent(ended))
        self._tidy(stream)

    def _put(self, outboxes: set[Outbox], encoded: EncodedEvent) -> None:
        self._changed |= outboxes
        for outbox in outboxes:
            self._dropped_events += outbox.put(encoded)

    def _tidy(self, stream: str) -> None:
        """Forget a name that nobody publishes and nobody waits for."""
        channel = self._channels[stream]
        if not channel.followers and stream not in self._publishers and channel.hello is None:
            del self._channels[stream]
