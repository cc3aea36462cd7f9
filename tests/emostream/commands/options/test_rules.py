"""Options that do nothing without another are refused where they are typed, and hold for always as settings."""

import argparse

import pytest

from emostream.commands.options.rules import nearest_question, typed_options
from emostream.errors import USAGE
from tests.support.commands import assert_refused, emostream


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("listen --port 9000", "--port does nothing without --serve"),
        ("listen --hos 127.0.0.1", "--host does nothing without --serve"),
        ("listen --token-file x", "--token-file does nothing without --serve"),
        ("listen --rate 8000", "--rate does nothing without -, which is standard input"),
        ("listen - --channel 2", "--channel does nothing beside -, which is standard input"),
        ("listen - --or-demo", "--or-demo does nothing beside -, which is standard input"),
        ("listen --serve --key x.pem", "--key does nothing without --certificate"),
        ("serve --key x.pem", "--key does nothing without --certificate"),
        ("serve --channel 2", "--channel does nothing without --microphone"),
        ("serve --no-wait", "does nothing without --microphone"),
        ("enrol --list --delete", "--delete does nothing beside --list"),
        ("enrol Ada --list", "found 'Ada' beside --list"),
        ("enrol Ada --delete --moods", "--moods does nothing beside --delete"),
        ("enrol Ada talk.wav --delete", "found recordings beside --delete"),
        ("enrol Ada talk.wav --rate 8000", "--rate does nothing without -, which is standard input"),
        ("file x.wav --steps --format jsonl", "--steps does nothing beside --format jsonl"),
        ("doctor x.wav --device 1", "--device does nothing beside recordings"),
    ],
)
def test_what_would_do_nothing_is_refused(line: str, said: str) -> None:
    assert_refused(emostream(*line.split()), USAGE, said)


def test_a_setting_holds_for_always_and_is_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOSTREAM_PORT", "9000")
    monkeypatch.setenv("EMOSTREAM_DEVICE", "no-such-microphone")
    assert "--serve" not in emostream("listen").errors


def test_what_was_typed_is_known_though_it_equals_the_default() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("words", nargs="*")
    parser.add_argument("--port", type=int, default=1)
    parser.add_argument("--origin", action="append", default=[])
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--wait", action=argparse.BooleanOptionalAction, default=True)
    assert typed_options(parser, ["a", "b"]) == {}
    typed = typed_options(parser, ["a", "--port=1", "--origin", "x", "--origin", "y", "--no-wait"])
    assert typed == {"port": "--port", "origin": "--origin", "wait": "--no-wait"}


def test_the_nearest_is_asked_for_and_nothing_that_is_far() -> None:
    assert nearest_question("--devise", ["--device", "--delete"]) == "did you mean --device?"
    assert nearest_question("--loud", ["--model", "--load-all"]) == ""
