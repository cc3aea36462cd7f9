"""What a device's name gives away: sources that are no microphones, and those that change the sound."""

import os
import re
import shutil
import subprocess

from emostream.doctor.finding import Finding, ok, warning
from emostream.sources.devices import InputDevice

_NO_MICROPHONE = re.compile(
    r"\bmonitor\b|loopback|stereo mix|what u hear|wave out mix|\bhdmi\b|displayport|blackhole|soundflower|"
    r"vb-?(audio|cable)|cable output|\bs/?pdif\b",
    re.IGNORECASE,
)
_PROCESSED = re.compile(
    r"echo[-_ ]?cancel|noise[-_ ]?(suppress|cancel|reduc|torch)|rnnoise|krisp|rtx voice|nvidia broadcast|easyeffects|"
    r"voice ?(isolation|processing)|\baec\b",
    re.IGNORECASE,
)
# Names of a sound server's own device, behind which another source stands.
_SERVERS = ("pulse", "default", "pipewire")
_TIMEOUT_S = 5.0


def check_source_name(device: InputDevice) -> list[Finding]:
    """Whether it is a microphone by its name, and whether it cancels echoes, which no recording shows."""
    source = server_source() if device.name.split(":")[0] in _SERVERS else None
    name = source or device.name
    behind = f"{device.name} records {source}" if source else device.name
    return [
        warning(
            "source",
            f"{behind}: what the computer plays, by its name, and no microphone",
            "choose a microphone: --device, or the sound settings of the system ('pactl set-default-source')",
        )
        if _NO_MICROPHONE.search(name)
        else ok("source", behind),
        warning(
            "echo cancelling",
            f"{behind}: by its name it changes the sound",
            "choose the microphone itself: what cancels echoes and noise changes how a voice sounds",
        )
        if _PROCESSED.search(name)
        else ok("echo cancelling", "none by the device's name; a recording alone does not show it"),
    ]


def server_source() -> str | None:
    """Name and description of the source that a PulseAudio or PipeWire server records by default, if it can be had."""
    name = os.environ.get("PULSE_SOURCE") or _pactl("get-default-source")
    if not name:
        return None
    found = re.search(rf"Name: {re.escape(name)}\n\s*Description: (.*)", _pactl("list", "sources") or "")
    return f"{name} ({found[1]})" if found else name


def _pactl(*arguments: str) -> str | None:
    if shutil.which("pactl") is None:
        return None
    try:
        answer = subprocess.run(["pactl", *arguments], capture_output=True, timeout=_TIMEOUT_S, check=True, text=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()
