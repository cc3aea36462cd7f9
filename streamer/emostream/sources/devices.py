"""Which microphones there are, asked anew each time, and the one that a person means."""

import os
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from types import ModuleType

from emostream.errors import UnavailableError

_ANSWER_S = 10.0
_asking = threading.Lock()


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
        """What tells the same device under two host APIs apart, and is understood by ``find_device``."""
        return f"{self.name}, {self.host_api}"


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


def list_devices() -> list[InputDevice]:
    """All input devices as they are now; raises ``UnavailableError`` without PortAudio, or if it takes over 10 s.

    PortAudio reads its list once, when it starts. To see what came and went it is started again, which ends every
    stream of this process: so never while a ``MicrophoneSource`` runs.
    """
    no_answer = UnavailableError(
        f"the sound server does not answer within {_ANSWER_S:.0f} s: expected its list of devices; restart it"
    )
    if not _asking.acquire(timeout=_ANSWER_S):  # an earlier question still waits, and PortAudio takes one at a time
        raise no_answer
    answer: Future[list[InputDevice]] = Future()
    standard_error = os.dup(2)
    # PortAudio waits without end for a server that hangs, so that only a thread of its own may ask it.
    threading.Thread(target=_ask, args=(answer,), name="devices", daemon=True).start()
    try:
        return answer.result(_ANSWER_S)
    except TimeoutError:
        os.dup2(standard_error, 2)  # sounddevice sends it nowhere while PortAudio starts, and so our message too
        raise no_answer from None
    finally:
        os.close(standard_error)


def _ask(answer: Future[list[InputDevice]]) -> None:
    try:
        answer.set_result(_query())
    except Exception as error:
        answer.set_exception(error)
    finally:
        _asking.release()


def _query() -> list[InputDevice]:
    sd = portaudio()
    try:
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
    """The device that ``wanted`` means: None the default, a number (or its text) an index, other text part of the name.

    Upper and lower case are one; the host API may follow after a comma. A name that fits exactly goes before names that
    only contain it. Raises ``UnavailableError``.
    """
    devices = list_devices()
    if not devices:
        raise UnavailableError("no input device was found: plug in a microphone, or start the sound server")
    if wanted is None:
        fits = [device for device in devices if device.is_default]
        what = "the default input device"
    elif isinstance(wanted, int) or wanted.isdecimal():
        fits = [device for device in devices if device.index == int(wanted)]
        what = f"an input device with index {wanted}"
    else:
        fits = _by_name(devices, wanted)
        what = f"an input device named {wanted!r}"
    if len(fits) == 1:
        return fits[0]
    if fits:
        raise UnavailableError(f"{what} could be any of {_listing(fits)}: choose one by its index or its full name")
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
