"""Certificates that expire and are renewed, over real TLS."""

import logging
import shutil
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from emostream.server.certificate import validity_complaint
from emostream.server.config import Limits
from emostream.server.server import Server
from tests.support.certificates import Certificate, make_certificate
from tests.support.serving import PATIENCE_S, serve, until
from tests.support.stream_events import hello


def shown_by(server: Server, trusted: Certificate) -> bool:
    """Whether the server's certificate is this one, to a client that connects now."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S) as sock:
        try:
            trusted.trusting.wrap_socket(sock).close()
        except OSError:
            return False
        return True


@pytest.fixture
def old(tmp_path: Path) -> Certificate:
    return make_certificate(tmp_path, "old")


@pytest.fixture
def new(tmp_path: Path) -> Certificate:
    return make_certificate(tmp_path, "new")


@pytest.fixture
def used(tmp_path: Path, old: Certificate) -> Certificate:
    used = Certificate(tmp_path / "used.pem", tmp_path / "used-key.pem")
    install(old, used)
    return used


def install(made: Certificate, used: Certificate) -> None:
    """As a renewal does it: one file after the other, each at once."""
    for source, target in ((made.certificate, used.certificate), (made.key, used.key)):
        draft = target.with_suffix(".draft")
        shutil.copy(source, draft)
        draft.replace(target)


@pytest.fixture
def server(used: Certificate) -> Iterator[Server]:
    started = serve(limits=Limits(stall_s=0.4), certificate=used.certificate, key=used.key)
    started.emit(hello())
    yield started
    started.close()


def test_files_that_change_are_read_anew(server: Server, old: Certificate, new: Certificate, used: Certificate) -> None:
    assert shown_by(server, old)
    install(new, used)
    until(lambda: shown_by(server, new))
    assert not shown_by(server, old)


def test_files_that_cannot_be_used_leave_what_there_was(
    server: Server, old: Certificate, used: Certificate, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        used.certificate.write_text("half a certif")
        until(lambda: "the certificate of before is used on" in caplog.text)
    assert shown_by(server, old)
    used.certificate.unlink()
    assert shown_by(server, old)


def test_files_are_read_anew_when_that_is_asked_for(old: Certificate, new: Certificate, used: Certificate) -> None:
    server = serve(limits=Limits(stall_s=1000.0), certificate=used.certificate, key=used.key)
    try:
        install(new, used)
        assert shown_by(server, old), "it looks for changes once in a while"
        server.reload_certificate()
        assert shown_by(server, new)
    finally:
        server.close()


@pytest.mark.parametrize("days", [2, 365 * 40])
def test_a_certificate_is_valid_from_its_beginning_to_its_end(tmp_path: Path, days: int) -> None:
    made = make_certificate(tmp_path, days=days).certificate
    now = datetime.now(UTC)
    assert validity_complaint(made, now) is None
    end = now + timedelta(days=days)
    assert validity_complaint(made, end - timedelta(hours=1)) is None
    late = validity_complaint(made, end + timedelta(hours=1))
    assert late is not None
    assert f"expired on {end:%Y-%m}" in late or end.day == 1
    early = validity_complaint(made, now - timedelta(days=1))
    assert early is not None
    assert "is valid from" in early
