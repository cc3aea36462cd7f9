"""A short recording of a microphone with all of its channels, for judging it; what was lost is counted."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emostream.audio import arrival_clock_s
from emostream.errors import UnavailableError
from emostream.sources.capture import Capture
from emostream.sources.devices import InputDevice, portaudio
from emostream.sources.input_stream import BLOCK_S, as_unavailable

# The device of a sound server claims 32 channels, and makes as many out of those that there are.
_MOST_CHANNELS, _CHANNELS_OF_A_SERVER = 16, 2
_PATIENCE_S = 10.0
_LOOK_S = 0.1


@dataclass(frozen=True)
class Recorded:
    """``frames`` is float32 of shape (n, channels); ``losses`` holes, together ``lost_s``, are between them."""

    frames: NDArray[np.float32]
    sample_rate_hz: int
    losses: int
    lost_s: float


def record(device: InputDevice, seconds: float, on_second: Callable[[float], None] = lambda _: None) -> Recorded:
    """Record ``seconds`` of the device at its own rate; ``on_second`` gets the seconds so far, now and then.

    What came until then is given where a device falls silent on the way. Raises ``UnavailableError`` for one that
    cannot be opened, gives nothing at all, or hangs.
    """
    result: Future[Recorded] = Future()
    taken = _Taken(device.sample_rate_hz, seconds)

    def run() -> None:
        try:
            result.set_result(_record(device, taken))
        except Exception as error:
            result.set_exception(error)

    # PortAudio waits without end for a server that hangs, so all of its calls stand in a thread of their own.
    threading.Thread(target=run, name="recorder", daemon=True).start()
    began_s = time.monotonic()
    while not result.done():
        on_second(taken.seconds)
        if time.monotonic() > began_s + seconds + 2 * _PATIENCE_S:
            raise UnavailableError(f"{device} does not answer: restart the sound server, or plug the device in again")
        time.sleep(_LOOK_S)
    return result.result()


class _Taken:
    """What the callback has put aside so far."""

    def __init__(self, sample_rate_hz: int, seconds: float) -> None:
        self.wanted = round(seconds * sample_rate_hz)
        self._rate_hz = sample_rate_hz
        self._frames: list[NDArray[np.float32]] = []
        self._count = 0
        self._capture = Capture(sample_rate_hz, limit_blocks=round(2 * seconds / BLOCK_S) + 100)
        self.enough = threading.Event()

    @property
    def seconds(self) -> float:
        return self._count / self._rate_hz

    def on_audio(self, frames: Any, _count: int, _times: Any, status: Any) -> None:
        if self.enough.is_set():
            return
        self._frames.append(frames.copy())
        self._count += len(frames)
        self._capture.put(frames[:, 0], arrival_clock_s(), overflowed=bool(status.input_overflow))
        if self._count >= self.wanted:
            self.enough.set()

    def recorded(self) -> Recorded:
        self._capture.resume()  # what was held back until it was clear what was lost
        lost = []
        while not self._capture.queue.empty():
            lost.append(self._capture.queue.get().lost_samples)
        frames = np.concatenate(self._frames)[: self.wanted]
        return Recorded(frames, self._rate_hz, sum(count > 0 for count in lost), sum(lost) / self._rate_hz)


def _record(device: InputDevice, taken: _Taken) -> Recorded:
    sd = portaudio()
    channels = device.channels if device.channels <= _MOST_CHANNELS else _CHANNELS_OF_A_SERVER
    try:
        stream = sd.InputStream(
            device=device.index,
            channels=channels,
            samplerate=device.sample_rate_hz,
            blocksize=round(BLOCK_S * device.sample_rate_hz),
            dtype="float32",
            callback=taken.on_audio,
        )
    except sd.PortAudioError as error:
        raise as_unavailable(device, error) from None
    try:
        stream.start()
        until_s = time.monotonic() + taken.wanted / device.sample_rate_hz + _PATIENCE_S / 2
        while not taken.enough.wait(_LOOK_S) and stream.active and time.monotonic() < until_s:
            pass
    except sd.PortAudioError as error:
        raise as_unavailable(device, error) from None
    finally:
        taken.enough.set()
        stream.abort()  # not stop(), which waits for a silent device
        stream.close()
    if not taken.seconds:
        raise UnavailableError(f"{device} was opened and gives no audio: is it plugged in?")
    return taken.recorded()
