"""A fit repeats itself, one that was interrupted ends where it would have ended, and a head comes last."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from emostream_trainer import runs
from emostream_trainer.data.training_set import Batch, TrainingSet
from emostream_trainer.training.fit import LEAST_DEVIATION, Fitted, fit
from tests.support.tiny_training import RELATIVE, cache_of, made_up_cache, made_up_training, tiny_recipe

# Between them: dropout and batch norms in both frameworks, a constant rate, and a head.
NAMES = ("mfcc_cnn1d/published", "mfcc_cnn1d/attentive", "mfcc_cnn1d/distilled", "mel_cnn2d/attentive")


def _training(name: str, **changes: Any) -> TrainingSet:
    return made_up_training(tiny_recipe(name, **changes))


def _fit(training: TrainingSet, folder: Path, console: Console | None = None) -> Fitted:
    return fit(training, 4, folder, console or Console(file=io.StringIO()), "tiny")


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
    assert written.getvalue().splitlines()[-1] == "tiny  discriminant"
    assert runs.is_trained(tmp_path, training.recipe)
    summaries = _summaries(fitted, training)
    assert np.allclose(summaries.mean(axis=0), 0, atol=0.01)
    differing = summaries.std(axis=0) > LEAST_DEVIATION
    assert differing.any()  # without the published weights, few do
    assert np.allclose(summaries[:, differing].std(axis=0), 1, atol=0.02)

    neutral, speech = runs.read_summaries(tmp_path)
    assert neutral.shape == speech.shape == (fitted.learner.summary_size,)
    assert not np.allclose(neutral, speech, atol=0.01)
    # A voice's level is all that there is to tell these clips apart by, and it does not change what is usual.
    windows = next(training.epoch(0)).windows
    offset = np.tile(neutral, (len(windows), 1))
    assert not np.allclose(fitted.learner.run(windows, offset)[0], fitted.learner.run(windows)[0], atol=1e-4)


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
    training = made_up_training(recipe, cache=cache)
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
    for found, expected in zip(
        runs.read_summaries(tmp_path / "interrupted"), runs.read_summaries(tmp_path / "straight"), strict=True
    ):
        assert np.allclose(found, expected, atol=1e-2)


def test_after_more_epochs_the_head_is_another(tmp_path: Path) -> None:
    name = "mfcc_cnn1d/distilled"
    _fit(_training(name, epochs=1), tmp_path)
    before = runs.read_summaries(tmp_path)
    training = _training(name, epochs=2)
    assert not runs.is_trained(tmp_path, training.recipe)
    fitted = _fit(training, tmp_path)
    assert runs.is_trained(tmp_path, training.recipe)
    assert not np.allclose(runs.read_summaries(tmp_path)[0], before[0], atol=1e-3)
    assert np.allclose(_summaries(fitted, training).mean(axis=0), 0, atol=0.01)


def test_every_epoch_has_a_line(tmp_path: Path) -> None:
    written = io.StringIO()
    fitted = _fit(_training("mel_cnn2d/attentive"), tmp_path, Console(file=written, width=100))
    lines = written.getvalue().splitlines()
    assert [line.split("loss")[0].strip() for line in lines] == ["tiny  epoch 1/2", "tiny  epoch 2/2"]
    assert f"loss {fitted.history[0].objective:.4f}" in lines[0]
    assert lines[1].endswith("0 s left")


def test_what_the_judge_says_is_kept_and_said_and_changes_nothing(tmp_path: Path) -> None:
    training = _training("mel_cnn2d/published")
    sides = (runs.SideFigures(loss=1.0, accuracy=0.25, uar=0.3), runs.SideFigures(loss=2.0, accuracy=0.5, uar=0.4))
    written = io.StringIO()
    judged = fit(training, 4, tmp_path / "judged", Console(file=written, width=160), "tiny", judge=lambda _: sides)
    plain = _fit(training, tmp_path / "plain")
    assert [(record.training, record.validation) for record in judged.history] == [sides, sides]
    assert [record.objective for record in judged.history] == [record.objective for record in plain.history]
    assert "training accuracy 0.250  validation loss 2.000, accuracy 0.500  UAR 0.400" in written.getvalue()
    assert np.array_equal(_logits(judged, training), _logits(plain, training))
