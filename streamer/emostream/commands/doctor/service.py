"""The doctor's look at the settings: wrong ones, the port, the token, the certificate and the speaker."""

import urllib.error
import urllib.request
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from emostream.commands.options.server import TOKEN_VARIABLE
from emostream.commands.registry import settings_by_command
from emostream.commands.settings import Settings
from emostream.doctor.finding import Finding, ok, problem, warning
from emostream.errors import EmostreamError, UnavailableError
from emostream.private_file import privacy_complaint
from emostream.profiles import Speakers
from emostream.server.certificate import validity_complaint
from emostream.server.listener import address_of, is_loopback, listen, tls_context
from emostream.server.tokens import FILE, checked_token, load_token

_ANSWER_S = 2.0


def check_service(settings: Settings) -> list[Finding]:
    """All of it, whatever is wrong."""
    of_commands = [of_command for _, of_command in settings_by_command(settings)]
    values = {name: setting.value for each in of_commands for name, setting in each.offered.items()}
    findings = [_check_settings(settings, of_commands), _check_port(values), _check_token(settings, values)]
    if values.get("certificate"):
        findings.append(_check_certificate(values["certificate"], values.get("key")))
    if values.get("speaker"):
        findings.append(_check_speaker(values["speaker"]))
    return findings


def _check_settings(settings: Settings, of_commands: Sequence[Settings]) -> Finding:
    wrong = dict.fromkeys(str(error) for each in of_commands for error in each.problems)
    unknown_names = [
        where for name, where in settings.given.items() if all(name not in each.offered for each in of_commands)
    ]
    advice = f"mend {settings.file}; 'emostream config' shows what holds now"
    if wrong:
        return problem("settings", "; ".join(wrong), advice)
    if unknown_names:
        return warning("settings", f"no setting: {', '.join(unknown_names)}", advice)
    there = "" if settings.file.exists() else " (not there)"
    return ok("settings", f"{settings.file}{there}")


def _check_port(values: dict[str, object]) -> Finding:
    host, port = str(values["host"]), int(str(values["port"]))
    try:
        listen(address_of(host), port).close()
    except UnavailableError as error:
        if _answers(host, port):
            return ok("port", f"port {port}: emostream is running there")
        found, _, advice = str(error).partition(": ")
        return warning("port", found, advice)
    except EmostreamError as error:
        return problem("port", str(error), "set host and port anew")
    return ok("port", f"port {port} on {host} is free")


def _answers(host: str, port: int) -> bool:
    """Whether an emostream of this machine is what has the port; one that has TLS is not recognised."""
    address = host if is_loopback(address_of(host)) else "127.0.0.1"
    try:
        with urllib.request.urlopen(f"http://{address}:{port}/metrics", timeout=_ANSWER_S) as answer:
            return b"emostream_" in answer.read(1 << 16)
    except (OSError, urllib.error.URLError, ValueError):
        return False


def _check_token(settings: Settings, values: dict[str, object]) -> Finding:
    try:
        if (given := settings.secret("token")) is not None:
            checked_token(given, TOKEN_VARIABLE)
            return ok("token", f"from {TOKEN_VARIABLE}")
        named = values.get("token_file")
        file = Path(str(named)) if named else FILE
        if not named and not file.exists():
            return ok("token", "none yet: the first 'emostream serve --host' for other machines makes one")
        load_token(file, create=False)
        if complaint := privacy_complaint(file, "token"):
            found, _, advice = complaint.rpartition(": ")
            return warning("token", found, advice)
    except EmostreamError as error:
        found, _, advice = str(error).partition(": ")
        return problem("token", found, advice)
    return ok("token", f"in {file}, readable by you alone")


def _check_certificate(certificate: Path, key: Path | None) -> Finding:
    try:
        tls_context(certificate, key)
    except EmostreamError as error:
        found, _, advice = str(error).partition(": ")
        return problem("certificate", found, advice)
    if complaint := validity_complaint(certificate, datetime.now(UTC)):
        found, _, advice = complaint.partition(": ")
        return problem("certificate", found, advice)
    return ok("certificate", f"{certificate} is valid")


def _check_speaker(name: str) -> Finding:
    try:
        profile = Speakers().load(name)
    except EmostreamError as error:
        found, _, advice = str(error).partition(": ")
        return problem("speaker", found, advice)
    return ok("speaker", f"{profile.name}, {profile.seconds:.0f} s of speech")
