"""The list of microphones, read anew for each call, and the search for one by index or name."""

import os
import re
import subprocess
import sys
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from types import ModuleType

import msgspec

from emostream.errors import UnavailableError

_QUERY_TIMEOUT_S = 10.0
_query_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class InputDevice:
    """A device that records. ``index`` holds until devices come or go; ``channels`` is the most it can give."""

    index: int
    name: str
    host_api: str
    channels: int
    sample_rate_hz: int
    is_default: bool

    def __str__(self) -> str:
        return f"[{self.index}] {self.full_name}"

    @property
    def full_name(self) -> str:
        """Name and host API: distinguishes a device that two host APIs list; ``find_device`` accepts it."""
        return f"{self.name}, {self.host_api}"

    @property
    def lasting_name(self) -> str:
        """The name without the number of ALSA's card, which changes when the device is plugged in again."""
        return re.sub(r"\s*\(hw:\d+,\d+\)", "", self.name)


def portaudio() -> ModuleType:
    """The module ``sounddevice``; raises ``UnavailableError`` where the PortAudio library is missing."""
    try:
        import sounddevice
    except OSError:
        raise UnavailableError(
            "the PortAudio library was not found: it is needed to record; "
            "install it with `apt install libportaudio2` or `brew install portaudio`"
        ) from None
    module: ModuleType = sounddevice
    return module


def list_devices(*, anew: bool = True) -> list[InputDevice]:
    """All input devices as they are now; raises ``UnavailableError`` without PortAudio, or if it takes over 10 s.

    PortAudio reads its list once, when it starts. To see new and removed devices it is started again, which ends every
    stream of this process: do not call this while a ``MicrophoneSource`` runs. Without ``anew`` it is not.
    """
    timeout_error = UnavailableError(
        f"the sound server does not answer within {_QUERY_TIMEOUT_S:.0f} s: expected its list of devices; restart it"
    )
    # PortAudio allows one query at a time, and an earlier one may still wait.
    if not _query_lock.acquire(timeout=_QUERY_TIMEOUT_S):
        raise timeout_error
    result: Future[list[InputDevice]] = Future()
    stderr_copy = os.dup(2)
    # PortAudio waits without end for a server that hangs, so the query runs in a thread of its own.
    threading.Thread(target=_run_query, args=(result, anew), name="devices", daemon=True).start()
    try:
        return result.result(_QUERY_TIMEOUT_S)
    except TimeoutError:
        # sounddevice redirects standard error to devnull while PortAudio starts, which would hide this error too.
        os.dup2(stderr_copy, 2)
        raise timeout_error from None
    finally:
        os.close(stderr_copy)


def _run_query(result: Future[list[InputDevice]], anew: bool) -> None:
    try:
        result.set_result(_query(anew=anew))
    except Exception as error:
        result.set_exception(error)
    finally:
        _query_lock.release()


def _query(*, anew: bool = True) -> list[InputDevice]:
    sd = portaudio()
    try:
        if anew:
            sd._terminate()
            sd._initialize()
        host_apis = [api["name"] for api in sd.query_hostapis()]
        default = _default_index(sd)
        return [
            InputDevice(
                index=device["index"],
                name=device["name"],
                host_api=host_apis[device["hostapi"]],
                channels=device["max_input_channels"],
                sample_rate_hz=round(device["default_samplerate"]),
                is_default=device["index"] == default,
            )
            for device in sd.query_devices()
            if device["max_input_channels"] > 0
        ]
    except sd.PortAudioError as error:
        raise UnavailableError(f"PortAudio cannot list the devices ({error}): is the sound server running?") from None


def find_device(wanted: str | int | None) -> InputDevice:
    """The device for ``wanted``: None is the default, a number (or its text) an index, other text part of the name.

    Case is ignored; the host API may follow after a comma. An exact match takes precedence over names that contain
    ``wanted``. Raises ``UnavailableError``.
    """
    return choose_device(list_devices(), wanted)


def find_again(device: InputDevice | None, wanted: str | int | None, *, anew: bool = True) -> InputDevice:
    """The device that ``wanted`` found before, ``device``, after it may have gone and come back; None is not yet found.

    It is known by its full name; where that is gone, by what the user asked for, so that another number of its card
    does no harm; an index says nothing any more, so then by its name without the card. The default is whatever is the
    default now. The list is read by a child process first: PortAudio leaks memory each time it is started, and this is
    called again and again while a microphone is away. Without ``anew`` PortAudio is not started again, which would wait
    without end for a stream that cannot be closed, and knows the devices of its start alone. Raises
    ``UnavailableError``.
    """
    _choose_again(list_devices_apart(), device, wanted)
    return _choose_again(list_devices(anew=anew), device, wanted)


def _choose_again(devices: list[InputDevice], device: InputDevice | None, wanted: str | int | None) -> InputDevice:
    if device is None or wanted is None:
        return choose_device(devices, wanted)
    same = [other for other in devices if other.full_name == device.full_name]
    if len(same) == 1:
        return same[0]
    by_index = isinstance(wanted, int) or wanted.isdecimal()
    return choose_device(devices, device.lasting_name if by_index else wanted)


def list_devices_apart() -> list[InputDevice]:
    """As ``list_devices``, by a child process of this Python: also while a ``MicrophoneSource`` runs here."""
    command = [sys.executable, "-m", "emostream.sources.devices"]
    try:
        child = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_QUERY_TIMEOUT_S, check=True
        )
        return msgspec.json.decode(child.stdout, type=list[InputDevice])
    except subprocess.TimeoutExpired:
        raise UnavailableError("the sound server does not answer: restart it") from None
    except (OSError, subprocess.CalledProcessError, msgspec.DecodeError) as error:
        raise UnavailableError(f"the devices cannot be listed: {error}") from None


def choose_device(devices: list[InputDevice], wanted: str | int | None) -> InputDevice:
    """As ``find_device``, of these devices."""
    if not devices:
        raise UnavailableError("no input device was found: plug in a microphone, or start the sound server")
    if wanted is None:
        matches = [device for device in devices if device.is_default]
        what = "the default input device"
    elif isinstance(wanted, int) or wanted.isdecimal():
        matches = [device for device in devices if device.index == int(wanted)]
        what = f"an input device with index {wanted}"
    else:
        matches = _by_name(devices, wanted)
        what = f"an input device named {wanted!r}"
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise UnavailableError(f"{what} could be any of {_listing(matches)}: choose one by its index or its full name")
    raise UnavailableError(f"{what} was not found; there is {_listing(devices)}: choose one of these")


def _by_name(devices: list[InputDevice], wanted: str) -> list[InputDevice]:
    key = wanted.casefold()
    exact = [device for device in devices if key in (device.name.casefold(), device.full_name.casefold())]
    return exact or [device for device in devices if key in device.full_name.casefold()]


def _default_index(sd: ModuleType) -> int | None:
    try:
        return int(sd.query_devices(kind="input")["index"])
    except sd.PortAudioError:  # there is none
        return None


def _listing(devices: list[InputDevice]) -> str:
    return "; ".join(str(device) for device in devices)


if __name__ == "__main__":  # the child process of ``find_again``
    sys.stdout.buffer.write(msgspec.json.encode(_query()))
