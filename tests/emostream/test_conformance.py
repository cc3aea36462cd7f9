"""The conformance suite finds no fault in our server, and the one that each of several wrong servers has."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from emostream.conformance.__main__ import main
from emostream.conformance.rules import RULES
from emostream.conformance.suite import SECTIONS
from emostream.inference.model import EmotionModel
from emostream.inference.vad import VoiceActivityModel
from emostream.server.server import Server
from tests.support.processes import ROOT
from tests.support.serving import serve
from tests.support.streams import Parts
from tests.support.wrong_server import Event, Frame, wrong_server

TOKEN = "a-token-of-sixteen"


@pytest.fixture(scope="module")
def parts_with_moods(mood_paths: list[Path], vad_model: VoiceActivityModel) -> Parts:
    return Parts([EmotionModel.load(path) for path in mood_paths], vad_model)


@pytest.fixture(scope="module")
def server(parts_with_moods: Parts) -> Iterator[Server]:
    started = serve(parts_with_moods)
    yield started
    started.close()


def outcomes(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, str], dict[str, str]]:
    """The exit code, the outcome of each rule, and what is said of those that did not pass."""
    code = main([*arguments, "--json"])
    found = json.loads(capsys.readouterr().out)
    rules = found["rules"]
    assert found["failed"] == sum(rule["outcome"] == "failed" for rule in rules)
    lines = {rule["name"]: rule["line"] for rule in rules if "line" in rule}
    return code, {rule["name"]: rule["outcome"] for rule in rules}, lines


def test_our_server_keeps_every_rule(capsys: pytest.CaptureFixture[str], parts_with_moods: Parts) -> None:
    with_token = serve(parts_with_moods, token=TOKEN)
    try:
        address = f"ws://127.0.0.1:{with_token.port}/ws"
        code, found, lines = outcomes(capsys, address, "--token", TOKEN)
    finally:
        with_token.close()
    assert {name: lines[name] for name, outcome in found.items() if outcome == "failed"} == {}
    assert code == 0
    assert {name for name, outcome in found.items() if outcome == "not run"} == {"idle"}
    assert len(found) == len(RULES)


def test_the_list_says_which_section_passed_and_what_was_not_run(
    capsys: pytest.CaptureFixture[str], server: Server
) -> None:
    address = f"ws://127.0.0.1:{server.port}/ws"
    assert main([address, "--only", "token-wrong", "--only", "healthz", "--only", "idle"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Connecting",
        "  not run  token-wrong: a wrong token and another first message are 'unauthorized'",
        "           needs a server with a token, and --token-file",
        "Errors and close codes",
        "  not run  idle: a started stream from which nothing came for 60 s is 'idle', 1008",
        "           takes more than ten seconds: --slow",
        "Beside the socket",
        "  pass     healthz: '/healthz' is 200 and has the status 'ok'",
        "1 passed, 0 failed, 2 not run",
    ]


def changed(kind: str, **fields: Any) -> Any:
    return lambda event: {**event, **fields} if event["type"] == kind else event


def without(kind: str) -> Any:
    return lambda event: None if event["type"] == kind else event


def renumbered(event: Event) -> Event:
    return {**event, "seq": event["seq"] + 1} if event["type"] == "utterance" else event


def doubled(event: Event) -> Event:
    return {**event, "p": {label: 2 * share for label, share in event["p"].items()}} if "p" in event else event


def with_unknown_fields_removed(frame: Frame) -> Frame:
    return frame.replace(',"now":true', "") if isinstance(frame, str) else frame


def with_even_bytes(frame: Frame) -> Frame:
    return frame[: len(frame) // 2 * 2] if isinstance(frame, bytes) else frame


def flush_in_place_of_stop(frame: Frame) -> Frame:
    return frame.replace('"stop"', '"flush"') if isinstance(frame, str) else frame


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        ("common-fields", {"event": changed("estimate", v=2)}),
        ("common-fields", {"event": changed("hello", ts="yesterday")}),
        ("common-fields", {"event": changed("estimate", stream="another")}),
        ("sequence", {"event": renumbered}),
        ("hello-first", {"event": changed("hello", labels="angry")}),
        ("hello-first", {"event": without("hello")}),
        ("estimate-every-step", {"event": changed("estimate", t_end_ms=750)}),
        ("estimate-probabilities", {"event": doubled}),
        ("estimate-label", {"event": changed("estimate", label="no such label")}),
        ("utterance-pairs", {"event": without("utterance_start")}),
        ("summary-fields", {"event": changed("summary", seconds=1.0)}),
        ("gap-moves-the-clock", {"event": without("gap")}),
        ("own-audio-whole", {"event": changed("estimate", dropped=1)}),
        ("health-comes", {"event": without("health")}),
        ("bad-message", {"message": with_unknown_fields_removed}),
        ("any-frames", {"message": with_even_bytes}),
        ("stop", {"message": flush_in_place_of_stop}),
        ("unexpected-audio", {"close_code": lambda _: 1000}),
        ("out-of-order", {"event": without("error")}),
        ("message-size", {"limit_bytes": 2**17}),
        ("stream-audio", {"event": changed("error", code="odd")}),
        ("healthz", {}),  # the relay has no other paths
    ],
)
def test_a_wrong_server_is_found_out(
    capsys: pytest.CaptureFixture[str], server: Server, rule: str, wrong: dict[str, Any]
) -> None:
    with wrong_server(server, **wrong) as address:
        code, found, lines = outcomes(capsys, address, "--only", rule)
    assert (code, found) == (1, {rule: "failed"})
    assert lines[rule].startswith("found ")
    assert ", expected " in lines[rule]


def test_a_relay_that_changes_nothing_is_no_wrong_server(capsys: pytest.CaptureFixture[str], server: Server) -> None:
    with wrong_server(server) as address:
        code, _, lines = outcomes(capsys, address, "--only", "estimate-*", "--only", "out-of-order", "--only", "stop")
    assert (code, lines) == (0, {})


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (["http://127.0.0.1:8765/"], 2, "expected the address of a socket, such as ws://127.0.0.1:8765/ws"),
        (["ws://127.0.0.1:1/ws"], 69, "cannot be reached"),
        (["ws://127.0.0.1:1/ws", "--only", "dance"], 2, "which names no rule: version-offered,"),
        (["ws://127.0.0.1:1/ws", "--token-file", "/nowhere"], 69, "/nowhere"),
    ],
)
def test_what_cannot_be_checked_is_one_line(
    capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, line: str
) -> None:
    try:
        found = main(arguments)
    except SystemExit as ended:
        found = int(str(ended.code))
    assert found == code
    assert line in capsys.readouterr().err


def test_a_wrong_token_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with_token = serve(token=TOKEN)
    try:
        assert main([f"ws://127.0.0.1:{with_token.port}/ws", "--token", "not-the-token-of-it"]) == 69
    finally:
        with_token.close()
    assert "refuses the token" in capsys.readouterr().err


def test_the_rules_sections_are_those_of_the_document() -> None:
    document = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
    headings = [line.removeprefix("## ") for line in document.splitlines() if line.startswith("## ")]
    assert [heading for heading in headings if heading in SECTIONS] == list(SECTIONS)


def test_every_error_code_of_the_document_has_a_rule() -> None:
    document = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
    table = document.partition("## Errors and close codes")[2].partition("\n## ")[0]
    codes = {
        line.split("`")[1] for line in table.splitlines() if line.startswith("| `") and line.split("`")[1] != "code"
    }
    texts = " ".join(f"{rule.name} {rule.text}" for rule in RULES)
    # What no client can bring about from outside, or with one token alone.
    elsewhere = {"overloaded", "internal", "no_audio_in", "source", "follow_only"}
    assert {code for code in codes - elsewhere if code not in texts} == set()
    assert {code for code in elsewhere if code in texts} == set()
