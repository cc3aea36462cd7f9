"""From streams to clients: what everybody who follows a stream gets, and what one that joins late is told first."""

import itertools
import threading
from collections.abc import Sequence

import msgspec

from emostream.events import Error, Estimate, Event, Health, Hello, Utterance, UtteranceStart
from emostream.protocol import Profile
from emostream.server.outbox import KEPT_EVENTS, EncodedEvent, Outbox

# A stream whose owner has so many answers to read yet waits: it is cheaper to hold audio than to lose labels.
ROOM = KEPT_EVENTS // 4
# A call to the system for each would cost more than all else; what it has can no longer give way to something newer.
FRAMES_AT_ONCE = 4


class Channel:
    """One stream as its followers see it."""

    def __init__(self) -> None:
        self.followers: set[Outbox] = set()
        self.hello: Hello | None = None
        self.speaking: UtteranceStart | None = None
        self.estimate: Estimate | None = None
        self.health: Health | None = None
        self.last_seq = 0
        self.now_ms = 0

    def note(self, event: Event) -> None:
        """Remember what a late joiner must be told."""
        self.last_seq = event.seq
        self.now_ms = max(self.now_ms, event.t_end_ms)
        match event:
            case Hello():
                self.hello, self.speaking, self.estimate, self.health = event, None, None, None
                self.now_ms = event.t_end_ms
            case Estimate():
                self.estimate = event
            case UtteranceStart():
                self.speaking = event
            case Utterance():
                self.speaking = None
            case Health():
                self.health = event

    def state(self) -> list[Event]:
        """The hello, renumbered so that the next event continues it, then what stands, with the numbers that it had."""
        if self.hello is None:
            return []
        standing = [event for event in (self.speaking, self.estimate, self.health) if event is not None]
        return [msgspec.structs.replace(self.hello, seq=self.last_seq), *sorted(standing, key=lambda event: event.seq)]


class Hub:
    """Puts every event, encoded once, into the outboxes of those who follow its stream; thread-safe, never waits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._channels: dict[str, Channel] = {}
        self._published: set[str] = set()
        self._dropped_events = 0

    @property
    def dropped_events(self) -> int:
        """How many events clients have missed since the start, those that left included."""
        return self._dropped_events

    def followers(self, stream: str) -> int:
        channel = self._channels.get(stream)
        return len(channel.followers) if channel else 0

    def claim(self, stream: str) -> bool:
        """Become the one who publishes under this name; False where somebody does already."""
        with self._lock:
            if stream in self._published:
                return False
            self._published.add(stream)
            self._channels.setdefault(stream, Channel())
            return True

    def release(self, stream: str) -> None:
        """The stream has ended: its followers are told, and wait for another of that name."""
        with self._lock:
            self._published.discard(stream)
            channel = self._channels[stream]
            ended = self._error(channel, stream, "stream_ended", "the stream has ended; it may come back")
            channel.hello = None
            self._put(channel.followers, EncodedEvent.of(ended))
            self._tidy(stream)

    def publish(self, event: Event) -> None:
        """Hand an event to all who follow its stream."""
        with self._lock:
            self._publish(EncodedEvent.of(event))

    def deliver(self, outbox: Outbox, events: Sequence[Event], *, publish: bool = False) -> None:
        """Events of a client's own, none of which is replaced; with ``publish`` to who follows their stream too.

        A profile is the client's alone.
        """
        with self._lock:
            for event in events:
                encoded = EncodedEvent.of(event)
                outbox.put(encoded, keep=True)
                if publish and not isinstance(event, Profile):
                    self._publish(encoded)

    def follow(self, outbox: Outbox, stream: str) -> None:
        """Put the present state of a stream into the outbox, and from now on all of its events."""
        with self._lock:
            channel = self._channels.setdefault(stream, Channel())
            for event in channel.state():
                outbox.put(EncodedEvent.of(event), keep=True)
            channel.followers.add(outbox)

    def leave(self, outbox: Outbox, stream: str) -> None:
        """The opposite of ``follow``."""
        with self._lock:
            self._channels[stream].followers.discard(outbox)
            outbox.forget(stream)
            self._tidy(stream)

    def take(self, outbox: Outbox) -> bytes:
        """The frames of the oldest events that this client has not been sent, a few at once; empty without any."""
        with self._lock:
            frames = itertools.islice(iter(outbox.take, None), FRAMES_AT_ONCE)
            return b"".join(frame for frame in frames if frame is not None)

    def has_room(self, outbox: Outbox) -> bool:
        """Whether the client keeps up with the answers to its own audio."""
        return len(outbox) < ROOM

    def error(self, stream: str, code: str, message: str) -> Error:
        """An error for one client alone: it stands at the stream's present place and takes no number of its own."""
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
        channel.note(encoded.event)
        self._put(channel.followers, encoded)

    def _put(self, outboxes: set[Outbox], encoded: EncodedEvent) -> None:
        for outbox in outboxes:
            self._dropped_events += outbox.put(encoded)

    def _tidy(self, stream: str) -> None:
        """Names that clients wait for cost nothing once they have gone."""
        channel = self._channels[stream]
        if not channel.followers and stream not in self._published and channel.hello is None:
            del self._channels[stream]
