"""Praat's TextGrid, opened by Praat."""

from pathlib import Path

import parselmouth
import pytest
from parselmouth.praat import call

from emostream.timelines.textgrid import write_textgrid
from emostream.timelines.timeline import Timeline
from tests.support.stream_events import hello
from tests.support.timelines import LENGTH_MS, made_up_timeline


def test_every_tier_goes_from_end_to_end(tmp_path: Path) -> None:
    path = tmp_path / "talk.TextGrid"
    with path.open("wb") as file:
        write_textgrid(made_up_timeline(), file)
    grid = parselmouth.read(str(path))
    assert grid.xmax == LENGTH_MS / 1000
    names = [call(grid, "Get tier name", number) for number in range(1, call(grid, "Get number of tiers") + 1)]
    assert names == ["label", "confidence", "speech", "gaps"]
    for tier in range(1, 5):
        count = call(grid, "Get number of intervals", tier)
        ends = [call(grid, "Get end time of interval", tier, number) for number in range(1, count + 1)]
        assert ends == sorted(ends)
        assert ends[-1] == LENGTH_MS / 1000
    at_2_s = [
        call(grid, "Get label of interval", tier, call(grid, "Get interval at time", tier, 2.0)) for tier in range(1, 5)
    ]
    assert at_2_s == ["angry", "0.8200", "speech", ""]
    at_an_hour = call(grid, "Get label of interval", 4, call(grid, "Get interval at time", 4, 3_600.0))
    assert at_an_hour == "paused"


def test_what_never_had_a_sound_is_a_grid_too(tmp_path: Path) -> None:
    path = tmp_path / "nothing.TextGrid"
    with path.open("wb") as file:
        write_textgrid(Timeline(hello(), 0, (), ()), file)
    assert parselmouth.read(str(path)).xmax == pytest.approx(0.001)
