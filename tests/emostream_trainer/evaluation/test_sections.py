"""Sections of a report, of evaluations that were made by hand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.labels import label_set
from emostream_trainer.evaluation.report import NO_FOLDS, Table
from emostream_trainer.evaluation.result import StreamedEvaluation
from emostream_trainer.evaluation.sections.abstaining import abstaining
from emostream_trainer.evaluation.sections.breakdown import breakdown
from emostream_trainer.evaluation.sections.calibration import calibration
from emostream_trainer.evaluation.sections.pace import pace
from emostream_trainer.evaluation.sections.people import people
from emostream_trainer.evaluation.sections.scores import scores
from tests.support.clip_logs import clip_log

LABELS = label_set("angry,sad")


def _evaluation(clips: int = 40) -> StreamedEvaluation:
    """Speakers in turn, the last in a fold of his own; labels in turn; every fourth clip is wrong, all at .8."""
    made = tuple(
        Clip(
            Path(f"{i}.wav"),
            "made",
            "en",
            f"made-{i % 4}",
            "FM"[i % 4 == 3],
            LABELS.labels[i // 4 % 2],
            "loud" * (i < 8),
            "",
        )
        for i in range(clips)
    )
    truth = LABELS.indices(made)
    predicted = np.where(np.arange(clips) % 4 == 1, 1 - truth, truth)
    p = np.where(np.arange(2) == predicted[:, None], 0.8, 0.2)
    logs = tuple(clip_log([row, row], shown=[-1, label]) for row, label in zip(p, predicted, strict=True))
    fold = np.array([i % 4 == 3 for i in range(clips)], np.int64)
    return StreamedEvaluation("by hand", LABELS.labels, made, truth, p, fold, logs)


def test_scores_have_intervals_and_print_address_speakers_are_few(tmp_path: Path) -> None:
    section = scores([_evaluation()], tmp_path)
    row = section.numbers["by hand"]
    assert row["scores"]["UAR mean"] == 0.75
    assert row["intervals"]["UAR made"][0] < 0.75 < row["intervals"]["UAR made"][1]
    assert row["confusion"] == [[15, 5, 0], [5, 15, 0]]
    assert any("few speakers" in part for part in section.body if isinstance(part, str))
    assert (tmp_path / "uar.png").is_file()


def test_parts_by_what_is_known_of_the_clips() -> None:
    numbers = breakdown(_evaluation()).numbers
    assert {trait: list(parts) for trait, parts in numbers.items()} == {
        "corpus": ["made"],
        "sex": ["men", "women"],
        "language": ["en"],
        "intensity": ["made loud"],
    }
    assert (numbers["sex"]["men"]["clips"], numbers["sex"]["men"]["speakers"]) == (10, 1)
    assert numbers["sex"]["men"]["UAR"] == 1.0
    assert numbers["sex"]["women"]["UAR"] == pytest.approx(2 / 3)
    assert numbers["intensity"]["made loud"]["recalls"] == {"angry": 0.75, "sad": 0.75}


def test_a_label_that_a_part_lacks_has_no_recall() -> None:
    evaluation = _evaluation(4)
    assert breakdown(evaluation).numbers["corpus"]["made"]["recalls"] == {"angry": 0.75, "sad": None}


def test_calibration_of_each_and_of_all_together(tmp_path: Path) -> None:
    evaluation = _evaluation()
    even = replace(evaluation, p=np.full((40, 2), 0.5))
    found = calibration({"alone": evaluation, "together": even}, {0: (1.0, 2.0)}, tmp_path).numbers
    assert found["alone"]["ECE"] == pytest.approx(0.05)  # .8 sure, .75 right
    assert found["alone"]["Brier"] == pytest.approx(0.75 * 2 * 0.04 + 0.25 * 2 * 0.64)
    assert found["alone"]["bins"][0]["count"] == 40
    assert found["together"]["confidence"] == 0.5
    assert found["weights_by_fold"] == {"0": (1.0, 2.0)}


def test_the_pace_by_hand(tmp_path: Path) -> None:
    found = pace(_evaluation(), tmp_path).numbers
    assert found["time to a label"] == {"median_s": pytest.approx(0.65), "never": 0.0}
    assert found["time to the right label"] == {"median_s": pytest.approx(0.65), "never": pytest.approx(0.25)}
    assert (found["named"], found["right"]) == (pytest.approx(1 / 3), pytest.approx(0.75))


def test_people_are_compared_on_the_clips_with_votes() -> None:
    evaluation = _evaluation(8)
    assert people(evaluation, LABELS) is None
    voted = tuple(replace(clip, votes={"sad": 1.0}) if i < 6 else clip for i, clip in enumerate(evaluation.clips))
    section = people(replace(evaluation, clips=voted), LABELS)
    assert section is not None
    assert section.numbers["clips"] == 6
    assert section.numbers["single listeners"] == {"accuracy": pytest.approx(2 / 6), "uar": 0.5}
    assert section.numbers["by hand"]["accuracy"] == pytest.approx(4 / 6)
    table = next(part for part in section.body if isinstance(part, Table))
    assert [row[0] for row in table.rows][-1] == "by hand"


def test_where_all_is_one_fold_nothing_is_fitted(tmp_path: Path) -> None:
    evaluation = replace(_evaluation(), fold=np.zeros(40, np.int64))
    section = abstaining(evaluation, None, tmp_path)
    assert NO_FOLDS in section.body
    section = calibration({"alone": evaluation}, {}, tmp_path)
    assert list(section.numbers) == ["weights_by_fold", "alone"]
    assert NO_FOLDS in section.body
