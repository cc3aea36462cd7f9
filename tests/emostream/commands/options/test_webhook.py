"""``--webhook`` and what belongs to it, from the sound to the target."""

import json
import re
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from emostream.audio import Samples
from emostream.commands.extras import EXTRAS
from emostream.errors import USAGE
from emostream.events import Utterance
from emostream.sinks.webhook import Retries, WebhookSink
from emostream.sinks.webhook_request import WebhookTarget, signature_headers
from tests.support.commands import emostream as run
from tests.support.integrations import refusal
from tests.support.processes import ROOT, assert_one_line, emostream, events_of
from tests.support.streams import of_type
from tests.support.webhook_target import WebhookReceiver


@pytest.fixture(scope="module")
def pcm(recording: Samples) -> bytes:
    return (recording[: 9 * 16_000] * 32767).astype(np.int16).tobytes()


def test_every_utterance_reaches_each_target_in_its_own_words(tmp_path: Path, pcm: bytes) -> None:
    (tmp_path / "plain").write_text("${label}")
    (tmp_path / "json").write_text('{"how": "${label}", "from": "${source}"}')
    with WebhookReceiver() as first, WebhookReceiver() as second:
        targets = ("--webhook", first.url, "--webhook", second.url)
        templates = ("--webhook-template", tmp_path / "plain", "--webhook-template", tmp_path / "json")
        secret = {"EMOSTREAM_WEBHOOK_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
        ended = emostream("listen", "-", "--format", "jsonl", *targets, *templates, stdin=pcm, env=secret)
    assert (ended.returncode, ended.stderr) == (0, "")
    labels = [event.label for event in of_type(events_of(ended.stdout), Utterance)]
    assert len(labels) > 1
    assert [request.body.decode() for request in first.received] == [label or "unsure" for label in labels]
    assert [json.loads(request.body) for request in second.received] == [
        {"how": label, "from": "standard input"} for label in labels
    ]
    request = second.received[0]
    expected = signature_headers(
        bytes.fromhex("31f290f6bf06298aab4f08d43c3f082cf648a362da2da4b0"),
        request.headers["webhook-id"],
        int(request.headers["webhook-timestamp"]),
        request.body,
    )
    assert request.headers["webhook-signature"] == expected["webhook-signature"]


def test_a_target_that_is_away_holds_up_nothing_and_what_it_missed_is_counted(pcm: bytes) -> None:
    with WebhookReceiver() as gone:
        url = gone.url
    ended = emostream("listen", "-", "--format", "jsonl", "--webhook", url, stdin=pcm)
    assert ended.returncode == 0
    assert of_type(events_of(ended.stdout), Utterance)
    assert "does not take events (Connection refused)" in ended.stderr
    assert "did not take the last 2 events before the end" in ended.stderr
    assert "sesame" not in ended.stderr


def test_the_receiver_in_the_documents_takes_what_is_signed_and_nothing_else(tmp_path: Path) -> None:
    (body,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "integrations.md").read_text(), re.DOTALL)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-c", body.replace("8080", str(port))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as receiver:
        try:
            for secret, lost in ((b"open sesame", 0), (b"another", 1)):
                target = WebhookTarget(url=f"http://127.0.0.1:{port}/", secret=secret)
                sink = WebhookSink(target, retries=Retries(first_s=0.1, longest_s=0.1))
                sink.emit(Utterance(seq=1, stream="live", t_start_ms=0, t_end_ms=9, p={}, label="sad", confidence=0.5))
                sink.close()
                assert sink.dropped_events == lost
        finally:
            receiver.kill()
        assert receiver.stdout is not None
        assert receiver.stdout.read() == "sad\n"


def test_without_the_library_it_is_one_line(tmp_path: Path) -> None:
    blocker = "import sys\nsys.modules['urllib3'] = None\n"
    (tmp_path / "sitecustomize.py").write_text(blocker)
    env = {"PYTHONPATH": f"{tmp_path}:{ROOT / 'streamer'}"}
    ended = emostream("listen", "-", "--webhook", "http://localhost/", env=env)
    assert (ended.returncode, ended.stdout) == (USAGE, "")
    assert_one_line(ended.stderr, "'--webhook' needs urllib3", "pip install 'emostream[webhook]'")
    assert EXTRAS["webhook"] == ("urllib3",)


def test_no_list_of_settings_shows_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOSTREAM_WEBHOOK", "https://example.org/sesame")
    monkeypatch.setenv("EMOSTREAM_WEBHOOK_SECRET", "sesame")
    for arguments in ((), ("--json",)):
        said = run("config", *arguments)
        assert said.code == 0
        assert "webhook_secret" in said.out
        assert "sesame" not in said.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--webhook", "ftp://host/sesame"], ("found a webhook's address with ftp, expected https://HOST/PATH",)),
        (["--webhook", "host/sesame"], ("found a webhook's address with no scheme",)),
        (["--webhook", "http://h/", "--webhook-events", "talk"], ("found 'talk' for --webhook-events",)),
        (["--webhook", "http://h/", "--webhook-template", "none"], ("none cannot be read (No such file",)),
        (["--webhook", "http://h/", *["--webhook-template", "x"] * 2], ("found 2 --webhook-template for 1 --webhook",)),
        (["--webhook", "http://h/", "--webhook-template", "bad"], ("found ${labl} in bad",)),
        (["--webhook", "http://h/", "--webhook-secret-file", "empty"], ("there is no secret in empty",)),
        (["--webhook", "http://h/", "--webhook-secret-file", "base"], ("begins with whsec_, and what follows",)),
    ],
)
def test_wrong_options_are_one_line(
    arguments: list[str], words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in (("bad", "${labl}"), ("empty", "\n"), ("base", "whsec_sesame!")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
    line = refusal(*arguments)
    for word in words:
        assert word in line
    assert "sesame" not in line


def test_a_secret_that_all_may_read_is_said(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("sesame")
    file.chmod(0o644)
    ended = emostream("listen", "-", "--webhook", "http://localhost:9/", "--webhook-secret-file", file, stdin=bytes(32))
    assert f"every user of this machine can read the secret in {file}: chmod 600 {file}" in ended.stderr
