"""A fit repeats itself, one that was interrupted ends where it would have ended, and a head comes last."""

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from rich.console import Console
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from emostream_trainer import runs
from emostream_trainer.data.feature_cache import BY_TELEPHONE
from emostream_trainer.data.training_set import Batch, TrainingSet, rows_of
from emostream_trainer.networks.network import load_network
from emostream_trainer.recipes import Pretrained
from emostream_trainer.training.discriminant import LEAST_DEVIATION
from emostream_trainer.training.fit import Fitted, Judge, fit
from emostream_trainer.training.learner import Learner
from emostream_trainer.training.progress import RunProgress, Work
from tests.support.tiny_training import RELATIVE, cache_of, made_up_cache, made_up_training, tiny_recipe, with_telephone

# Between them: dropout and batch norms in both frameworks, a constant rate, and a head.
NAMES = ("mfcc_cnn1d/published", "mfcc_cnn1d/distilled", "mel_cnn2d/attentive")


def _training(name: str, **changes: Any) -> TrainingSet:
    return made_up_training(tiny_recipe(name, **changes))


def _progress(training: TrainingSet, console: Console | None = None) -> RunProgress:
    work = {"fold0": Work(training.recipe.epochs * training.batches_per_epoch, len(training.clips))}
    return RunProgress(console or Console(file=io.StringIO()), "tiny", work, training.recipe.batch_size)


def _fit(training: TrainingSet, folder: Path, console: Console | None = None) -> Fitted:
    return fit(training, 4, folder, _progress(training, console))


def _interrupted(training: TrainingSet, at_epoch: int) -> TrainingSet:
    """The set, with somebody who presses Ctrl-C after the first batch of an epoch."""
    epoch = training.epoch

    def until_ctrl_c(number: int) -> Iterator[Batch]:
        batches = epoch(number)
        if number == at_epoch:
            yield next(batches)
            raise KeyboardInterrupt
        yield from batches

    training.epoch = until_ctrl_c  # type: ignore[method-assign]
    return training


def _logits(fitted: Fitted, training: TrainingSet) -> np.ndarray:
    return fitted.learner.run(next(training.epoch(0)).windows)[0]


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_network_interrupted_or_not(name: str, tmp_path: Path) -> None:
    training = _training(name)
    straight = _fit(training, tmp_path / "straight")
    assert len(straight.history) == 2

    again = _fit(_training(name), tmp_path / "again")
    assert again.history == straight.history
    assert np.array_equal(_logits(again, training), _logits(straight, training))

    with pytest.raises(KeyboardInterrupt):
        _fit(_interrupted(_training(name), at_epoch=1), tmp_path / "interrupted")
    assert runs.read_history(tmp_path / "interrupted") == straight.history[:1]
    resumed = _fit(_training(name), tmp_path / "interrupted")
    assert resumed.history == straight.history
    assert np.array_equal(_logits(resumed, training), _logits(straight, training))


def test_a_fit_that_ended_is_only_loaded(tmp_path: Path) -> None:
    training = _training("mel_cnn2d/attentive")
    first = _fit(training, tmp_path)
    written = (tmp_path / runs.CHECKPOINT).stat().st_mtime_ns
    second = _fit(_interrupted(_training("mel_cnn2d/attentive"), at_epoch=0), tmp_path)
    assert second.history == first.history
    assert np.array_equal(_logits(second, training), _logits(first, training))
    assert (tmp_path / runs.CHECKPOINT).stat().st_mtime_ns == written


def test_a_checkpoint_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from emostream_trainer.training.torch_learner import TorchLearner

    def half_way(self: TorchLearner, path: Path) -> None:
        path.write_bytes(b"half of it")
        raise KeyboardInterrupt

    training = _training("mel_cnn2d/attentive")
    monkeypatch.setattr(TorchLearner, "save", half_way)
    with pytest.raises(KeyboardInterrupt):
        _fit(training, tmp_path)
    assert not (tmp_path / runs.CHECKPOINT).exists()
    assert runs.read_history(tmp_path) == []
    monkeypatch.undo()
    assert len(_fit(training, tmp_path).history) == 2


def _summaries(fitted: Fitted, training: TrainingSet) -> np.ndarray:
    """Of the windows that the summaries are standardised by."""
    windows = [
        training.cache.clip(window.number)[window.start : window.stop]
        for _, window in training.excerpts()
        if window.view == 0
    ]
    return np.concatenate([fitted.learner.run(window[None])[1] for window in windows])


@pytest.mark.parametrize("name", RELATIVE)
def test_a_discriminant_is_fitted_to_standardised_summaries_after_the_last_epoch(name: str, tmp_path: Path) -> None:
    training, written = _training(name), io.StringIO()
    fitted = _fit(training, tmp_path, Console(file=written, width=100))
    assert written.getvalue().splitlines()[-1].startswith("fold0  discriminant")
    assert runs.is_trained(tmp_path, training.recipe)
    summaries = _summaries(fitted, training)
    # A window by itself may be rounded another way than in a batch (networks.integer_linear).
    rounding = 0.05 if fitted.learner.rounds else 0.0
    assert np.allclose(summaries.mean(axis=0), 0, atol=0.01 + rounding)
    differing = summaries.std(axis=0) > LEAST_DEVIATION
    assert differing.any()  # without the published weights, few do
    assert np.allclose(summaries[:, differing].std(axis=0), 1, atol=0.02 + rounding)

    usual = runs.read_summaries(tmp_path)
    neutral, speech, moods = usual.neutral, usual.speech, usual.moods
    assert neutral.shape == speech.shape == (fitted.learner.summary_size,)
    assert (moods is not None) == (training.recipe.speaker_share < 1)
    assert moods is None or moods.shape == (len(training.labels.labels), fitted.learner.summary_size)
    assert not np.allclose(neutral, speech, atol=0.01)
    # A voice's level is all that there is to tell these clips apart by, and it does not change what is usual.
    windows = next(training.epoch(0)).windows
    offset = np.tile(neutral, (len(windows), 1))
    assert not np.allclose(fitted.learner.run(windows, offset)[0], fitted.learner.run(windows)[0], atol=1e-4)


def test_windows_by_telephone_have_a_head_of_their_own(tmp_path: Path) -> None:
    training = _training("mel_cnn2d/staged")
    by_telephone = [window for _, window in training.excerpts() if window.view == BY_TELEPHONE]
    assert len(by_telephone) == len([window for _, window in training.excerpts() if window.view == 0])
    fitted = _fit(training, tmp_path)
    heard = np.concatenate([fitted.learner.run(rows_of(training.cache, [window]))[1] for window in by_telephone])
    clean = _summaries(fitted, training)
    assert np.allclose(np.median(heard, axis=0), np.median(clean, axis=0), atol=1), "what the line does is taken off"
    state = torch.load(tmp_path / runs.CHECKPOINT, weights_only=True)["network"]
    assert not torch.allclose(state["classify_narrow.weight"], state["classify.weight"])


def test_without_clips_by_telephone_both_heads_are_the_same(tmp_path: Path) -> None:
    """As where all clips are features without audio."""
    training = _training("mel_cnn2d/staged")
    training.clips = tuple(replace(clip, path=clip.path.with_suffix(".npy")) for clip in training.clips)
    _fit(training, tmp_path)
    state = torch.load(tmp_path / runs.CHECKPOINT, weights_only=True)["network"]
    assert torch.equal(state["classify_narrow.weight"], state["classify.weight"])
    assert not state["shift"].any()


def test_of_a_network_that_learns_no_more_only_the_head_is_fitted(tmp_path: Path) -> None:
    training = _training("mel_cnn2d/staged")
    first = _fit(training, tmp_path)
    assert first.history == []
    assert (tmp_path / runs.CHECKPOINT).is_file()
    written = (tmp_path / runs.CHECKPOINT).stat().st_mtime_ns
    second = _fit(_training("mel_cnn2d/staged"), tmp_path)
    assert (tmp_path / runs.CHECKPOINT).stat().st_mtime_ns == written
    assert np.array_equal(_logits(second, training), _logits(first, training))


@pytest.mark.parametrize("name", RELATIVE)
def test_a_head_that_was_interrupted_is_fitted_again(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = tiny_recipe(name)
    cache = made_up_cache(recipe, 16)
    rows = np.array(cache.rows)
    rows[:, 5] = -40  # the same for everybody
    cache = cache_of(rows, np.diff(cache.starts, axis=1))
    training = made_up_training(recipe, cache=with_telephone(cache) if recipe.narrow_band else cache)
    straight = _fit(training, tmp_path / "straight")

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    # At its worst: the checkpoint has the head, and nothing says so.
    monkeypatch.setattr(runs, "write_summaries", interrupt)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            _fit(training, tmp_path / "interrupted")
    assert not runs.is_trained(tmp_path / "interrupted", recipe)
    monkeypatch.undo()
    resumed = _fit(training, tmp_path / "interrupted")
    assert resumed.history == straight.history
    assert np.isfinite(_summaries(resumed, training)).all()
    assert np.allclose(_logits(resumed, training), _logits(straight, training), atol=1e-2)
    found, expected = (runs.read_summaries(tmp_path / name) for name in ("interrupted", "straight"))
    assert np.allclose(found.neutral, expected.neutral, atol=1e-2)
    assert np.allclose(found.speech, expected.speech, atol=1e-2)


def test_after_more_epochs_the_head_is_another(tmp_path: Path) -> None:
    name = "mel_cnn2d/distilled"
    _fit(_training(name, epochs=1), tmp_path)
    before = runs.read_summaries(tmp_path)
    training = _training(name, epochs=2)
    assert not runs.is_trained(tmp_path, training.recipe)
    fitted = _fit(training, tmp_path)
    assert runs.is_trained(tmp_path, training.recipe)
    assert not np.allclose(runs.read_summaries(tmp_path).neutral, before.neutral, atol=1e-3)
    assert np.allclose(_summaries(fitted, training).mean(axis=0), 0, atol=0.01)


def test_every_epoch_has_a_line(tmp_path: Path) -> None:
    written = io.StringIO()
    fitted = _fit(_training("mel_cnn2d/attentive"), tmp_path, Console(file=written, width=100))
    lines = written.getvalue().splitlines()
    assert lines[0].split() == ["part", "epoch", "loss", "left"]
    assert [line.split()[:3] for line in lines[1:]] == [
        ["fold0", f"{epoch}/2", f"{record.objective:.4f}"] for epoch, record in enumerate(fitted.history, start=1)
    ]
    assert lines[2].endswith(" s")


SIDES = (runs.SideFigures(loss=1.0, accuracy=0.25, uar=0.3), runs.SideFigures(loss=2.0, accuracy=0.5, uar=0.4))


def test_what_the_judge_says_is_kept_and_said_and_changes_nothing(tmp_path: Path) -> None:
    training = _training("mel_cnn2d/published")
    written = io.StringIO()
    progress = _progress(training, Console(file=written, width=160))
    judged = fit(training, 4, tmp_path / "judged", progress, judge=lambda *_: SIDES)
    plain = _fit(training, tmp_path / "plain")
    assert [(record.training, record.validation) for record in judged.history] == [SIDES, SIDES]
    assert [record.objective for record in judged.history] == [record.objective for record in plain.history]
    names, first, second = written.getvalue().splitlines()
    assert names.split() == [
        "part",
        "epoch",
        "loss",
        "train",
        "acc",
        "valid",
        "loss",
        "valid",
        "acc",
        "valid",
        "UAR",
        "left",
    ]
    assert first.split()[3:7] == second.split()[3:7] == ["0.250", "2.000", "0.500", "0.400"]
    assert len(names) <= 80
    assert np.array_equal(_logits(judged, training), _logits(plain, training))


def test_epochs_can_be_read_by_tensorboard(tmp_path: Path) -> None:
    training = _training("mfcc_cnn1d/attentive")
    fitted = fit(training, 4, tmp_path, _progress(training), judge=lambda *_: SIDES)
    fit(training, 4, tmp_path, _progress(training), judge=lambda *_: SIDES)
    assert len(list(tmp_path.glob("events.out.tfevents.*"))) == 1, "none of a fit that had ended"
    read = EventAccumulator(str(tmp_path)).Reload()
    deep = "deep tower"
    for tag, expected in (
        ("objective/mean", [record.objective for record in fitted.history]),
        (f"objective/{deep.replace(' ', '_')}", [record.parts[deep] for record in fitted.history]),
        ("uar/validation", [0.4, 0.4]),
        ("loss/training", [1.0, 1.0]),
    ):
        scalars = read.Scalars(tag)
        assert [scalar.step for scalar in scalars] == [1, 2]
        assert [scalar.value for scalar in scalars] == pytest.approx(expected, rel=1e-6)


def _judge_by(uars: list[float], seen: list[np.ndarray]) -> Judge:
    """Says these UARs of one epoch after the other, and keeps what the network said after each."""
    left = iter(uars)
    windows = next(_training("mel_cnn2d/published").epoch(0)).windows

    def judge(learner: Learner, _classified: bool) -> tuple[None, runs.SideFigures]:
        seen.append(learner.run(windows)[0])
        return None, runs.SideFigures(loss=1.0, accuracy=0.5, uar=next(left))

    return judge


def test_patience_ends_the_epochs_and_gives_the_best_network(tmp_path: Path) -> None:
    training = _training("mel_cnn2d/published", epochs=9, patience=2)
    seen: list[np.ndarray] = []
    fitted = fit(training, 4, tmp_path, _progress(training), judge=_judge_by([0.3, 0.5, 0.5, 0.4], seen))
    assert len(fitted.history) == 4, "two epochs that were no better than the second"
    assert runs.best_epoch(fitted.history) == 1
    assert runs.is_trained(tmp_path, training.recipe)
    assert np.array_equal(_logits(fitted, training), seen[1])
    best = load_network(training.recipe, 4, runs.checkpoint_of(tmp_path))
    assert np.array_equal(best.run(next(training.epoch(0)).windows)[0], seen[1])

    again = fit(training, 4, tmp_path, _progress(training), judge=_judge_by([], []))
    assert len(again.history) == 4
    assert np.array_equal(_logits(again, training), seen[1])


def test_patience_that_was_interrupted_ends_as_it_would_have(tmp_path: Path) -> None:
    uars, seen = [0.3, 0.5, 0.4, 0.4], []
    straight = _training("mel_cnn2d/published", epochs=9, patience=2)
    fit(straight, 4, tmp_path / "straight", _progress(straight), judge=_judge_by(uars, seen))
    broken = _interrupted(_training("mel_cnn2d/published", epochs=9, patience=2), at_epoch=2)
    with pytest.raises(KeyboardInterrupt):
        fit(broken, 4, tmp_path / "broken", _progress(broken), judge=_judge_by(uars, []))
    again = _training("mel_cnn2d/published", epochs=9, patience=2)
    fitted = fit(again, 4, tmp_path / "broken", _progress(again), judge=_judge_by(uars[2:], []))
    assert len(fitted.history) == 4
    assert np.array_equal(_logits(fitted, again), seen[1])


def test_the_best_of_a_network_with_a_summary_has_its_discriminant(tmp_path: Path) -> None:
    training = _training("mel_cnn2d/distilled", patience=2)
    uars = iter([0.6, 0.5, 0.5])

    def judge(*_: object) -> tuple[None, runs.SideFigures]:
        return None, runs.SideFigures(loss=1.0, accuracy=0.5, uar=next(uars))

    fitted = fit(training, 4, tmp_path, _progress(training), judge=judge)
    assert len(fitted.history) == 2
    best = load_network(training.recipe, 4, runs.checkpoint_of(tmp_path))
    windows = next(training.epoch(0)).windows
    assert np.array_equal(best.run(windows)[0], fitted.learner.run(windows)[0])
    assert runs.is_trained(tmp_path, training.recipe)


@pytest.mark.parametrize(("teacher", "asked"), [("whisper", [False, False, True]), (None, [True, True, True])])
def test_a_judge_knows_whether_the_network_has_its_classifier(
    teacher: Pretrained | None, asked: list[bool], tmp_path: Path
) -> None:
    training = _training("mel_cnn2d/distilled", teacher=teacher)
    seen: list[bool] = []

    def judge(_: Learner, classified: bool) -> tuple[runs.SideFigures, runs.SideFigures]:
        seen.append(classified)
        return SIDES

    fit(training, 4, tmp_path, _progress(training), judge=judge)
    assert seen == asked, "after each of two epochs, and after the discriminant"
