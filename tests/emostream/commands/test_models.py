"""``emostream models``: cards of models, and what is none."""

import argparse
import subprocess
from pathlib import Path

import pytest

from emostream import assets
from emostream.commands import models
from emostream.commands.settings import Settings
from emostream.errors import ModelError
from tests.support.processes import COMMAND, ROOT, assert_one_line, emostream, environment
from tests.support.tiny_models import LABELS, tiny_card, write_model


def test_it_prints_the_card_of_each(tiny_paths: list[Path]) -> None:
    ended = emostream("models", *tiny_paths, env={"COLUMNS": "200"})
    assert (ended.returncode, ended.stderr) == (0, "")
    for path, name in zip(tiny_paths, ("tiny_mel", "tiny_mfcc"), strict=True):
        assert f"{name}/test 0.0.1" in ended.stdout
        assert str(path) in ended.stdout
    assert ended.stdout.count(", ".join(LABELS)) == 2
    assert ended.stdout.count("3000 ms of 16000 Hz, every 250 ms") == 2
    assert "40 columns (log_mel), every 10 ms" in ended.stdout
    assert "15 columns (mfcc, spectral_centroid, spectral_contrast_mean), every 20 ms" in ended.stdout
    assert ended.stdout.count("MIT") == 2


def test_it_shows_which_can_take_a_speaker_into_account(tiny_paths: list[Path], summarised_paths: list[Path]) -> None:
    ended = emostream("models", tiny_paths[0], summarised_paths[0], env={"COLUMNS": "200"})
    assert ended.stdout.count("can be enrolled (4 numbers)") == 1


def test_a_file_that_is_no_model_is_one_line_and_nothing_is_printed(tmp_path: Path, tiny_paths: list[Path]) -> None:
    (tmp_path / "text.onnx").write_text("hello")
    for path, said in (
        (tmp_path / "text.onnx", "not an ONNX model"),
        (assets.vad_paths()[0], "no model card"),
        (tmp_path / "missing.onnx", "no such model file"),
        (tmp_path / "missing", "no such model file"),
    ):
        ended = emostream("models", tiny_paths[0], path)
        assert (ended.returncode, ended.stdout) == (1, "")
        assert_one_line(ended.stderr, str(path), said)


def test_without_any_model_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "MODELS", tmp_path)
    parser = argparse.ArgumentParser()
    models.add_arguments(parser, Settings({}, tmp_path / "none"))
    with pytest.raises(ModelError, match="no model in"):
        models.run(parser.parse_args([]))


def test_a_reader_who_has_enough_is_no_failure(tiny_paths: list[Path]) -> None:
    many = [*map(str, tiny_paths)] * 60  # more than a pipe holds
    with subprocess.Popen(
        [*COMMAND, "models", *many], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment({}), cwd=ROOT
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_a_folder_stands_for_the_models_in_it(tiny_paths: list[Path], tmp_path: Path) -> None:
    ended = emostream("models", tiny_paths[0].parent)
    assert ended.returncode == 0
    assert ended.stdout.index("tiny_mel/test") < ended.stdout.index("tiny_mfcc/test")
    (tmp_path / "empty").mkdir()
    ended = emostream("models", tmp_path / "empty")
    assert ended.returncode == 1
    assert_one_line(ended.stderr, str(tmp_path / "empty"), "expected .onnx files in it")


def test_verifying_runs_them_and_says_which_fails(tiny_paths: list[Path], tmp_path: Path) -> None:
    ended = emostream("models", "--verify", *tiny_paths)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.count("does what its card says") == 2
    broken = write_model(tmp_path / "nan.onnx", tiny_card(name="nan"), bias=(float("nan"), 0.0, 0.0, 0.0))
    ended = emostream("models", "--verify", broken, tiny_paths[0])
    assert ended.returncode == 1
    assert_one_line(ended.stderr, str(broken), "gave NaN or infinity")
    assert ended.stdout.count("does what its card says") == 1
