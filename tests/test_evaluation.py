"""Scores through the live path, by models that never heard the speaker: anything else is refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from streamer.audio import AudioBlock
from streamer.errors import NoInputError, UsageError
from tests.spoken_corpus import spoken_corpus
from tests.streams import Parts
from tests.tiny_models import tiny_card, write_model
from trainer import runs
from trainer.corpora.clip import Clip
from trainer.corpora.labels import FOUR, label_set
from trainer.corpora.registry import read_corpus
from trainer.evaluation import Evaluation, evaluate, model_sets
from trainer.metrics import UNNAMED


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> tuple[Clip, ...]:
    """Eight clips of real speech by `spoken-0` and `spoken-1`."""
    return read_corpus(spoken_corpus(tmp_path_factory.mktemp("corpus"))).clips


@pytest.fixture(scope="module")
def folds(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, ...]]:
    """Two models of which each heard the speaker that the other did not."""
    folder = tmp_path_factory.mktemp("folds")
    return [
        (write_model(folder / f"{fold}.onnx", tiny_card(heard_speakers=(f"spoken-{1 - fold}",)), seed=fold),)
        for fold in (0, 1)
    ]


def _evaluation(truth: list[int], p: list[list[float]], corpora: list[str]) -> Evaluation:
    clips = tuple(Clip(Path("x.wav"), corpus, "en", f"{corpus}-0", "", "sad", "", "") for corpus in corpora)
    return Evaluation("by hand", ("angry", "sad"), clips, np.array(truth), np.array(p))


def test_scores_are_those_worked_out_by_hand() -> None:
    evaluation = _evaluation(
        truth=[0, 0, 1, 1, 0, 1],
        p=[[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.0, 0.0], [0.7, 0.3], [0.1, 0.9]],
        corpora=["one", "one", "one", "one", "two", "two"],
    )
    assert evaluation.named.tolist() == [0, 1, 1, UNNAMED, 0, 1]
    assert evaluation.uar_by_corpus() == {"one": 0.5, "two": 1.0}
    assert evaluation.scores() == {
        "UAR one": 0.5,
        "UAR two": 1.0,
        "UAR mean": 0.75,
        "recall angry": 0.6667,
        "recall sad": 0.6667,
    }
    assert evaluation.confusion().tolist() == [[2, 1, 0], [0, 2, 1]]


def test_each_clip_is_judged_by_the_fold_that_did_not_hear_its_speaker(
    clips: tuple[Clip, ...], folds: list[tuple[Path, ...]]
) -> None:
    evaluation = evaluate("folds", folds, clips, FOUR)
    assert evaluation.labels == FOUR.labels
    assert evaluation.truth.tolist() == FOUR.indices(clips).tolist()
    assert np.allclose(evaluation.p.sum(axis=1), 1, atol=1e-3)
    for fold, models in enumerate(folds):
        own = [i for i, clip in enumerate(clips) if clip.speaker == f"spoken-{fold}"]
        card = tiny_card(heard_speakers=())
        alone = write_model(models[0].with_name(f"alone{fold}.onnx"), card, seed=fold)
        judged = evaluate("alone", [(alone,)], [clips[i] for i in own], FOUR)
        assert np.array_equal(evaluation.p[own], judged.p)


def test_two_models_listen_together_as_the_daemon_hears(
    clips: tuple[Clip, ...], tiny_paths: list[Path], parts: Parts
) -> None:
    evaluation = evaluate("both", [tuple(tiny_paths)], clips, FOUR)
    for clip, p in zip(clips[:3], evaluation.p, strict=False):
        samples, sample_rate_hz = soundfile.read(clip.path, dtype="float32")
        stream = parts.stream(sample_rate_hz)
        stream.push(AudioBlock(samples, sample_rate_hz, 0))
        stream.flush()
        assert p == pytest.approx([stream.summary().p[label] for label in FOUR.labels], abs=1e-3)


def test_a_clip_without_speech_has_no_verdict(clips: tuple[Clip, ...], tiny_paths: list[Path], tmp_path: Path) -> None:
    soundfile.write(tmp_path / "silence.wav", np.zeros(16_000), 16_000)
    silent = replace(clips[0], path=tmp_path / "silence.wav")
    evaluation = evaluate("silence", [tuple(tiny_paths)], [silent, *clips], FOUR)
    assert evaluation.named[0] == UNNAMED
    assert (evaluation.named[1:] != UNNAMED).all()


def test_clips_of_other_emotions_are_left_out(clips: tuple[Clip, ...], tiny_paths: list[Path]) -> None:
    fearful = replace(clips[0], emotion="fearful")
    evaluation = evaluate("four", [tuple(tiny_paths)], [fearful, *clips], FOUR)
    assert evaluation.clips == clips


def test_a_speaker_that_was_heard_is_refused(clips: tuple[Clip, ...], folds: list[tuple[Path, ...]]) -> None:
    with pytest.raises(UsageError, match=r"the speaker spoken-1 of 1_.*\.flac was heard in training") as refused:
        evaluate("one fold", folds[:1], clips, FOUR)
    assert "\n" not in str(refused.value)


def test_a_speaker_that_one_of_two_together_heard_is_refused(
    clips: tuple[Clip, ...], folds: list[tuple[Path, ...]]
) -> None:
    together = [(folds[0][0], folds[1][0])]
    with pytest.raises(UsageError, match="was heard in training by every model given"):
        evaluate("together", together, clips, FOUR)


def test_a_speaker_whom_no_fold_heard_is_refused(clips: tuple[Clip, ...], folds: list[tuple[Path, ...]]) -> None:
    stranger = replace(clips[0], speaker="other-9")
    with pytest.raises(UsageError, match=r"the speaker other-9 of .* is in the training of no fold"):
        evaluate("folds", folds, [*clips, stranger], FOUR)


def test_other_labels_are_refused(clips: tuple[Clip, ...], tiny_paths: list[Path]) -> None:
    with pytest.raises(UsageError, match="names angry, happy, neutral, sad, asked for happy, sad: give --labels"):
        evaluate("two", [tuple(tiny_paths)], clips, label_set("happy,sad"))


def _run(folder: Path, speakers_of_folds: dict[int, tuple[str, ...]], *, exported: bool = True) -> Path:
    for fold, speakers in speakers_of_folds.items():
        part = folder / f"fold{fold}"
        runs.write_split(part, runs.SplitFacts(speakers=speakers, split_hash=""))
        runs.write_held_out(part, np.zeros((1, 4), np.float32), np.array([0]))
        if exported:
            (part / runs.MODEL).touch()
    return folder


def test_runs_listen_together_fold_by_fold(tmp_path: Path) -> None:
    one = _run(tmp_path / "one", {0: ("a", "b"), 1: ("c",)})
    two = _run(tmp_path / "two", {0: ("c",), 1: ("a", "b")})
    assert model_sets([one]) == [(one / "fold0" / runs.MODEL,), (one / "fold1" / runs.MODEL,)]
    assert model_sets([one, two]) == [
        (one / "fold0" / runs.MODEL, two / "fold1" / runs.MODEL),
        (one / "fold1" / runs.MODEL, two / "fold0" / runs.MODEL),
    ]


def test_model_files_are_one_set(tiny_paths: list[Path]) -> None:
    assert model_sets(tiny_paths) == [tuple(tiny_paths)]


def test_runs_of_other_folds_and_runs_without_models_are_refused(tmp_path: Path) -> None:
    one = _run(tmp_path / "one", {0: ("a",), 1: ("b",)})
    other = _run(tmp_path / "other", {0: ("a",), 1: ("c",)})
    with pytest.raises(UsageError, match="trained on other folds"):
        model_sets([one, other])
    bare = _run(tmp_path / "bare", {0: ("a",)}, exported=False)
    for missing in (bare, tmp_path / "none"):
        with pytest.raises(NoInputError, match="holds no exported folds: run 'emostream export"):
            model_sets([missing])
