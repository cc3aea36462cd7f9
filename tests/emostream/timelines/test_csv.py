"""Timelines as CSV, read by pandas."""

import io
from pathlib import Path

import numpy as np
import pandas
import pytest

from emostream.timelines.csv import write_csv
from emostream.timelines.tables import columns_of
from tests.support.timelines import LABELS, N_STEPS, SOURCE, SPOKEN, made_up_timeline, probabilities


def table_of(tmp_path: Path, *, with_steps: bool = False) -> pandas.DataFrame:
    path = tmp_path / "talk.csv"
    with path.open("wb") as file:
        write_csv(made_up_timeline(with_steps=with_steps), file)
    return pandas.read_csv(path)


def test_utterances_have_their_probabilities_voice_and_what_was_shown_before(tmp_path: Path) -> None:
    table = table_of(tmp_path)
    assert list(table.columns) == [column.name for column in columns_of(made_up_timeline())]
    # A byte that is no UTF-8 is written as Python shows it.
    assert set(table["file"]) == {SOURCE.replace("\udce9", "\\udce9")}
    spoken = table[table["type"] == "utterance"]
    for row, expected in zip(spoken.to_dict("records"), SPOKEN, strict=True):
        found = {label: row[f"p_{label}"] for label in LABELS}
        assert found == (
            probabilities(expected)
            if expected.confidence
            else pytest.approx(dict.fromkeys(LABELS, np.nan), nan_ok=True)
        )
        assert (row["pitch_hz"] == 150.3) == (expected.label is not None)
    assert list(spoken["earlier"].fillna("")) == ["שמח", "", "", "", ""]
    gaps = table[table["type"] == "gap"]
    assert list(gaps["lost_s"]) == [2.499, 0.0]
    assert gaps[[f"p_{label}" for label in LABELS]].isna().all().all()


def test_steps_are_rows_of_their_own(tmp_path: Path) -> None:
    table = table_of(tmp_path, with_steps=True)
    assert len(table) == N_STEPS
    assert list(table["end_s"]) == [0.25 * number for number in range(1, N_STEPS + 1)]
    at_2_s = table[table["end_s"] == 2.0].to_dict("records")[0]
    assert at_2_s["start_s"] == 0.0
    assert (at_2_s["label"], at_2_s["confidence"], at_2_s["p_angry"]) == ("angry", 0.82, 0.82)
    assert (at_2_s["agreement"], at_2_s["speech"], at_2_s["level_dbfs"]) == (0.875, True, -31.5)
    silent = table[~table["speech"]]
    assert silent["label"].isna().all()
    assert silent[["confidence", "agreement"]].isna().all().all(), "0 would be a figure"


def test_several_stand_below_one_header() -> None:
    file = io.BytesIO()
    for number in range(3):
        write_csv(made_up_timeline(f"{number}.wav"), file, with_header=number == 0)
    file.seek(0)
    assert list(pandas.read_csv(file)["file"].unique()) == ["0.wav", "1.wav", "2.wav"]
