"""The files that have a system start emostream: a unit of systemd for one user, a property list of launchd."""

import plistlib
import shlex
from collections.abc import Sequence
from pathlib import Path

UNIT = "emostream.service"
LABEL = "io.github.emostream"
# Wrong options or settings, no audio where there should be some: to start again would not help.
_HOPELESS = "2 66"
_UNIT = """\
[Unit]
Description=emostream reads the emotion in the voice
Documentation=https://github.com/emostream/emostream/tree/main/docs/deployment
After=pipewire.service pipewire-pulse.service pulseaudio.service
StartLimitIntervalSec=5min
StartLimitBurst=10

[Service]
Type=notify
NotifyAccess=main
ExecStart={command}
ExecReload=/bin/kill -HUP $MAINPID
Restart=on-failure
RestartSec=5s
RestartPreventExitStatus={hopeless}
TimeoutStartSec=2min
TimeoutStopSec=20s
WatchdogSec=30s

# Nothing but the user's own data may be written, nothing but sound devices used.
PrivateUsers=yes
ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths={writable}
PrivateTmp=yes
DevicePolicy=closed
DeviceAllow=char-alsa rw
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
LockPersonality=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelModules=yes
ProtectProc=invisible
RemoveIPC=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @obsolete
SystemCallErrorNumber=EPERM
UMask=0077

[Install]
WantedBy=default.target
"""


def systemd_unit(command: Sequence[str | Path], writable: Sequence[Path]) -> str:
    """The unit that runs ``command``, which may write to the folders ``writable``, those of them that there are."""
    return _UNIT.format(
        command=" ".join(_quoted(str(word)) for word in command),
        hopeless=_HOPELESS,
        writable=" ".join(_quoted(f"-{folder}") for folder in writable),
    )


def launchd_plist(command: Sequence[str | Path], log: Path) -> bytes:
    """The property list that runs ``command`` while its user is logged in, and its log in a file."""
    return plistlib.dumps(
        {
            "Label": LABEL,
            "ProgramArguments": [str(word) for word in command],
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "ThrottleInterval": 10,
            "ProcessType": "Interactive",
            "StandardErrorPath": str(log),
        }
    )


def _quoted(word: str) -> str:
    """A word of a command as systemd.service(5) reads it: $ and % are not for it to replace."""
    escaped = word.replace("%", "%%").replace("$", "$$")
    if shlex.quote(escaped) == escaped:
        return escaped
    return '"' + escaped.replace("\\", "\\\\").replace('"', '\\"') + '"'
