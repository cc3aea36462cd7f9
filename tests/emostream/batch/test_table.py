"""The table of many recordings as CSV, and what stands in it."""

from pathlib import Path

import msgspec
import numpy as np
import pandas

from emostream.batch.overview import overview
from emostream.batch.table import write_table
from tests.support.timelines import LABELS, SOURCE, made_up_events, made_up_timeline, timeline_of


def test_a_recording_is_a_row_and_so_is_one_that_failed(tmp_path: Path) -> None:
    row = overview(made_up_timeline(), "half of it is missing")
    other = msgspec.structs.replace(row, source="other.wav", trouble=None, label=None, share={"bored": 1.0}, p={})
    path = tmp_path / "summary.csv"
    with path.open("wb") as file:
        write_table([row, other], [("bad.wav", 'is "no" sound')], file)
    table = pandas.read_csv(path)
    assert list(table["file"]) == [SOURCE.replace("\udce9", "\\udce9"), "other.wav", "bad.wav"]
    assert list(table["seconds"])[:2] == [36_000.0, 36_000.0]
    assert list(table["lost_s"])[:2] == [2.499, 2.499]
    assert list(table["label"].fillna("")) == ["angry", "", ""]
    assert list(table["error"].fillna("")) == ["half of it is missing", "", 'is "no" sound']
    assert table["share_bored"][1] == 1.0
    assert np.isnan(table["share_bored"][0])
    assert np.isnan(table["confidence"][1])
    assert table[f"p_{LABELS[0]}"][0] == 0.82


def test_a_log_without_a_verdict_over_all_has_shares_of_its_utterances() -> None:
    row = overview(timeline_of(made_up_events()[:-1]))
    assert (row.label, row.p) == (None, {})
    assert row.share == {LABELS[0]: 0.1767, LABELS[1]: 0.0, LABELS[2]: 0.0804, LABELS[3]: 0.7429}
