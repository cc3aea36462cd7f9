"""One client's own audio: frames of bytes in on the socket's side, events out on the networks' side.

What is not yet read waits here, at most ``MOST_WAITING_S`` of it. The two sides are different threads: the owner of a
voice (``BatchScheduler``) holds a lock around what both touch.
"""

import itertools
import math
import time
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
import numpy as np

from emostream.audio import AudioBlock, Samples
from emostream.errors import ProfileError
from emostream.events import Error, Estimate, Event, Health
from emostream.inference.batching import Requests
from emostream.pipeline.stream import EmotionStream
from emostream.protocol import AskProfile, Flush, Lost, Profile, Reset, Start, Stop
from emostream.server.close_codes import RefusedError

MOST_WAITING_S = 5.0
MOST_CONTROLS = 64
AHEAD_S = 1.0
HEALTH_EVERY_S = 2.0
# A resampler looks ahead, so what completes a step comes this much later than the step's own end.
LOOK_AHEAD_S = 0.05
_FULL_SCALE = {"s16le": ("<i2", 32768.0), "f32le": ("<f4", 1.0)}

Control = Lost | Flush | Reset | Stop | AskProfile


@dataclass(frozen=True, slots=True)
class Heard:
    """Audio that waits to be read, and when it came in (``time.monotonic()``)."""

    samples: Samples
    arrived_s: float


class Decoder:
    """Binary frames of any length in, samples out; half a sample waits for its other half."""

    def __init__(self, encoding: str) -> None:
        self._dtype, self._full_scale = _FULL_SCALE[encoding]
        self._size = np.dtype(self._dtype).itemsize
        self._rest = b""

    def push(self, data: bytes) -> Samples:
        """Float32 of shape (n,). Raises ``RefusedError`` for NaN and infinity."""
        data = self._rest + data
        whole = len(data) - len(data) % self._size
        self._rest = data[whole:]
        samples: Samples = np.frombuffer(data[:whole], self._dtype).astype(np.float32) / np.float32(self._full_scale)
        if not np.isfinite(samples).all():
            raise RefusedError("bad_audio", "the audio holds NaN or infinity: expected f32le PCM; is it s16le?")
        return samples

    def cut(self) -> int:
        """The audio ended here: how many bytes of half a sample are left out."""
        left, self._rest = len(self._rest), b""
        return left


class ClientAudio:
    """Audio and controls in the order in which they came; ``stream`` reads them one step at a time."""

    def __init__(self, start: Start, stream: EmotionStream, name: str, now_s: float) -> None:
        self.name = name
        self.stopping = False  # the client has said stop
        self.ended = False  # and it was answered
        self._start = start
        self._stream = stream
        self._decoder = Decoder(start.format)
        self._step_samples = stream.step_ms * start.rate / 1000
        self._look_ahead = LOOK_AHEAD_S * start.rate
        self._waiting: deque[Heard | Control | Error] = deque()
        self._waiting_samples = 0
        self._controls = 0
        self._began_s = now_s
        self._seq = itertools.count()
        self._last_seq = 0
        self._next_sample = 0
        self._since_reset = 0  # samples read, on which steps are counted
        self._lost_ms = 0.0
        self._lag_s = 0.0
        self._health_due_s = now_s
        self._arrived_s = now_s
        self._controlled_s = now_s

    # ------------------------------------------------------------------------------------------- the socket's side

    @property
    def is_full(self) -> bool:
        """Whether more should wait on the wire."""
        return self._waiting_samples > MOST_WAITING_S * self._start.rate or self._controls >= MOST_CONTROLS

    def take_audio(self, data: bytes, now_s: float) -> None:
        """Raises ``RefusedError`` for what is no audio."""
        samples = self._decoder.push(data)
        if len(samples):
            self._waiting.append(Heard(samples, now_s))
            self._waiting_samples += len(samples)

    def take_control(self, control: Control, now_s: float) -> None:
        self._controlled_s = now_s
        self.stopping = isinstance(control, Stop)
        if isinstance(control, Flush | Stop) and (left := self._decoder.cut()):
            self._waiting.append(self._error("half_sample", f"the audio ended within a sample ({left} bytes left out)"))
        elif isinstance(control, Reset):
            self._decoder.cut()
        self._waiting.append(control)
        self._controls += 1

    # ----------------------------------------------------------------------------------------- the networks' side

    @property
    def waits_since_s(self) -> float | None:
        """When the oldest of what waits came in, or None where nothing does."""
        head = next(iter(self._waiting), None)
        return head.arrived_s if isinstance(head, Heard) else None if head is None else self._controlled_s

    @property
    def is_due(self) -> bool:
        """Whether a step can be completed, or there is something else to answer."""
        if self._controls:
            return True
        to_boundary = self._step_samples - self._since_reset % self._step_samples
        return self._waiting_samples >= to_boundary + (self._look_ahead if self._start.rate != 16_000 else 0)

    def is_ahead(self, now_s: float) -> bool:
        """Whether its audio has come faster than real time, so that others may go first."""
        return self._next_sample / self._start.rate > now_s - self._began_s + AHEAD_S

    def hello(self) -> list[Event]:
        """The events that open the stream, from its first number on."""
        self._seq = itertools.count()
        return self._numbered([self._stream.hello()])

    def take_turn(self) -> list[Heard] | Control | Error | None:
        """What is to be read next: audio of at most a step, or one control."""
        if not self._waiting:
            return None
        head = self._waiting.popleft()
        if not isinstance(head, Heard):
            self._controls -= not isinstance(head, Error)
            return head
        taken: list[Heard] = []
        room = math.ceil(self._step_samples)
        while True:
            if len(head.samples) > room:
                self._waiting.appendleft(Heard(head.samples[room:], head.arrived_s))
                head = Heard(head.samples[:room], head.arrived_s)
            taken.append(head)
            room -= len(head.samples)
            if not room or not self._waiting or not isinstance(self._waiting[0], Heard):
                break
            following = self._waiting.popleft()
            assert isinstance(following, Heard)
            head = following
        self._waiting_samples -= sum(len(heard.samples) for heard in taken)
        return taken

    def reading(self, turn: list[Heard] | Control | Error) -> Requests[list[Event]]:
        """Read it: the events, without numbers of their own yet."""
        stream = self._stream
        match turn:
            case list():
                samples = np.concatenate([heard.samples for heard in turn])
                self._arrived_s = turn[-1].arrived_s
                block = AudioBlock(samples, self._start.rate, self._next_sample, arrived_s=self._arrived_s)
                self._next_sample += len(samples)
                self._since_reset += len(samples)
                return (yield from stream.push_requests(block))
            case Lost(samples=lost):
                block = AudioBlock(np.zeros(0, np.float32), self._start.rate, self._next_sample + lost, lost)
                self._next_sample += lost
                self._since_reset = 0
                self._lost_ms += 1000 * lost / self._start.rate
                return (yield from stream.push_requests(block))
            case Flush() | Stop():
                events = yield from stream.flush_requests()
                self._since_reset = 0
                self.ended = isinstance(turn, Stop)
                return [*events, stream.summary()]
            case Reset():
                stream.reset()
                self._next_sample = self._since_reset = 0
                self._lost_ms = 0.0
                self._began_s = time.monotonic()
                self._seq = itertools.count()
                return [stream.hello()]
            case AskProfile(name=name):
                return [self._profile(name)]
            case Error():
                return [turn]

    def finish(self, events: list[Event], now_s: float) -> list[Event]:
        """The events of a turn as they are sent: with numbers, the time of day, their latency, and health now and then.

        With ``labels`` of utterances alone there is no estimate, and no hole where one would be.
        """
        self._lag_s = now_s - self._arrived_s
        timed: list[Event] = []
        for event in events:
            if not isinstance(event, Estimate):
                timed.append(event)
            elif self._start.labels == "steps":
                since_end_s = self._lag_s + (self._stream.clock_ms - event.t_end_ms) / 1000
                timed.append(msgspec.structs.replace(event, latency_ms=round(1000 * since_end_s, 1)))
        if now_s >= self._health_due_s and not self.ended:
            self._health_due_s = now_s + HEALTH_EVERY_S
            timed.append(self._health())
        return self._numbered(timed)

    def _numbered(self, events: list[Event]) -> list[Event]:
        ts = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        numbered = []
        for event in events:
            if not isinstance(event, Error | Profile):
                self._last_seq = next(self._seq)
            numbered.append(msgspec.structs.replace(event, seq=self._last_seq, ts=ts))
        return numbered

    def _health(self) -> Health:
        return Health(
            **self._stream.moment(),
            source=self._start.source,
            source_ok=True,
            lost_ms=round(self._lost_ms, 1),
            lag_ms=round(1000 * self._lag_s, 1),
        )

    def _profile(self, name: str) -> Event:
        try:
            profile = self._stream.profile(name)
        except ProfileError as error:
            return self._error("no_profile", str(error))
        if not profile.seconds:
            return self._error("no_profile", "no speech was heard yet: expected some seconds of it, best 20")
        return Profile(**self._stream.moment(), profile=profile)

    def _error(self, code: str, message: str) -> Error:
        return Error(**self._stream.moment(), code=code, message=message)
