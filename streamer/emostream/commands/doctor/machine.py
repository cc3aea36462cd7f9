"""The doctor's look at the machine: PortAudio, rights, the models, the speed of the CPU and the clock."""

import ctypes
import os
import sys
import time
from pathlib import Path

import numpy as np

from emostream import assets
from emostream.audio import AudioBlock
from emostream.doctor.finding import Finding, ok, problem, unknown, warning
from emostream.errors import EmostreamError, UnavailableError
from emostream.sources.devices import portaudio
from emostream.sources.file import FileSource
from emostream.sources.input_stream import BLOCK_S

# Of one core: above the first a laptop is warm, above the second a stream falls behind now and then.
EASY_SHARE, MOST_SHARE = 0.3, 0.8
_SPEECH_S = 8.0
_SOUND_DEVICES = Path("/dev/snd")
_TIMEX_BYTES, _TIME_ERROR = 512, 5


def check_machine() -> list[Finding]:
    """All of it, whatever is missing."""
    return [check_portaudio(), check_rights(), *check_models(), check_clock()]


def check_portaudio() -> Finding:
    """Whether the library that records is there."""
    try:
        number, text = portaudio().get_portaudio_version()
    except UnavailableError as error:
        found, _, advice = str(error).partition(": ")
        return problem("PortAudio", found, advice)
    return ok("PortAudio", str(text).partition(",")[0].removeprefix("PortAudio V"), number=float(number))


def check_rights() -> Finding:
    """Whether this user may open sound devices, as far as files tell; systems with questions ask at the first use."""
    if sys.platform != "linux":
        return unknown("rights", "the system asks when a microphone is opened for the first time")
    devices = sorted(_SOUND_DEVICES.glob("pcm*c")) if _SOUND_DEVICES.is_dir() else []
    if not devices:
        return ok("rights", "no sound card of this machine's own: microphones come from a sound server, if any")
    refused = [device for device in devices if not os.access(device, os.R_OK | os.W_OK)]
    if not refused:
        return ok("rights", f"may open {len(devices)} device{'s' if len(devices) > 1 else ''} in {_SOUND_DEVICES}")
    return warning(
        "rights",
        f"may not open {refused[0]}",
        "a sound server may still give its sound; without one, `sudo usermod -aG audio $USER` and log in again",
    )


def check_models() -> list[Finding]:
    """Whether the shipped models are there and whole, and whether this CPU is fast enough for them."""
    try:
        factory = assets.load_stream_factory()
        source = FileSource(assets.DEMO_RECORDING)
        audio = source.read_all()[: round(_SPEECH_S * source.sample_rate_hz)]
    except EmostreamError as error:
        return [problem("models", str(error), "install emostream again")]
    cards = [model.card for model in factory.models]
    names = " and ".join(f"{card.name} {card.version}" for card in cards)
    shown = f"{names}: {', '.join(cards[0].labels)}"
    if not assets.RELIABILITY.is_file():
        missing = f"{shown}; without {assets.RELIABILITY}, so their confidence is not corrected"
        models = warning("models", missing, "install emostream again")
    else:
        models = ok("models", shown)
    rate = source.sample_rate_hz
    stream = factory.stream(rate, stream="doctor", source="doctor")
    size = round(BLOCK_S * rate)
    began_s = time.process_time()
    for start in range(0, len(audio), size):
        stream.push(AudioBlock(np.ascontiguousarray(audio[start : start + size]), rate, start))
    share = (time.process_time() - began_s) / (len(audio) / rate)
    return [models, judge_share(share)]


def judge_share(share: float) -> Finding:
    """What one voice takes of one core, against what leaves room."""
    found = f"a voice takes {share:.0%} of one core"
    advice = "end what else keeps the computer busy, or take one model alone: --model (see 'emostream models')"
    if share > MOST_SHARE:
        return problem("CPU", f"{found}: too slow to follow it", advice, core_share=share)
    if share > EASY_SHARE:
        return warning("CPU", found, advice, core_share=share)
    return ok("CPU", found, core_share=share)


def check_clock() -> Finding:
    """Whether the time of day, which live events carry, is kept in step with a time server."""
    state = _clock_state() if sys.platform == "linux" else None
    if state is None:
        return unknown("clock", "this system does not say whether the time of day is synchronised")
    if state == _TIME_ERROR:
        return warning(
            "clock",
            "the time of day is not synchronised: times of events may be off",
            "`timedatectl set-ntp true`, or run chrony",
        )
    return ok("clock", "synchronised")


def _clock_state() -> int | None:
    """The kernel's word on its clock, as ``adjtimex`` returns it; it changes nothing where no mode is set."""
    try:
        state = int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)))
    except (OSError, AttributeError):
        return None
    return state if state >= 0 else None
