"""``emostream corpora check`` as a person sees it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from emostream.cli import main
from tests.support import small_corpora
from tests.support.commands import emostream
from tests.support.processes import assert_one_line

Check = Callable[..., tuple[int, str, str]]


@pytest.fixture
def check(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Check:
    """The command's exit code, standard output and standard error, run in an empty folder or what a test makes it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EMOSTREAM_CORPORA", raising=False)
    monkeypatch.setenv("COLUMNS", "120")

    def run(*arguments: object) -> tuple[int, str, str]:
        code = main(["corpora", "check", *map(str, arguments)])
        captured = capfd.readouterr()
        return code, captured.out, captured.err

    return run


def _report(check: Check, *arguments: object) -> dict[str, Any]:
    code, out, _ = check(*arguments, "--format", "json")
    assert code == 0
    report: dict[str, Any] = json.loads(out)
    return report


def test_it_says_what_is_there(tmp_path: Path, check: Check) -> None:
    small_corpora.crema_d(tmp_path)
    code, out, err = check(tmp_path)
    assert code == 0
    assert "12 clips found, 12 to use" in out
    for word in ("crema-d", "1 F, 1 M", "Open Database License", "fearful", "intensity high", "with votes"):
        assert word in out
    assert "left out" not in out
    assert "opening 12 clips" in err


def test_json_says_the_same(tmp_path: Path, check: Check) -> None:
    small_corpora.ravdess(tmp_path / "r")
    small_corpora.emodb(tmp_path / "e")
    report = _report(check, tmp_path)
    assert (report["found"], report["usable"], report["left_out"]) == (74, 74, [])
    emodb, ravdess = report["corpora"]
    assert (emodb["name"], emodb["clips"], emodb["speakers"]) == ("emodb", 14, {"F": 1, "M": 1})
    assert ravdess["intensities"] == {"normal": 32, "strong": 28}
    assert ravdess["labels"] == {"neutral": 4} | dict.fromkeys(
        ("angry", "calm", "disgust", "fearful", "happy", "sad", "surprised"), 8
    )
    assert ravdess["hours"] == pytest.approx(60 * 0.5 / 3600, abs=1e-3)
    assert ravdess["licence"] == "CC BY-NC-SA 4.0"


def test_folds_of_a_table(tmp_path: Path, check: Check) -> None:
    small_corpora.clips_tsv(tmp_path)
    (made,) = _report(check, tmp_path)["corpora"]
    assert made["folds"] == dict.fromkeys("01234", 8)
    assert made["with_votes"] == 0


def test_clips_of_unknown_speaker_are_counted(tmp_path: Path, check: Check) -> None:
    small_corpora.dusha_podcasts(tmp_path)
    (tmp_path / "podcast_train" / "raw_podcast_train.tsv").unlink()
    (dusha,) = _report(check, tmp_path)["corpora"]
    assert (dusha["speakers"], dusha["of_unknown_speaker"], dusha["with_votes"]) == ({}, 8, 0)
    assert "8 clips of unknown speaker" in check(tmp_path)[1]


def test_every_reason_has_its_count_and_its_files(tmp_path: Path, check: Check) -> None:
    small_corpora.crema_d(tmp_path)
    audio = tmp_path / "AudioWAV"
    (audio / "1003_IEO_HAP_HI.wav").touch()
    (audio / "1003_IEO_SAD_HI.wav").write_bytes(b"RIFF and nothing more")
    soundfile.write(audio / "1003_IEO_NEU_XX.wav", np.zeros(16_000), 16_000)
    small_corpora.write_voice(audio / "1003_IEO_ANG_HI.wav", seconds=0.1)
    small_corpora.write_voice(audio / "1003_IEO_FEA_HI (1).wav")
    small_corpora.write_voice(tmp_path / "copy" / "1001_IEO_HAP_HI.wav")
    small_corpora.write_voice(audio / "1076_MTI_SAD_XX.wav")
    (audio / "1004_IEO_HAP_HI.wav").write_bytes((audio / "1001_IEO_HAP_HI.wav").read_bytes())
    report = _report(check, tmp_path)
    assert (report["found"], report["usable"]) == (16, 13)
    left_out = {group["what"].split(":")[0]: group["files"] for group in report["left_out"]}
    assert left_out == {
        "empty file": ["AudioWAV/1003_IEO_HAP_HI.wav"],
        "unreadable": ["AudioWAV/1003_IEO_SAD_HI.wav"],
        "no sound (digital silence)": ["AudioWAV/1003_IEO_NEU_XX.wav"],
        "too short (under 0.25 s)": ["AudioWAV/1003_IEO_ANG_HI.wav"],
        "not a name of crema-d": ["AudioWAV/1003_IEO_FEA_HI (1).wav"],
        "second copy of a recording": ["copy/1001_IEO_HAP_HI.wav"],
        "known to have no sound": ["AudioWAV/1076_MTI_SAD_XX.wav"],
    }
    assert all(group["count"] == 1 for group in report["left_out"])
    twins = ["AudioWAV/1001_IEO_HAP_HI.wav", "AudioWAV/1004_IEO_HAP_HI.wav"]
    assert report["worth_knowing"] == [{"what": "the same sound in several files", "count": 2, "files": twins}]
    code, out, _ = check(tmp_path)
    assert code == 0
    for words in ("left out", "second copy of a recording", "used, but worth knowing", "1004_IEO_HAP_HI.wav"):
        assert words in out


def test_nothing_to_use_is_the_list_and_one_line(tmp_path: Path, check: Check) -> None:
    small_corpora.write_voice(tmp_path / "take one.wav")
    code, out, err = check(tmp_path)
    assert code == 66
    assert "not a name of any known corpus" in out
    assert "take one.wav" in out
    assert_one_line(err.splitlines()[-1] + "\n", "found no clip to use in", "(1 files left out)")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ([], 66, "no corpus was named"),
        (["nowhere"], 66, "found nothing at nowhere"),
        ([".", "--kind", "iemocap"], 2, "--kind: invalid choice: 'iemocap'"),
    ],
)
def test_what_cannot_be_done_is_one_line(arguments: list[str], code: int, says: str, check: Check) -> None:
    ended, out, err = check(*arguments)
    assert (ended, out) == (code, "")
    assert_one_line(err, says)


def test_the_folder_may_come_from_the_environment(tmp_path: Path) -> None:
    small_corpora.emodb(tmp_path)
    said = emostream("corpora", "check", env={"EMOSTREAM_CORPORA": str(tmp_path)})
    assert said.code == 0
    assert "14 clips found, 14 to use" in said.out


@pytest.mark.corpora
def test_the_real_corpora(corpora: Path, check: Check) -> None:
    report = _report(check, corpora)
    assert (report["found"], report["usable"]) == (7810, 7810)
    speakers = {of["name"]: sum(of["speakers"].values()) for of in report["corpora"]}
    assert speakers == {"emodb": 8, "nemo": 7, "ravdess": 20, "tess": 2}
    (odd,) = report["left_out"]
    assert odd["what"] == "not listed in clips.tsv"
    assert len(odd["files"]) == 4
    assert report["worth_knowing"] == []


@pytest.mark.corpora
def test_odd_files_are_each_named_with_a_reason(corpora: Path, check: Check) -> None:
    folder = corpora / "odd"
    code, out, _ = check(folder, "--format", "json")
    assert code == 66
    (group,) = json.loads(out)["left_out"]
    assert group["what"] == "not a name of any known corpus"
    assert group["files"] == sorted(path.name for path in folder.iterdir())
