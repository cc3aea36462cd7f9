"""A real MQTT broker: mosquitto on a port of loopback, which is ended, cut off, hung and started again."""

import signal
import socket
import subprocess
from pathlib import Path
from typing import Self

from tests.support.certificates import Certificate
from tests.support.serving import until

PROGRAM = "/usr/sbin/mosquitto"


class Mosquitto:
    """A broker; with ``users`` it lets in only them, each with its password.

    If it ``remembers``, an orderly end (SIGTERM) keeps retained messages and what waits for clients.
    """

    def __init__(
        self,
        folder: Path,
        users: dict[str, str] | None = None,
        certificate: Certificate | None = None,
        *,
        remembers: bool = False,
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.tls = certificate is not None
        lines = [f"listener {self.port} 127.0.0.1", f"allow_anonymous {'false' if users else 'true'}", "user root"]
        if users:
            passwords = folder / "passwords"
            passwords.write_text("".join(f"{name}:{password}\n" for name, password in users.items()))
            passwords.chmod(0o600)
            subprocess.run(["mosquitto_passwd", "-U", passwords], check=True)
            lines.append(f"password_file {passwords}")
        if certificate:
            lines += [f"certfile {certificate.certificate}", f"keyfile {certificate.key}"]
        if remembers:
            lines += ["persistence true", f"persistence_location {folder}/", "max_queued_messages 0"]
        self._config = folder / "mosquitto.conf"
        self._config.write_text("\n".join(lines) + "\n")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        nowhere = subprocess.DEVNULL
        self._process = subprocess.Popen([PROGRAM, "-c", self._config], stdout=nowhere, stderr=nowhere)
        until(self._is_there)

    def end(self, how: int = signal.SIGKILL) -> None:
        """End it, as a power cut would if not said otherwise."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.send_signal(signal.SIGCONT)
            self._process.wait()
            self._process = None

    def hang(self) -> None:
        """Keep its connections, and read nothing from them."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """After ``hang``."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _is_there(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
        except OSError:
            return False
        return True
