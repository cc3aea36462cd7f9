"""Recordings that lie elsewhere: a zip file stands for a store in a network, since any process can open it."""

import zipfile
from pathlib import Path

import pytest

from emostream.archive.locations import absolute, child, is_url, on_disk, parent, read_place
from emostream.errors import NoInputError


@pytest.mark.parametrize("place", ["s3://bucket/a.wav", "https://host/a.wav", "zip://a.wav::/all.zip", "memory://a"])
def test_urls_stay_as_they_are(place: str) -> None:
    assert is_url(place)
    assert absolute(place) == place


@pytest.mark.parametrize("place", ["a.wav", "/x/a:b.wav", "C:\\a.wav", "file:///a.wav", "12:30:00.wav", "a::b.wav"])
def test_what_is_on_this_machine_is_no_url(place: str) -> None:
    assert not is_url(place)


def test_a_copy_is_there_as_long_as_it_is_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("in/a.wav", b"sound")
    url = f"zip://in/a.wav::{tmp_path}/all.zip"
    with on_disk(url, "a") as path:
        assert path.read_bytes() == b"sound"
        assert path.suffix == ".wav"
    assert not path.exists()
    assert read_place(url) == b"sound"


def test_a_path_of_this_machine_is_not_copied(tmp_path: Path) -> None:
    with on_disk(str(tmp_path / "a.wav"), "a") as path:
        assert path == tmp_path / "a.wav"


@pytest.mark.parametrize(
    ("url", "said"),
    [("zip://a.wav::{folder}/none.zip", "No such file"), ("nonsense://a.wav", "nonsense"), ("adl://a/b.wav", "adlfs")],
)
def test_what_cannot_be_had_is_one_line(url: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(NoInputError, match=said) as caught, on_disk(url.format(folder=tmp_path), "a.wav"):
        pass
    assert str(caught.value).startswith("a.wav cannot be copied here (")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("folder", ["s3://bucket/in", "zip://in::s3://bucket/all.zip", "simplecache::s3://bucket/in"])
def test_what_lies_in_a_folder_has_that_folder(folder: str) -> None:
    assert parent(child(folder, "a.wav")) == folder
    assert child(folder, "a.wav").count("in/a.wav") == 1
