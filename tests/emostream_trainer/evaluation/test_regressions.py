"""The baselines: easy where the features tell emotions apart, and always judged on strangers."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from emostream_trainer.corpora.labels import FOUR
from emostream_trainer.corpora.registry import read_corpus
from emostream_trainer.evaluation.regressions import DEVIATIONS, LEAKY, MEANS, regressions
from emostream_trainer.evaluation.result import Evaluation
from tests.support.small_corpora import clips_tsv


@pytest.fixture(scope="module")
def evaluations(tmp_path_factory: pytest.TempPathFactory) -> list[Evaluation]:
    folder = clips_tsv(tmp_path_factory.mktemp("corpus"), speakers=3)
    return regressions(read_corpus(folder).clips, FOUR)


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
    for evaluation in regressions(read_corpus(folder).clips, FOUR):
        of_liar = np.array([clip.speaker == "made-0" for clip in evaluation.clips])
        assert (evaluation.predicted[of_liar] == evaluation.truth[of_liar]).mean() < 0.2


def test_a_leak_flatters_and_says_so(tmp_path: Path) -> None:
    # Nothing tells the emotions apart, but each speaker has one that is theirs: to know the speaker is to know it.
    folder = clips_tsv(tmp_path, speakers=4, clips=5)
    rows = [row.split("\t") for row in (folder / "clips.tsv").read_text().splitlines()]
    for i, row in enumerate(rows[1:]):
        speaker, take = int(row[3][-1]), i % 20
        row[5] = FOUR.labels[speaker if take > 3 else take]
    (folder / "clips.tsv").write_text("\n".join(["\t".join(row) for row in rows] + [""]))
    # A hum tells the speakers apart.
    for path in (folder / "audio").iterdir():
        samples, hz = soundfile.read(path)
        hum = 0.1 * np.sin(2 * np.pi * 1000 * (1 + int(path.stem[0])) * np.arange(len(samples)) / hz)
        soundfile.write(path, samples + hum, hz)
    found = regressions(read_corpus(folder).clips, FOUR, leaky=True)
    assert [evaluation.name for evaluation in found] == [MEANS, DEVIATIONS, LEAKY]
    clean, leaky = (evaluation.scores()["UAR mean"] for evaluation in found[1:])
    assert leaky > clean + 0.3
    assert "at random" in LEAKY
