"""Webhooks against a real web server: one that takes all, is away, slow, fails, refuses, or sends elsewhere."""

import json
import logging
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from emostream.events import Gap, Hello, Utterance
from emostream.sinks.body_template import BodyTemplate
from emostream.sinks.detached import DetachedSink
from emostream.sinks.webhook import Retries, WebhookSink
from emostream.sinks.webhook_request import WebhookTarget, signature_headers
from tests.support.certificates import make_certificate
from tests.support.serving import until
from tests.support.webhook_target import Answer, Received, WebhookReceiver

AT = {"stream": "live", "t_start_ms": 0, "t_end_ms": 900}
HELLO = Hello(seq=0, labels=("sad",), window_ms=1, step_ms=1, models=(), source="Yeti", **AT)
_OPEN: list[WebhookSink] = []
QUICK = Retries(first_s=0.01, longest_s=0.02, tries=3)


def utterance(seq: int) -> Utterance:
    return Utterance(seq=seq, p={"sad": 0.7}, label="sad", confidence=0.7, **AT)


def sink(url: str, template: BodyTemplate | None = None, *, secret: bytes | None = None, timeout_s: float = 60.0):
    made = WebhookSink(WebhookTarget(url=url, secret=secret, timeout_s=timeout_s), template, QUICK)
    made.emit(HELLO)
    _OPEN.append(made)
    return made


def seqs(requests: list[Received]) -> list[int]:
    return [json.loads(request.body)["seq"] for request in requests]


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


@pytest.fixture(autouse=True)
def _log_holds_no_secret_and_all_is_closed(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.DEBUG, "emostream"):
        yield
    while _OPEN:
        _OPEN.pop().close()
    assert "sesame" not in "\n".join(record.getMessage() for record in caplog.records if "emostream" in record.name)


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name.startswith("emostream")]


class TestRequest:
    def test_an_utterance_arrives_as_json_with_its_source(self) -> None:
        with WebhookReceiver() as target:
            sink(target.url).emit(utterance(7))
            (request,) = target.received
        assert request.path == "/hook?key=sesame"
        assert request.headers["content-type"] == "application/json"
        event = {"type": "utterance", "seq": 7, "v": 1, "p": {"sad": 0.7}, "label": "sad", "confidence": 0.7}
        assert json.loads(request.body) == {**event, **AT, "source": "Yeti"}
        assert "webhook-signature" not in request.headers

    def test_a_template_says_what_is_sent(self) -> None:
        template = BodyTemplate("It sounds ${label} (${percent} %).", ["utterance"], "t")
        with WebhookReceiver() as target:
            sink(target.url, template).emit(utterance(7))
            (request,) = target.received
        assert request.body == b"It sounds sad (70 %)."
        assert request.headers["content-type"] == "text/plain; charset=utf-8"

    def test_the_signature_is_that_of_standard_webhooks(self) -> None:
        """The example of the specification; standardwebhooks 1.1.0 signs it so."""
        secret = bytes.fromhex("31f290f6bf06298aab4f08d43c3f082cf648a362da2da4b0")
        headers = signature_headers(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
        assert headers == {
            "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "webhook-timestamp": "1614265330",
            "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        }

    def test_what_arrives_is_signed_with_all_that_is_signed(self) -> None:
        with WebhookReceiver() as target:
            sink(target.url, secret=b"sesame").emit(utterance(7))
            (request,) = target.received
        message_id, timestamp = request.headers["webhook-id"], request.headers["webhook-timestamp"]
        signed = signature_headers(b"sesame", message_id, int(timestamp), request.body)
        assert request.headers["webhook-signature"] == signed["webhook-signature"]

    def test_a_name_and_password_in_the_address_go_into_the_header(self) -> None:
        with WebhookReceiver() as target:
            sink(target.url.replace("://", "://ada:sesame@")).emit(utterance(7))
            (request,) = target.received
        assert request.headers["authorization"] == "Basic YWRhOnNlc2FtZQ=="
        assert request.path == "/hook?key=sesame"

    def test_one_connection_does_for_many_and_an_endless_answer_is_not_read(self) -> None:
        with WebhookReceiver(Answer(200, body=bytes(1_000_000))) as target:
            made = sink(target.url)
            for seq in range(3):
                made.emit(utterance(seq))
            made.close()
        assert seqs(target.received) == [0, 1, 2]
        assert made.dropped_events == 0


class TestTargetInTrouble:
    def test_one_that_is_away_gets_everything_once_when_it_is_back(
        self, free_port: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        made = sink(f"http://127.0.0.1:{free_port}/hook?key=sesame")
        detached = DetachedSink(made)
        for seq in range(20):
            detached.emit(utterance(seq))
        until(lambda: bool(messages(caplog)))
        with WebhookReceiver(port=free_port) as target:
            target.wait_for(20)
            detached.close()
        assert seqs(target.received) == list(range(20))
        assert detached.dropped_events == 0
        name = f"webhook http://127.0.0.1:{free_port}"
        assert messages(caplog) == [
            f"{name} does not take events (Connection refused): they wait, and are sent again",
            f"{name} takes events again",
        ]

    def test_one_that_never_answers_delays_nobody_and_is_asked_again_with_the_same_id(self) -> None:
        with WebhookReceiver(Answer(hangs=True), Answer(hangs=True)) as slow, WebhookReceiver() as quick:
            detached = [DetachedSink(sink(slow.url, timeout_s=0.2)), DetachedSink(sink(quick.url))]
            for seq in (1, 2):
                for each in detached:
                    each.emit(utterance(seq))
            quick.wait_for(2)
            requests = slow.wait_for(4)
            for each in detached:
                each.close()
        assert seqs(requests) == [1, 1, 1, 2]
        assert len({request.headers["webhook-id"] for request in requests}) == 2
        assert [each.dropped_events for each in detached] == [0, 0]

    def test_one_that_asks_to_wait_is_asked_again_for_as_long_as_it_takes(self) -> None:
        later = [Answer(503), Answer(429, {"retry-after": "0"}), Answer(502), Answer(504), Answer(408)]
        with WebhookReceiver(*later) as target:
            made = sink(target.url)
            made.emit(utterance(1))
        assert seqs(target.received) == [1] * 6
        assert made.dropped_events == 0

    def test_one_that_fails_is_asked_some_times_and_then_the_next_event_is_sent(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        with WebhookReceiver(*[Answer(500)] * 4) as target:
            made = sink(target.url)
            made.emit(utterance(1))
            assert made.dropped_events == 1
            made.emit(utterance(2))
        assert seqs(target.received) == [1, 1, 1, 2, 2]
        assert made.dropped_events == 1
        assert any(
            "refused an event, which is lost (status 500, 3 times); 1 so far" in line for line in messages(caplog)
        )

    @pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 404, 410])
    def test_one_that_refuses_or_sends_elsewhere_is_not_asked_again(
        self, status: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        with WebhookReceiver() as elsewhere:
            with WebhookReceiver(Answer(status, {"location": elsewhere.url})) as target:
                made = sink(target.url)
                made.emit(utterance(1))
                made.emit(utterance(2))
            assert seqs(target.received) == [1, 2]
            assert elsewhere.received == []
        assert made.dropped_events == 1
        assert f"(status {status}" in messages(caplog)[0]

    def test_a_queue_that_is_full_loses_the_oldest_and_counts_them(self, free_port: int) -> None:
        detached = DetachedSink(sink(f"http://127.0.0.1:{free_port}/"), capacity=5, close_timeout_s=0.01)
        for seq in range(100):
            detached.emit(utterance(seq))
        assert detached.dropped_events >= 94
        detached.close()
        assert detached.dropped_events == 100


class TestTls:
    def test_a_certificate_that_nobody_vouches_for_gets_nothing(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        with WebhookReceiver(certificate=make_certificate(tmp_path)) as target:
            detached = DetachedSink(sink(target.url), close_timeout_s=0.01)
            detached.emit(utterance(1))
            until(lambda: bool(messages(caplog)))
            detached.close()
            assert target.received == []
        assert "certificate verify failed" in messages(caplog)[0]

    def test_one_that_the_system_trusts_does(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        certificate = make_certificate(tmp_path)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.certificate))
        with WebhookReceiver(certificate=certificate) as target:
            sink(target.url).emit(Gap(seq=1, lost_ms=5.0, **AT))
        assert seqs(target.received) == [1]


def test_waits_grow_up_to_the_longest() -> None:
    retries = Retries()
    waits = [retries.wait_s(attempt) for attempt in range(200)]
    assert all(0.5 * 2.0**attempt <= waits[attempt] <= 2.0**attempt for attempt in range(6))
    assert all(30 <= wait <= 60 for wait in waits[6:])
