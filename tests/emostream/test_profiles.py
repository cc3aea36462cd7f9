"""Who is enrolled: names, files, and who may read them."""

import stat
import sys
from pathlib import Path

import pytest

from emostream.errors import ProfileError, UsageError
from emostream.inference.profile import SpeakerProfile
from emostream.profiles import Speakers, speaker_name


def profile(name: str, seconds: float = 20.0) -> SpeakerProfile:
    return SpeakerProfile(name=name, seconds=seconds, models=())


@pytest.mark.parametrize("name", ["Ada", "a", "Zo\u00eb", "O'Neil", "Ada L. Byron", "\u674e", "x-1_2", "a" * 40])
def test_names_of_people_are_taken(name: str, tmp_path: Path) -> None:
    assert speaker_name(name) == name
    speakers = Speakers(tmp_path)
    assert speakers.save(profile(name)).parent == tmp_path
    assert speakers.names() == [name]
    assert speakers.load(name) == profile(name)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "a/b", "a\\b", ".hidden", " a", "a ", "a\n", "a\x00b", "-a", "a" * 41, "~", "a:b"]
)
def test_what_could_lead_elsewhere_is_no_name(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="for the name of a speaker, expected 1 to 40 letters") as caught:
        speaker_name(name)
    assert "\n" not in str(caught.value)
    with pytest.raises(UsageError):
        Speakers(tmp_path).load(name)


def test_two_ways_to_write_a_letter_are_one_name() -> None:
    assert speaker_name("Zoe\u0308") == "Zo\u00eb"


def test_a_second_profile_takes_the_place_of_the_first(tmp_path: Path) -> None:
    speakers = Speakers(tmp_path / "new" / "folder")
    assert speakers.names() == []
    assert "Ada" not in speakers
    speakers.save(profile("Ada"))
    speakers.save(profile("Ada", 30.0))
    speakers.save(profile("Bo"))
    assert "Ada" in speakers
    assert speakers.load("Ada").seconds == 30.0
    assert speakers.names() == ["Ada", "Bo"]
    speakers.delete("Ada")
    assert [path.name for path in (tmp_path / "new" / "folder").iterdir()] == ["Bo.json"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps a user's folders to the user by other means")
def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    path = Speakers(tmp_path / "speakers").save(profile("Ada"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_somebody_unknown_is_one_line(tmp_path: Path) -> None:
    speakers = Speakers(tmp_path)
    with pytest.raises(UsageError, match="Ada is not enrolled \\(found nobody\\): 'emostream enrol Ada'"):
        speakers.load("Ada")
    speakers.save(profile("Bo"))
    with pytest.raises(UsageError, match="Ada is not enrolled \\(found Bo\\)"):
        speakers.delete("Ada")


def test_a_damaged_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "Ada.json").write_bytes(b"{")
    with pytest.raises(ProfileError, match="enrol again") as caught:
        Speakers(tmp_path).load("Ada")
    assert str(tmp_path / "Ada.json") in str(caught.value)


def test_a_folder_that_cannot_be_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ProfileError, match="cannot be written") as caught:
        Speakers(tmp_path / "file").save(profile("Ada"))
    assert "\n" not in str(caught.value)


def test_upper_and_lower_case_are_the_same_name(tmp_path: Path) -> None:
    speakers = Speakers(tmp_path)
    speakers.save(profile("Ada"))
    assert "ADA" in speakers
    assert speakers.load("ada").name == "Ada"
    speakers.save(profile("aDA"))
    assert speakers.names() == ["aDA"]
    speakers.delete("Ada")
    assert speakers.names() == []
