"""The microphone, through PortAudio: the callback never blocks, losses are counted, and it reopens after an unplug."""

import atexit
import threading
import time
from collections.abc import Iterator
from queue import Empty
from typing import Any

import numpy as np

from emostream.audio import AudioBlock
from emostream.errors import UnavailableError
from emostream.sources import HEARTBEAT_S
from emostream.sources.capture import Capture
from emostream.sources.devices import find_device, portaudio

# A step of 250 ms is five of these, so at the models' own rate no window waits for the rest of a block; at other rates
# the resampler holds back 37 to 40 ms anyway. Half as long would wake the process twice as often for nothing.
BLOCK_S = 0.05
_QUEUE_S = 2.0
_SILENCE_TIMEOUT_S = 2.0
_RETRY_FIRST_S = 0.25
_RETRY_MAX_S = 5.0
_CLOSE_TIMEOUT_S = 2.0


class MicrophoneSource:
    """One input device, mono float32, at the device's own default rate.

    Every sound system supports that rate; another one fails on some (WASAPI, plain ALSA devices) and adds a resampler
    of unknown quality on others, while the pipeline resamples in the same way as for files.

    ``device`` is as in ``find_device``. One daemon thread owns PortAudio: it opens the device, watches the wall clock
    since the last callback, and when the device goes it opens it again, with a growing pause between attempts. The
    sample axis goes on over the time away. Only one of these at a time in a process, since the list of devices can be
    read again only when no stream is open. Raises ``UnavailableError``.
    """

    def __init__(self, device: str | int | None = None) -> None:
        found = find_device(device)
        # Indices change when devices come and go, names do not; and the default stays whatever is the default.
        self._wanted = None if device is None else found.full_name
        self._capture = Capture(found.sample_rate_hz, limit_blocks=round(_QUEUE_S / BLOCK_S))
        self._failure: UnavailableError | None = None
        self._closed = False
        self.name = found.name
        self.sample_rate_hz = found.sample_rate_hz
        self.trouble: str | None = None

    @property
    def overflows(self) -> int:
        """How often the sound system dropped audio before it reached this process; each is a gap in the blocks too."""
        return self._capture.overflows

    def blocks(self) -> Iterator[AudioBlock]:
        """Blocks of ``BLOCK_S`` until ``close``, empty ones while the device is away.

        Raises ``UnavailableError`` if the device cannot be opened at the start.
        """
        owner = threading.Thread(target=self._own_device, name="microphone", daemon=True)
        owner.start()
        next_sample = 0
        try:
            while not self._closed:
                if self._failure:
                    raise self._failure
                try:
                    block = self._capture.queue.get(timeout=HEARTBEAT_S)
                except Empty:
                    no_samples = np.zeros(0, np.float32)
                    block = AudioBlock(no_samples, self.sample_rate_hz, next_sample, arrived_s=time.monotonic())
                yield block
                next_sample = block.first_sample + len(block.samples)
        finally:
            self._closed = True
            owner.join(_CLOSE_TIMEOUT_S)
            if owner.is_alive():  # the sound server hangs, and at exit sounddevice would wait for it without end
                atexit.unregister(portaudio()._exit_handler)

    def close(self) -> None:
        """End ``blocks`` within a quarter of a second; it then gives the device back."""
        self._closed = True

    def _own_device(self) -> None:
        retry_s = _RETRY_FIRST_S
        opened = False
        while not self._closed:
            ended = threading.Event()
            try:
                stream = self._open(ended)
            except UnavailableError as error:
                if not opened:
                    self._failure = error
                    return
                self.trouble = f"{self.name} cannot be opened again yet: {error}"
            else:
                opened = True
                if self._watch(ended):
                    retry_s = _RETRY_FIRST_S
                ended.set()
                stream.abort()  # not stop(), which waits for a silent device
                stream.close()
            self._pause(retry_s)
            retry_s = min(2 * retry_s, _RETRY_MAX_S)

    def _open(self, ended: threading.Event) -> Any:
        """A running stream, which sets ``ended`` when it ends, and whose callbacks are ignored from then on."""
        sd = portaudio()
        device = find_device(self._wanted)

        def on_audio(frames: Any, _count: int, _times: Any, status: Any) -> None:
            if not ended.is_set():
                self._capture.put(frames[:, 0], time.monotonic(), overflowed=bool(status.input_overflow))

        self._capture.resume()
        try:
            stream = sd.InputStream(
                device=device.index,
                channels=1,
                samplerate=self.sample_rate_hz,
                dtype="float32",
                blocksize=round(BLOCK_S * self.sample_rate_hz),
                callback=on_audio,
                finished_callback=ended.set,
            )
            stream.start()
        except sd.PortAudioError as error:
            raise UnavailableError(
                f"{device} cannot be opened at {self.sample_rate_hz} Hz ({error}): "
                "close what else may be using it, or choose another with --device"
            ) from None
        return stream

    def _watch(self, ended: threading.Event) -> bool:
        """Wait while audio arrives; returns whether any has arrived since the stream was opened."""
        opened_s = time.monotonic()
        last_audio_s = opened_s
        while not self._closed:
            has_ended = ended.wait(HEARTBEAT_S)
            last_audio_s = max(opened_s, self._capture.last_arrival_s or opened_s)
            if last_audio_s > opened_s:
                self.trouble = None
            if has_ended:
                self.trouble = f"{self.name} has gone: plug it in again. Trying to reopen it"
                break
            if time.monotonic() - last_audio_s > _SILENCE_TIMEOUT_S:
                self.trouble = f"{self.name} gives no audio: is it plugged in? Trying to reopen it"
                break
        return last_audio_s > opened_s

    def _pause(self, pause_s: float) -> None:
        until_s = time.monotonic() + pause_s
        while not self._closed and time.monotonic() < until_s:
            time.sleep(HEARTBEAT_S)
