"""One client's own audio: bytes come in from the event loop's thread, events go out from a thread of the scheduler.

What is not read yet is queued here, at most ``MOST_QUEUED_S`` of it. Both threads use the queue: the scheduler holds
its lock around ``put_audio``, ``put_control``, ``take`` and the properties that it ranks slots by. The decoder belongs
to the event loop's thread, the stream to the one thread at a time that runs ``requests`` and ``finish``.
"""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from emostream.audio import AudioBlock, Samples
from emostream.errors import ProfileError
from emostream.events import Error, Event
from emostream.inference.batching import Requests
from emostream.live import LiveStream, with_time
from emostream.pcm import ContainerError, NotFiniteError, OutOfRangeError, PcmDecoder
from emostream.pipeline.mood_profiles import MoodProfiles
from emostream.pipeline.stream import EmotionStream
from emostream.protocol import AskProfile, Flush, Lost, Mood, Profile, Reset, SetMood, Start, Stop
from emostream.server.close_codes import RefusedError
from emostream.server.real_time import RealTimeCredit

MOST_QUEUED_S = 5.0
MOST_CONTROLS = 64

Control = Lost | Flush | Reset | Stop | SetMood | AskProfile


@dataclass(frozen=True, slots=True)
class PendingAudio:
    """Audio that is queued, float32 of shape (n,), and when it came in (``time.monotonic()``)."""

    samples: Samples
    arrived_s: float


@dataclass(frozen=True, slots=True)
class HalfSample:
    """The audio ended within a sample, of which ``n_bytes`` had come."""

    n_bytes: int


# What is read at once: audio of at most a step, a control, or the end of audio within a sample.
WorkItem = list[PendingAudio] | Control | HalfSample


class ClientAudio:
    """Audio and controls in the order in which they came; ``stream`` reads them one step at a time.

    ``now_s`` is ``time.monotonic()`` throughout. ``clients`` and ``dropped_events`` give the server's, for ``health``.
    """

    def __init__(
        self,
        start: Start,
        stream: EmotionStream,
        now_s: float,
        *,
        clients: Callable[[], int] = lambda: 0,
        dropped_events: Callable[[], int] = lambda: 0,
    ) -> None:
        self._clients = clients
        self._dropped_events = dropped_events
        self.ended = False  # the summary that answers stop is made
        self._start = start
        self._stream = stream
        self._moods = MoodProfiles(stream)
        self._live = LiveStream(stream, start.source)
        self._decoder = PcmDecoder(start.format, start.channels)
        self._step_samples = stream.step_ms * start.rate / 1000
        self._queue: deque[PendingAudio | Control | HalfSample] = deque()
        self._queued_samples = 0
        self._queued_controls = 0
        self._credit = RealTimeCredit(now_s)  # of what was read
        self._arrival_credit = RealTimeCredit(now_s)
        self._came_at_once = False  # what is queued came sooner than in real time
        self._next_sample = 0
        self._samples_since_reset = 0  # steps are counted on these
        self._arrived_s = now_s
        self._controlled_s = now_s

    # ------------------------------------------------------------------------------------------- the event loop's side

    @property
    def is_full(self) -> bool:
        """Whether more should wait on the wire."""
        return self._queued_samples > MOST_QUEUED_S * self._start.rate or self._queued_controls >= MOST_CONTROLS

    def put_audio(self, data: bytes, now_s: float, *, at_once: bool = False) -> None:
        """Queue a frame of PCM, which may be known to have come faster than it could be read.

        Raises ``RefusedError`` for what is no audio.
        """
        try:
            samples = self._decoder.push(data)
        except NotFiniteError:
            line = "the audio holds NaN or infinity: expected f32le PCM; is it s16le?"
            raise RefusedError("bad_audio", line) from None
        except OutOfRangeError as error:
            raise RefusedError("bad_audio", str(error)) from None
        except ContainerError as error:
            line = f"{error}: expected raw PCM of the format in 'start'; decode it before it is sent"
            raise RefusedError("bad_audio", line) from None
        if len(samples):
            # Where the server is behind it has stopped reading the socket, and what comes late was not sent late.
            self._arrival_credit.spend(len(samples) / self._start.rate, now_s, was_silent=not self.is_ready)
            self._came_at_once |= at_once or self._arrival_credit.is_spent(now_s)
            self._queue.append(PendingAudio(samples, now_s))
            self._queued_samples += len(samples)

    def put_control(self, control: Control, now_s: float) -> None:
        """Queue a control behind the audio that came before it."""
        self._controlled_s = now_s
        if isinstance(control, Flush | Stop) and (n_bytes := self._decoder.flush()):
            self._queue.append(HalfSample(n_bytes))
        elif isinstance(control, Reset):
            self._decoder.flush()
        self._queue.append(control)
        self._queued_controls += 1

    # --------------------------------------------------------------------------------------------- the scheduler's side

    @property
    def waiting_since_s(self) -> float | None:
        """When the oldest item of the queue came in, or None if it is empty."""
        if not self._queue:
            return None
        head = self._queue[0]
        return head.arrived_s if isinstance(head, PendingAudio) else self._controlled_s

    @property
    def is_due(self) -> bool:
        """Whether the queue completes a step or holds a control."""
        return self._queued_controls > 0 or self._queued_samples >= self._to_boundary(self._step_samples)

    @property
    def is_ready(self) -> bool:
        """Whether it is worth reading: as ``is_due``, or it completes half a step, where speech may begin or end."""
        return self._queued_controls > 0 or self._queued_samples >= self._to_boundary(self._step_samples / 2)

    @property
    def queued_bytes(self) -> int:
        """How many bytes of PCM wait to be read, about."""
        return self._queued_samples * self._decoder.sample_bytes

    @property
    def queued_controls(self) -> int:
        """How many controls wait to be read."""
        return self._queued_controls

    def _to_boundary(self, every_samples: float) -> float:
        return every_samples - self._samples_since_reset % every_samples

    def is_ahead(self, now_s: float) -> bool:
        """Whether more audio was read than real time allows, so that other clients go first."""
        return self._credit.is_spent(now_s)

    @property
    def is_live(self) -> bool:
        """Whether the audio came in real time, however late it is read. What came at once did not."""
        return not self._came_at_once

    def take(self) -> WorkItem | None:
        """The next item to read, None if the queue is empty."""
        if not self._queue:
            return None
        head = self._queue[0]
        if isinstance(head, PendingAudio):
            return self._take_step()
        self._queue.popleft()
        self._queued_controls -= not isinstance(head, HalfSample)
        return head

    def _take_step(self) -> list[PendingAudio]:
        """Audio from the head of the queue, to the end of a step at most."""
        taken: list[PendingAudio] = []
        room = math.ceil(self._to_boundary(self._step_samples))
        while room and self._queue and isinstance(head := self._queue[0], PendingAudio):
            self._queue.popleft()
            if len(head.samples) > room:
                self._queue.appendleft(PendingAudio(head.samples[room:], head.arrived_s))
                head = PendingAudio(head.samples[:room], head.arrived_s)
            taken.append(head)
            room -= len(head.samples)
        self._queued_samples -= sum(len(pending.samples) for pending in taken)
        self._came_at_once &= self._queued_samples > 0
        return taken

    # ----------------------------------------------------------------------------- one thread at a time, without a lock

    def hello(self) -> list[Event]:
        """The event that opens the stream, as it is sent."""
        return with_time([self._stream.hello()])

    def requests(self, item: WorkItem, now_s: float, network_interval: int = 1) -> Requests[list[Event]]:
        """Read an item: yields what the models must run, returns the stream's events.

        ``network_interval`` says how many times more rarely than usual the networks run.
        """
        stream = self._stream
        stream.network_interval = network_interval
        match item:
            case list():
                samples = np.concatenate([pending.samples for pending in item])
                self._arrived_s = item[-1].arrived_s
                block = AudioBlock(samples, self._start.rate, self._next_sample, arrived_s=self._arrived_s)
                self._credit.spend(len(samples) / self._start.rate, now_s)
                self._next_sample += len(samples)
                self._samples_since_reset += len(samples)
                return (yield from stream.push_requests(block))
            case Lost(samples=lost):
                block = AudioBlock(np.zeros(0, np.float32), self._start.rate, self._next_sample + lost, lost)
                self._next_sample += lost
                self._samples_since_reset = 0
                self._live.count_lost(block)
                return (yield from stream.push_requests(block))
            case Flush() | Stop():
                events = yield from stream.flush_requests()
                self._samples_since_reset = 0
                self.ended = isinstance(item, Stop)
                return [*events, stream.summary()]
            case Reset():
                stream.reset()
                self._live.reset()
                self._moods.reset()
                self._next_sample = self._samples_since_reset = 0
                return [stream.hello()]
            case SetMood() | AskProfile():
                return (yield from self._enrol(item))
            case HalfSample(n_bytes=n_bytes):
                return [self._error("half_sample", f"the audio ended within a sample ({n_bytes} bytes left out)")]

    def finish(self, events: list[Event], now_s: float) -> list[Event]:
        """The events of an item as they are sent: with latency and wall clock, and with health when it is due."""
        timed = self._live.with_latency(events, self._arrived_s, now_s)
        if self._live.is_health_due(now_s) and not self.ended:
            health = self._live.health(
                now_s,
                clients=self._clients(),
                dropped_events=self._dropped_events(),
                network_interval=self._stream.network_interval,
            )
            timed.append(health)
        return with_time(timed)

    def _enrol(self, item: SetMood | AskProfile) -> Requests[list[Event]]:
        if isinstance(item, AskProfile):
            return [self._profile(item.name)]
        try:
            events = yield from self._moods.start_requests(item.mood)
        except ProfileError as error:
            return [self._error("no_profile", str(error))]
        except ValueError as error:
            return [self._error("no_mood", str(error))]
        self._samples_since_reset = 0
        seconds = {label: round(speech_s, 3) for label, speech_s in self._moods.seconds().items()}
        return [*events, Mood(**self._stream.present_moment(), mood=item.mood, seconds=seconds)]

    def _profile(self, name: str) -> Event:
        try:
            profile = self._moods.profile(name)
        except ProfileError as error:
            return self._error("no_profile", str(error))
        if not profile.seconds:
            return self._error("no_profile", "no speech was heard yet: expected some seconds of it, best 20")
        return Profile(**self._stream.present_moment(), profile=profile)

    def _error(self, code: str, message: str) -> Error:
        return Error(**self._stream.present_moment(), code=code, message=message)
