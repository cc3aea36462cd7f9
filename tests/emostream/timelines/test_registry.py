"""Every format, opened again by a reader that is not ours."""

from pathlib import Path

import pytest

from emostream.timelines.registry import FORMATS, PICTURES, STRIP, write_timeline
from emostream.timelines.timeline import Timeline
from tests.support.timeline_readers import READERS, WORDED
from tests.support.timelines import GAP_WORDS, GAPS, NAMES, WORDS, made_up_timeline


@pytest.fixture(scope="module")
def timeline() -> Timeline:
    return made_up_timeline()


def test_there_is_a_reader_for_each_format() -> None:
    assert READERS.keys() == set(FORMATS) - {
        STRIP,
        *PICTURES,
    }  # those are looked at: tests/emostream/timelines/pictures
    assert len(FORMATS) >= 10


@pytest.mark.parametrize("name", READERS)
def test_utterances_and_gaps_of_ten_hours_are_read_again(name: str, timeline: Timeline, tmp_path: Path) -> None:
    path = tmp_path / f"file{FORMATS[name].suffix}"
    with path.open("wb") as file:
        write_timeline(name, timeline, file)
    spoken, gaps = READERS[name](path)
    assert spoken == (WORDS if name in WORDED else NAMES)
    expected = GAP_WORDS if name in WORDED else list(GAPS)
    if name == "rttm":  # its NOSCORE has no place for a reason
        expected = [gap._replace(text="<NA>") for gap in expected]
    assert gaps == expected
