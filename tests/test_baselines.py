"""The baselines: easy where the features tell emotions apart, and always judged on strangers."""

from pathlib import Path

import numpy as np
import pytest

from tests.small_corpora import clips_tsv
from trainer.baselines import DEVIATIONS, MEANS, baselines
from trainer.corpora.labels import FOUR
from trainer.corpora.registry import read_corpus
from trainer.evaluation import Evaluation


@pytest.fixture(scope="module")
def evaluations(tmp_path_factory: pytest.TempPathFactory) -> list[Evaluation]:
    folder = clips_tsv(tmp_path_factory.mktemp("corpus"), speakers=3)
    return baselines(read_corpus(folder).clips, FOUR)


def test_there_is_one_on_means_and_one_on_deviations_too(evaluations: list[Evaluation]) -> None:
    assert [evaluation.name for evaluation in evaluations] == [MEANS, DEVIATIONS]
    for evaluation in evaluations:
        assert evaluation.labels == FOUR.labels
        assert evaluation.p.shape == (24, 4)
        assert np.allclose(evaluation.p.sum(axis=1), 1)


def test_pitch_and_loudness_of_made_up_voices_are_told_apart(evaluations: list[Evaluation]) -> None:
    for evaluation in evaluations:
        assert evaluation.scores()["UAR mean"] > 0.9


def test_a_label_is_not_learnt_from_the_speaker_that_is_judged(tmp_path: Path) -> None:
    # One speaker's clips are all named wrong: only whoever heard that speaker could get them "right".
    folder = clips_tsv(tmp_path, speakers=3)
    wrong = {"neutral": "happy", "happy": "sad", "sad": "angry", "angry": "neutral"}
    rows = [row.split("\t") for row in (folder / "clips.tsv").read_text().splitlines()]
    for row in rows[1:]:
        if row[3] == "made-0":
            row[5] = wrong[row[5]]
    (folder / "clips.tsv").write_text("\n".join(["\t".join(row) for row in rows] + [""]))
    for evaluation in baselines(read_corpus(folder).clips, FOUR):
        of_liar = np.array([clip.speaker == "made-0" for clip in evaluation.clips])
        assert (evaluation.named[of_liar] == evaluation.truth[of_liar]).mean() < 0.2
