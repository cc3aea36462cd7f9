"""The doctor's look at the microphone: which one it is, and a recording of it that is judged and thrown away."""

import argparse
import io
import sys
from pathlib import Path

import soundfile

from emostream import assets
from emostream.commands.doctor.source import check_source_name
from emostream.commands.stderr import print_line
from emostream.doctor.finding import Finding, ok, problem, warning
from emostream.doctor.judge import judge
from emostream.doctor.recording import Recording
from emostream.errors import EmostreamError, ModelError, UnavailableError
from emostream.private_file import write_private
from emostream.sources.devices import InputDevice, choose_device, list_devices
from emostream.sources.recorder import record

NOTHING = "microphone"
SILENT_S = 3.0
SENTENCES = "The kettle is on the stove … Look, it is snowing! … What did you do today?"
_LEAST_RATE_HZ = 16_000


def check_microphone(arguments: argparse.Namespace, *, records: bool) -> tuple[str, list[Finding]]:
    """The microphone's name, and what was found; raises ``EmostreamError`` for a recording that cannot be kept."""
    try:
        devices = list_devices()
        device = choose_device(devices, arguments.device)
    except UnavailableError as error:
        found, _, advice = str(error).partition(": ")
        return NOTHING, [problem("device", found, advice)]
    findings = [_check_device(device, devices), *check_source_name(device)]
    if not records:
        return device.name, findings
    _ask(arguments.seconds)
    progress = _Progress()
    try:
        recorded = record(device, arguments.seconds, progress.show)
    except UnavailableError as error:
        found, _, advice = str(error).rpartition(": ")
        return device.name, [*findings, problem("rights", found, f"{advice}. {_RIGHTS}")]
    recording = Recording(
        recorded.frames, recorded.sample_rate_hz, device.name, losses=recorded.losses, lost_s=recorded.lost_s
    )
    if arguments.keep:
        _keep(recording, arguments.keep)
    try:
        return device.name, [*findings, *judge(recording, assets.load_vad_model())]
    except ModelError as error:
        return device.name, [*findings, problem("speech", str(error), "install emostream again")]


_RIGHTS = "See the system's privacy settings, and whether another program holds it"


def _check_device(device: InputDevice, devices: list[InputDevice]) -> Finding:
    found = f"{device}: {device.sample_rate_hz} Hz, {device.channels} channel{'s' if device.channels > 1 else ''}"
    if device.sample_rate_hz < _LEAST_RATE_HZ:
        return warning(
            "device",
            found,
            "a Bluetooth headset that records falls back to 8 kHz: choose another with --device ('emostream devices')",
            sample_rate_hz=device.sample_rate_hz,
        )
    others = len(devices) - 1
    more = f", the default of {others + 1}" if device.is_default and others else f", {others} others" if others else ""
    return ok("device", f"{found}{more}", sample_rate_hz=device.sample_rate_hz)


class _Progress:
    """Says when to speak."""

    def __init__(self) -> None:
        self._has_asked = False

    def show(self, seconds: float) -> None:
        if seconds >= SILENT_S and not self._has_asked:
            self._has_asked = True
            print(f"emostream: now speak, with pauses: {SENTENCES}", file=sys.stderr, flush=True)


def _ask(seconds: float) -> None:
    print(
        f"emostream: recording {seconds:g} s to judge the microphone: stay silent for {SILENT_S:g} s, then speak",
        file=sys.stderr,
        flush=True,
    )


def _keep(recording: Recording, path: Path) -> None:
    wave = io.BytesIO()
    soundfile.write(wave, recording.frames, recording.sample_rate_hz, format="WAV", subtype="FLOAT")
    try:
        write_private(path, wave.getvalue())
    except OSError as error:
        raise EmostreamError(f"{path} cannot be written ({error.strerror}): name another file with --keep") from error
    print_line(f"the recording is kept in {path}, readable by you alone")
