"""Manifests in all their forms, and folders."""

import io
import json
import os
import zipfile
from pathlib import Path

import pytest
import soundfile

from emostream.archive.manifest import Found, find_sources
from emostream.audio import Samples
from emostream.errors import NoInputError

FORMS = {
    "manifest.csv": "file,speaker,town\na.wav,Ada,Köln\nb/c.wav,,\n",
    "manifest.tsv": "town\tfile\tspeaker\nKöln\ta.wav\tAda\n\tb/c.wav\t\n",
    "semicolons.csv": "\ufefffile;speaker;town\r\na.wav;Ada;Köln\r\nb/c.wav;;\r\n",
    "manifest.jsonl": '{"audio_filepath": "a.wav", "speaker": "Ada", "town": "Köln"}\n\n{"file": "b/c.wav"}\n',
    "manifest.txt": "a.wav\n\n  b/c.wav  \n",
}


@pytest.mark.parametrize("name", FORMS)
def test_a_manifest_names_recordings_from_its_folder_on(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(FORMS[name].encode())
    (tmp_path / "a.wav").write_bytes(b"12345")
    first, second = find_sources(str(tmp_path / name)).sources
    assert (first.file, first.location, first.size) == ("a.wav", str(tmp_path / "a.wav"), 5)
    assert (second.file, second.location, second.speaker) == ("b/c.wav", str(tmp_path / "b" / "c.wav"), None)
    assert second.facts is None
    if name != "manifest.txt":
        assert first.speaker == "Ada"
        assert json.loads(first.facts or "") == {"town": "Köln"}


def test_numbers_of_a_manifest_stay_numbers(tmp_path: Path) -> None:
    (tmp_path / "m.jsonl").write_text('{"file": "a.wav", "speaker": 7, "duration": 1.5}')
    (source,) = find_sources(str(tmp_path / "m.jsonl")).sources
    assert source.speaker == "7"
    assert json.loads(source.facts or "") == {"duration": 1.5}


def test_standard_input_names_recordings_from_here_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a.wav\ns3://bucket/b.wav\nfile:///c.wav\n")))
    locations = [source.location for source in find_sources("-").sources]
    assert locations == [os.path.abspath("a.wav"), "s3://bucket/b.wav", "/c.wav"]  # noqa: PTH100


def test_a_recording_that_is_named_again_is_one(tmp_path: Path) -> None:
    (tmp_path / "m.txt").write_text(f"a.wav\n./a.wav\n{tmp_path}/a.wav\nb.wav\n")
    found = find_sources(str(tmp_path / "m.txt"))
    assert [source.file for source in found.sources] == ["a.wav", "b.wav"]
    assert found.repeated == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "names no recording"),
        (b"RIFF\xff\xfe\x00WAVE", "is no text in UTF-8"),
        (b'{"file": "a.wav"}\n{"speaker": "Ada"}\n', "line 2 of"),
        (b'{"file": "a.wav"}\n{"file": \n', "line 2 of"),
        (b"file,speaker\na.wav,Ada\n,Ada\n", "line 3 of"),
    ],
)
def test_what_is_no_manifest_is_one_line(content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(content)
    with pytest.raises(NoInputError, match=said) as caught:
        find_sources(str(tmp_path / "m"))
    assert "expected" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_manifest_that_is_not_there_is_one_line() -> None:
    with pytest.raises(NoInputError, match=r"nowhere.csv cannot be read \(No such file"):
        find_sources("nowhere.csv")


@pytest.fixture
def zipped(recording: Samples, tmp_path: Path) -> str:
    """The URL of a folder in an archive of files, with two recordings and something else in it."""
    soundfile.write(tmp_path / "talk.wav", recording[:16_000], 16_000)
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for name in ("in/one.wav", "in/deep/two.wav", "in/notes.md"):
            archive.write(tmp_path / "talk.wav", name)
        archive.writestr("in/manifest.csv", "file,speaker\none.wav,Ada\n")
    return f"zip://in::{tmp_path}/all.zip"


def test_a_folder_gives_its_sound_files(recording: Samples, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("b.wav", "deep/a.flac"):
        soundfile.write(tmp_path / name, recording[:16_000], 16_000)
    (tmp_path / "notes.md").write_text("no sound")
    found = find_sources(str(tmp_path))
    assert [source.location for source in found.sources] == [str(tmp_path / "b.wav"), str(tmp_path / "deep" / "a.flac")]
    assert all(source.size for source in found.sources)
    assert find_sources(f"file://{tmp_path}").sources == found.sources


def test_a_folder_and_a_manifest_elsewhere(zipped: str) -> None:
    where = zipped.removeprefix("zip://in")
    found: Found = find_sources(zipped)
    locations = [source.location for source in found.sources]
    assert locations == [f"zip://in/deep/two.wav{where}", f"zip://in/one.wav{where}"]
    assert all(source.size for source in found.sources)
    (source,) = find_sources(f"zip://in/manifest.csv{where}").sources
    assert (source.file, source.location, source.speaker) == ("one.wav", f"zip://in/one.wav{where}", "Ada")
