"""The table of many recordings on a terminal."""

import io

import msgspec
import pytest
from rich.console import Console

from emostream.batch.overview import Overview
from emostream.commands.overview_table import MOST_ROWS, overview_table

ROW = Overview(
    source="talk\n.wav",
    seconds=3_600.0,
    speech_s=60.0,
    lost_s=0.0,
    label="sad",
    confidence=0.74,
    p={"angry": 0.26, "sad": 0.74},
    share={"angry": 0.25, "sad": 0.75},
)


def shown(*rows: Overview) -> list[list[str]]:
    """The words of each line."""
    file = io.StringIO()
    Console(file=file, width=120).print(overview_table(rows))
    return [line.split() for line in file.getvalue().splitlines() if line.strip(" ─")]


def test_there_is_a_row_for_each_and_one_for_all_weighted_by_speech() -> None:
    unsure = msgspec.structs.replace(ROW, label=None, confidence=0.4, share={"angry": 1.0, "sad": 0.0}, speech_s=180.0)
    silent = msgspec.structs.replace(
        ROW, label=None, confidence=0.0, p={}, share={"angry": 0.0, "sad": 0.0}, speech_s=0
    )
    assert shown(ROW, unsure, silent) == [
        ["file", "speech", "of", "label", "confidence", "angry", "sad"],
        [r"talk\n.wav", "01:00.0", "1:00:00.0", "sad", "74%", "25%", "75%"],
        [r"talk\n.wav", "03:00.0", "1:00:00.0", "unsure", "100%", "0%"],
        [r"talk\n.wav", "00:00.0", "1:00:00.0", "—"],
        ["3", "files", "04:00.0", "3:00:00.0", "81%", "19%"],
    ]


def test_of_very_many_the_sum_alone_is_shown() -> None:
    rows = [ROW] * (MOST_ROWS + 1)
    assert len(shown(*rows)) == 2
    assert len(shown(*rows[1:])) == MOST_ROWS + 2


@pytest.mark.parametrize(
    ("sources", "names"),
    [
        (["/home/a/calls/one.wav", "/home/a/calls/june/two.wav"], ["one.wav", "june/two.wav"]),
        (["/home/a/one.wav", "/home/b/one.wav"], ["a/one.wav", "b/one.wav"]),
        (["calls/one.wav"], ["one.wav"]),
        (["one.wav", "other.wav"], ["one.wav", "other.wav"]),
        (["https://host/one.wav", "s3://host/one.wav"], ["https://host/one.wav", "s3://host/one.wav"]),
    ],
)
def test_names_are_without_the_folder_that_all_are_in(sources: list[str], names: list[str]) -> None:
    rows = shown(*(msgspec.structs.replace(ROW, source=source) for source in sources))
    assert [row[0] for row in rows[1 : 1 + len(names)]] == names
