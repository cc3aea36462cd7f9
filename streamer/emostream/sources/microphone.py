"""The microphone, through PortAudio: the callback never blocks, losses are counted, and it reopens after an unplug."""

import atexit
import logging
import threading
import time
from collections.abc import Iterator
from queue import Empty

import numpy as np

from emostream.audio import AudioBlock, Samples, arrival_clock_s
from emostream.errors import UnavailableError
from emostream.pause import PauseSwitch
from emostream.sources import HEARTBEAT_S
from emostream.sources.capture import Capture
from emostream.sources.devices import InputDevice, find_again, find_device, portaudio
from emostream.sources.input_stream import BLOCK_S, InputStream, open_input
from emostream.sources.level_watch import ZEROS_TIMEOUT_S, LevelWatch

_QUEUE_S = 2.0
_SILENCE_TIMEOUT_S = 2.0
_RETRY_FIRST_S = 0.25
_RETRY_MAX_S = 4.0
_CLOSE_TIMEOUT_S = 2.0
_MOST_CHANNELS = 16
_RATE_BEFORE_IT_IS_THERE_HZ = 48_000

_logger = logging.getLogger(__name__)


class MicrophoneSource:
    """One input device, mono float32, at the device's own default rate.

    Every sound system supports that rate; another one fails on some (WASAPI, plain ALSA devices) and adds a resampler
    of unknown quality on others, while the pipeline resamples in the same way as for files. A device that refuses it,
    or that comes back with another one, is resampled to the rate of the start (``open_input``).

    ``device`` is as in ``find_device``, ``channel`` (from 1) as in ``open_input``. One daemon thread owns PortAudio: it
    opens the device, watches the clock since the last callback, and when the device goes it opens it again, with a
    growing pause between attempts. The sample axis goes on over the time away. With ``wait`` that holds for the start
    as well; without it a device that is not there raises ``UnavailableError`` in the constructor, one that cannot be
    opened in ``open`` or ``blocks``. A stream that cannot be closed is left behind: a sound server that ends in the
    wrong moment leaves its clients waiting for each other without end. While ``switch`` is paused the device is closed,
    so that the system's own lamp goes out and no sound reaches this process at all; then it is opened again as after an
    unplug. Only one of these at a time in a process, since the list of devices can be read again only when no stream is
    open.
    """

    def __init__(
        self,
        device: str | int | None = None,
        *,
        channel: int | None = None,
        wait: bool = False,
        switch: PauseSwitch | None = None,
    ) -> None:
        self._wanted = device
        self._choice: str | None = None
        self._channel = channel
        self._switch = switch or PauseSwitch()
        # Who begins with a pause is not there to see that the device cannot be opened when it ends.
        self._wait = wait or self._switch.paused
        self.name = "the default microphone" if device is None else str(device)
        self._device_trouble: str | None = None
        self._found = self._find_first()
        self.sample_rate_hz = _RATE_BEFORE_IT_IS_THERE_HZ
        if self._found is not None:
            self.name, self.sample_rate_hz = self._found.name, self._found.sample_rate_hz
        self._all_channels = False
        self._level = LevelWatch()
        self._failure: UnavailableError | None = None
        self._opened = threading.Event()
        self._owner: threading.Thread | None = None
        self._closed = False
        self._closings: list[threading.Thread] = []  # of streams that were left behind
        self._capture = Capture(self.sample_rate_hz, limit_blocks=round(_QUEUE_S / BLOCK_S))

    @property
    def overflows(self) -> int:
        """How often the sound system dropped audio before it reached this process; each is a gap in the blocks too."""
        return self._capture.overflows

    @property
    def trouble(self) -> str | None:
        """Why there is no sound, while it is wanted: the device is away, or it is there and gives none."""
        if self._switch.paused:
            return None
        return self._device_trouble or self._level.trouble(self.name)

    def open(self) -> None:
        """Open the device now, and not with the first block. Raises ``UnavailableError`` if it refuses."""
        self._start()
        while not self._opened.wait(HEARTBEAT_S) and not self._closed and not self._failure and not self._wait:
            pass
        if self._failure:
            raise self._failure

    def blocks(self) -> Iterator[AudioBlock]:
        """Blocks of ``BLOCK_S`` until ``close``, empty ones while the device is away.

        Raises ``UnavailableError`` if the device cannot be opened at the start.
        """
        owner = self._start()
        next_sample = 0
        try:
            while not self._closed:
                if self._failure:
                    raise self._failure
                try:
                    block = self._capture.queue.get(timeout=HEARTBEAT_S)
                except Empty:
                    no_samples = np.zeros(0, np.float32)
                    block = AudioBlock(no_samples, self.sample_rate_hz, next_sample, arrived_s=arrival_clock_s())
                self._level.push(block)
                yield block
                next_sample = block.first_sample + len(block.samples)
        finally:
            self._closed = True
            owner.join(_CLOSE_TIMEOUT_S)
            if owner.is_alive():  # the sound server hangs, and sounddevice would wait for it
                atexit.unregister(portaudio()._exit_handler)

    def close(self) -> None:
        """End ``blocks`` within a quarter of a second; it then gives the device back."""
        self._closed = True

    def choose(self, device: str) -> None:
        """Read another device, as in ``find_device``, from now on; until it is open, sound is lost. Returns at once."""
        self._choice = device

    def _find_first(self) -> InputDevice | None:
        try:
            return find_device(self._wanted)
        except UnavailableError as error:
            if not self._wait:
                raise
            self._device_trouble = f"{self.name} is waited for: {error}"
            return None

    def _start(self) -> threading.Thread:
        if self._owner is None:
            self._owner = threading.Thread(target=self._own_device, name="microphone", daemon=True)
            self._owner.start()
        return self._owner

    def _own_device(self) -> None:
        retry_s = _RETRY_FIRST_S
        while not self._closed:
            if self._switch.paused:
                self._stay_closed()
                continue
            try:
                heard = self._run(threading.Event())
            except Exception as error:  # whatever it is, out of descriptors or a fault of a driver, may pass
                if not self._opened.is_set() and not self._wait:
                    self._failure = _as_unavailable(error)
                    return
                doing = "cannot be opened again yet" if self._opened.is_set() else "is waited for"
                self._say(f"{self.name} {doing}: {_as_unavailable(error)}")
                heard = False
            retry_s = _RETRY_FIRST_S if heard else retry_s
            self._wait_to_retry(retry_s)
            retry_s = min(2 * retry_s, _RETRY_MAX_S)

    def _run(self, ended: threading.Event) -> bool:
        """Open the device and stay until it gives no more; returns whether it gave anything."""
        stream = self._open(ended)
        self._opened.set()
        try:
            return self._watch(ended)
        finally:
            ended.set()
            self._give_back(stream)

    def _give_back(self, stream: InputStream) -> None:
        """Close a stream, or leave it behind."""
        closing = threading.Thread(target=stream.close, name="microphone closing", daemon=True)
        closing.start()
        closing.join(_CLOSE_TIMEOUT_S)
        if closing.is_alive():
            self._closings = [*filter(threading.Thread.is_alive, self._closings), closing]
            atexit.unregister(portaudio()._exit_handler)  # at exit sounddevice would wait for it without end
            _logger.warning("the sound system does not give %s back: it is opened anew beside that", self.name)

    def _has_left_behind(self) -> bool:
        """Whether a stream is still to be closed."""
        return any(closing.is_alive() for closing in self._closings)

    def _open(self, ended: threading.Event) -> InputStream:
        """A running stream, which sets ``ended`` when it ends, and whose callbacks are ignored from then on."""

        def on_samples(samples: Samples, overflowed: bool) -> None:
            if ended.is_set():
                return
            if self._switch.paused:
                self._capture.skip(samples, arrival_clock_s())
            else:
                self._capture.put(samples, arrival_clock_s(), overflowed=overflowed)

        if self._choice is not None:
            self._wanted, self._choice, self._found, self._all_channels = self._choice, None, None, False
            self._channel, self.name = None, str(self._wanted)  # the channel was one of the device of before
        if self._opened.is_set() or self._found is None:
            self._found = find_again(self._found, self._wanted, anew=not self._has_left_behind())
        else:
            self._found = find_device(self._wanted if self._wanted is None else self._found.full_name)
        self.name = self._found.name
        self._capture.resume()
        return open_input(
            self._found,
            self.sample_rate_hz,
            on_samples,
            ended.set,
            channel=self._channel,
            all_channels=self._all_channels,
        )

    def _watch(self, ended: threading.Event) -> bool:
        """Wait while audio arrives; returns whether any has arrived since the stream was opened."""
        arrived_s = opened_at_s = self._capture.last_arrival_s
        silent_s = 0.0
        while not self._closed:
            has_ended = ended.wait(HEARTBEAT_S)
            # Counted in heartbeats: a process or a machine that slept has missed nothing by the clock.
            silent_s += HEARTBEAT_S
            if self._capture.last_arrival_s != arrived_s:
                arrived_s, silent_s = self._capture.last_arrival_s, 0.0
                self._device_trouble = None
            if self._switch.paused or self._choice is not None:
                break
            if has_ended:
                self._say(f"{self.name} has gone: plug it in again. Trying to reopen it")
                break
            if silent_s >= _SILENCE_TIMEOUT_S:
                self._say(f"{self.name} gives no audio: is it plugged in? Trying to reopen it")
                break
            if self._should_try_all_channels():
                self._all_channels = True
                break
        return arrived_s != opened_at_s

    def _should_try_all_channels(self) -> bool:
        """One channel of nothing but zeros may be that of a microphone which is on another one."""
        # The device of a sound server claims 32 and mixes those that there are by itself.
        has_more = self._found is not None and 1 < self._found.channels <= _MOST_CHANNELS
        return has_more and not self._all_channels and not self._channel and self._level.zeros_s >= ZEROS_TIMEOUT_S / 2

    def _stay_closed(self) -> None:
        """Wait for the end of the pause. It began where the samples end, unless those had stopped by themselves."""
        last_s = self._capture.last_arrival_s
        stopped = self._device_trouble is not None or last_s is None
        self._capture.pause(arrival_clock_s() if stopped or last_s is None else last_s)
        self._device_trouble = None
        while self._switch.paused and not self._closed:
            time.sleep(HEARTBEAT_S)

    def _say(self, trouble: str) -> None:
        self._device_trouble = trouble
        self._capture.end_pause(arrival_clock_s())

    def _wait_to_retry(self, pause_s: float) -> None:
        until_s = time.monotonic() + pause_s
        while not self._closed and not self._switch.paused and time.monotonic() < until_s:
            time.sleep(HEARTBEAT_S)


def _as_unavailable(error: Exception) -> UnavailableError:
    return error if isinstance(error, UnavailableError) else UnavailableError(f"{type(error).__name__}: {error}")
