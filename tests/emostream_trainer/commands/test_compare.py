"""``emostream compare`` as people run it."""

import json
from pathlib import Path

import pytest

from emostream.audio import Samples
from emostream.errors import USAGE
from emostream.sessions.manifest import Kept
from tests.support.commands import assert_refused, emostream
from tests.support.recorded_sessions import record
from tests.support.streams import HZ, Parts


@pytest.fixture(scope="module")
def session(parts: Parts, recording: Samples, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compared") / "session"
    record(folder, Kept.ROWS, parts, recording[: 12 * HZ])
    return folder


def test_it_says_what_both_say_as_text_json_and_a_picture(
    session: Path, tiny_paths: list[Path], tmp_path: Path
) -> None:
    models = ("--model", tiny_paths[0], "--model", tiny_paths[1])
    text = emostream("compare", session, *models, "--plot", tmp_path / "both.png")
    assert (text.code, text.errors) == (0, "")
    assert text.out.startswith(f"{session}: 00:")
    assert f"  A  {tiny_paths[0]} (tiny_mel/test 0.0.1)" in text.out
    assert (tmp_path / "both.png").exists()
    assert (tmp_path / "both.svg").exists()
    report = json.loads(emostream("compare", session, *models, "--format", "json").out)
    for side in report["sides"]:
        assert sum(side["labels"].values()) == report["utterances"]
    assert len(report["changed"]) == round((1 - report["same_utterances"]) * report["utterances"])
    assert f"{len(report['changed'])} utterances that A and B name otherwise" in text.out


def test_bad_input_is_one_line(session: Path, tiny_paths: list[Path], tmp_path: Path) -> None:
    first = ("--model", tiny_paths[0])
    assert_refused(emostream("compare", session, *first), USAGE, "found 1 models, expected two: --model A --model B")
    assert_refused(emostream("compare", tmp_path, *first, *first), 1, "is no session")
    missing = emostream("compare", session, *first, "--model", tmp_path / "none.onnx")
    assert_refused(missing, 1, "none.onnx: no such model file")
    shipped = emostream("compare", session, *first, "--model", "shipped")
    assert_refused(shipped, 1, "whisper reads other rows than", "which are those of tiny_mel, tiny_mfcc")
    nowhere = emostream("compare", session, *first, *first, "--plot", tmp_path / "none" / "both.png")
    assert_refused(nowhere, USAGE, "found no folder", "for --plot")
