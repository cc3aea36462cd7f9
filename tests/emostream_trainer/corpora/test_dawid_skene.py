"""Who answers well counts for more."""

import sys

import pytest

from emostream.errors import UsageError
from emostream_trainer.corpora.dawid_skene import Answer, aggregate


def test_no_answers_no_labels() -> None:
    assert aggregate([]) == {}


def test_shares_are_beliefs_that_sum_to_one() -> None:
    answers = [Answer(f"c{i}", f"a{j}", ("angry", "sad")[i % 2]) for i in range(6) for j in range(3)]
    shares = aggregate(answers)
    assert list(shares) == [f"c{i}" for i in range(6)]
    assert shares["c0"] == {"angry": 1.0}
    assert shares["c1"] == {"sad": 1.0}


def test_an_annotator_who_answers_at_random_is_outvoted_by_one_who_does_not() -> None:
    answers = []
    for i in range(40):
        truth = ("angry", "sad")[i % 2]
        answers += [Answer(f"c{i}", name, truth) for name in ("good", "better", "best")]
        answers += [Answer(f"c{i}", name, "angry") for name in ("lazy", "idle", "idler")]
    shares = aggregate(answers)
    assert all(shares[f"c{i}"].get(("angry", "sad")[i % 2], 0) > 0.9 for i in range(40))


def test_without_crowd_kit_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "crowdkit.aggregation", None)
    with pytest.raises(UsageError, match=r"found no crowdkit\.aggregation, .* pip install 'emostream\[train\]'"):
        aggregate([Answer("c", "a", "sad")])
