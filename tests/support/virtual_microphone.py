"""A microphone without hardware: a PulseAudio server whose one source is fed through a FIFO in real time."""

import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Self

import numpy as np
import soundfile
from numpy.typing import NDArray

MICROPHONE_HZ = 44_100
_TICK_S = 0.01
_START_S = 15.0
_LATE_S = 0.25
_PIPE_BYTES = 8192


class VirtualMicrophone:
    """A PortAudio device named ``pulse`` (and the default one) for every process, or this one, that has ``env`` set.

    It gives silence, and in between what ``play`` queues, sample for sample. ``unplug`` kills the server, ``plug_in``
    starts a new one in its place; ``freeze`` stops the server where it stands, ``thaw`` lets it go on;
    ``starve`` leaves the server well and its source without samples. At a ``pace`` of 20 a second holds 20 s of sound,
    for a process whose clock runs as fast.
    """

    def __init__(self, sample_rate_hz: int = MICROPHONE_HZ, pace: int = 1) -> None:
        missing = [program for program in ("pulseaudio", "pactl") if shutil.which(program) is None]
        if missing:
            raise RuntimeError(f"{missing} not found: apt install pulseaudio pulseaudio-utils libasound2-plugins")
        self.sample_rate_hz = sample_rate_hz
        self._pace = pace
        self._folder = Path(tempfile.mkdtemp(prefix="microphone-"))
        self.env = {
            "PULSE_SERVER": f"unix:{self._folder}/native",
            "PULSE_RUNTIME_PATH": str(self._folder),
            "PULSE_STATE_PATH": str(self._folder),
            "PULSE_SOURCE": "virtual_microphone",
        }
        self._starved = False
        self._queued = np.zeros(0, np.int16)
        self._queue_lock = threading.Lock()
        self._server: subprocess.Popen[bytes] | None = None
        self._feeder: threading.Thread | None = None
        try:
            self.plug_in()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self.close()

    def play(self, sound: Path | NDArray[np.int16]) -> None:
        """Queue 16-bit mono samples, or a file of them at the microphone's own rate."""
        if isinstance(sound, Path):
            samples, sample_rate_hz = soundfile.read(sound, dtype="int16")
            if sample_rate_hz != self.sample_rate_hz or samples.ndim != 1:
                raise ValueError(
                    f"{sound}: {sample_rate_hz} Hz, {samples.shape}; expected {self.sample_rate_hz} Hz mono"
                )
        else:
            samples = sound
        with self._queue_lock:
            self._queued = np.concatenate([self._queued, samples])

    def plug_in(self) -> None:
        """Start the server, and return when it records."""
        fifo = self._folder / "fifo"
        for left_over in (fifo, self._folder / "native"):
            left_over.unlink(missing_ok=True)
        self._server = subprocess.Popen(
            [
                *("pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1"),
                *("--realtime=no", "--high-priority=no"),
                *("-L", f"module-native-protocol-unix auth-anonymous=1 socket={self._folder}/native"),
                *("-L", f"module-pipe-source source_name=virtual_microphone file={fifo} format=s16le"
                  f" rate={self.sample_rate_hz} channels=1"),
            ],
            env=os.environ | self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._wait_until_it_answers()
        pipe = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)  # without a reader this fails where a plain open would wait
        os.set_blocking(pipe, True)
        # What waits here comes in a burst after a freeze.
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES * self._pace)
        self._feeder = threading.Thread(target=self._feed, args=(pipe,), name="virtual microphone", daemon=True)
        self._feeder.start()

    def unplug(self) -> None:
        """Kill the server; what was queued and not played is gone."""
        if self._server:
            self._server.kill()
            self._server.wait()
            self._server = None
        if self._feeder:  # its next write fails, for nobody reads any more
            self._feeder.join()
            self._feeder = None
        self._queued = np.zeros(0, np.int16)

    def freeze(self) -> None:
        """Stop the server without ending it: its clients hear nothing, not even that it is gone."""
        assert self._server is not None
        self._server.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen server go on."""
        assert self._server is not None
        self._server.send_signal(signal.SIGCONT)

    def starve(self, seconds: float) -> float:
        """The source gives nothing for a while, as a wireless microphone out of range; returns how long it was."""
        start_s = time.monotonic()
        self._starved = True
        time.sleep(seconds)
        self._starved = False
        return time.monotonic() - start_s

    def close(self) -> None:
        """Unplug, and leave nothing behind."""
        self.unplug()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _wait_until_it_answers(self) -> None:
        assert self._server is not None
        deadline_s = time.monotonic() + _START_S
        while subprocess.run(["pactl", "info"], env=os.environ | self.env, capture_output=True, check=False).returncode:
            if self._server.poll() is not None:
                raise RuntimeError(f"pulseaudio ended at once with code {self._server.returncode}")
            if time.monotonic() > deadline_s:
                raise TimeoutError(f"pulseaudio did not answer within {_START_S:.0f} s")
            time.sleep(0.02)

    def _feed(self, pipe: int) -> None:
        per_tick = round(self.sample_rate_hz * _TICK_S * self._pace)
        start_s = time.monotonic()
        ticks = 0
        try:
            while True:
                if self._starved:
                    time.sleep(_TICK_S)
                    start_s, ticks = time.monotonic(), 0
                    continue
                with self._queue_lock:
                    now, self._queued = self._queued[:per_tick], self._queued[per_tick:]
                os.write(pipe, np.pad(now, (0, per_tick - len(now))).tobytes())
                ticks += 1
                ahead_s = start_s + ticks * _TICK_S - time.monotonic()
                if ahead_s < -_LATE_S:  # the server was frozen: a microphone does not make up for that
                    start_s, ticks, ahead_s = time.monotonic(), 0, 0.0
                time.sleep(max(0.0, ahead_s))
        except BrokenPipeError:  # unplugged
            return
        finally:
            os.close(pipe)
