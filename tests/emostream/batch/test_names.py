"""Names of what is written: none belongs to two recordings."""

from collections.abc import Mapping
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from emostream.batch.names import output_names

HERE = Path.cwd()


def names(*sources: str, roots: tuple[str, ...] = (), taken: Mapping[str, str] = {}) -> list[str]:
    return output_names([Path(source) for source in sources], [".csv", ".srt"], [Path(root) for root in roots], taken)


def test_a_file_has_its_own_name_and_one_in_a_folder_its_place_there() -> None:
    assert names("deep/down/talk.wav") == ["talk"]
    assert names("all/a/talk.wav", "all/talk.wav", roots=("all",)) == ["a/talk", "talk"]


def test_equal_names_are_told_apart_by_suffix_or_by_folder() -> None:
    assert names("a/x.wav", "b/x.wav") == ["a/x", "b/x"]
    assert names("a/x.wav", "a/x.mp3") == ["x.wav", "x.mp3"]
    assert names("a/x.wav", "a/x.mp3", "b/x.wav", "b/y.wav") == ["a/x.wav", "a/x.mp3", "b/x", "y"]
    assert names("one/x.wav", "two/x.wav", roots=("one", "two")) == ["one/x", "two/x"]


def test_names_in_other_case_are_equal_on_some_disks() -> None:
    assert names("a/X.wav", "b/x.wav") == ["a/X", "b/x"]
    assert names("/X.wav", "/x.wav") == ["X", "x-2"]


def test_what_was_written_before_is_left_to_its_source() -> None:
    taken = {"x.csv": str(HERE / "a/x.wav")}
    assert names("a/x.wav", taken=taken) == ["x"]
    assert names("b/x.wav", taken=taken) == ["b/x"]
    assert names("a/x.wav", "b/x.wav", taken=taken) == ["x", "b/x"]
    assert names("summary.wav", taken={"summary.csv": ""}) == ["summary.wav"]


def test_names_with_their_endings_are_told_apart() -> None:
    sources = [Path("x.audacity.wav"), Path("x.wav")]
    assert output_names(sources, [".txt", ".audacity.txt"]) == ["x.audacity.wav", "x.wav"]


PARTS = st.sampled_from(["a", "A", "b", "x-2", "é", "é"])
PATHS = st.builds(lambda folders, name, suffix: "/".join([*folders, name]) + suffix,
    st.lists(PARTS, max_size=3), PARTS, st.sampled_from([".wav", ".WAV", ".mp3", ""]))  # fmt: skip


@settings(max_examples=50)
@given(
    st.lists(PATHS, unique=True, max_size=12), st.lists(PARTS, max_size=2), st.dictionaries(PATHS, PATHS, max_size=4)
)
def test_no_two_are_equal_whatever_there_is(sources: list[str], roots: list[str], taken: dict[str, str]) -> None:
    owners = {f"{name}.csv": str(HERE / source) for name, source in taken.items()}
    found = names(*sources, roots=tuple(roots), taken=owners)
    files = [f"{name}.csv".casefold() for name in found]
    assert len(set(files)) == len(files)
    for name, source in zip(found, sources, strict=True):
        assert ".." not in Path(name).parts
        assert not Path(name).is_absolute()
        assert owners.get(f"{name}.csv") in (None, str(HERE / source))
