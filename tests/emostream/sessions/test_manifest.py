"""What a folder must hold to be a session."""

import json
from pathlib import Path

import pytest

from emostream.errors import SessionError
from emostream.sessions.manifest import MANIFEST, Kept, new_manifest, read_manifest, write_manifest
from emostream.sessions.row_codec import ROUNDING


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_manifest(tmp_path, new_manifest("emostream test", "2026-11-28T12:00:00.000Z", "a recording", Kept.ROWS))
    return tmp_path


def test_it_comes_back_and_nobody_else_reads_it(folder: Path) -> None:
    manifest = read_manifest(folder)
    assert (manifest.kept, manifest.rounding, manifest.streams, manifest.ended) == (Kept.ROWS, ROUNDING, (), None)
    assert (folder / MANIFEST).stat().st_mode & 0o777 == 0o600
    assert next(iter(json.loads((folder / MANIFEST).read_bytes()))) == "format"


def change(folder: Path, **fields: object) -> None:
    path = folder / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_bytes()) | fields), encoding="utf-8")


def test_what_a_newer_version_adds_is_passed_over(folder: Path) -> None:
    change(folder, weather="fine")
    assert read_manifest(folder).source == "a recording"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"format": 2}, "has format 2, this emostream reads format 1: install"),
        ({"kept": "sound"}, "is damaged: Invalid enum value 'sound'"),
        ({"source": None}, "is damaged: Expected `str`, got `null`"),
    ],
)
def test_what_cannot_be_read_is_said(folder: Path, fields: dict[str, object], said: str) -> None:
    change(folder, **fields)
    with pytest.raises(SessionError, match=said):
        read_manifest(folder)


def test_what_is_no_session_is_said(folder: Path, tmp_path: Path) -> None:
    (folder / MANIFEST).write_bytes(b"{")
    with pytest.raises(SessionError, match=r"session\.json is damaged: Input data was truncated"):
        read_manifest(folder)
    (folder / MANIFEST).unlink()
    with pytest.raises(SessionError, match=r"is no session: found no session\.json in it"):
        read_manifest(folder)
    with pytest.raises(SessionError, match=r"found nothing at .*none, expected the folder of a session"):
        read_manifest(tmp_path / "none")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SessionError, match=r"found a file at .*file, expected the folder of a session"):
        read_manifest(tmp_path / "file")
