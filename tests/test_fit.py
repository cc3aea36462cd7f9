"""A fit repeats itself, and one that was interrupted ends where it would have ended."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from tests.tiny_training import made_up_training, tiny_recipe
from trainer import runs
from trainer.batches import Batch, TrainingSet
from trainer.fit import Fitted, fit

# Between them: dropout and batch norms in both frameworks, and a constant rate.
NAMES = ("mfcc_cnn1d/seed", "mfcc_cnn1d/attentive", "mel_cnn2d/attentive")


def _training(name: str) -> TrainingSet:
    return made_up_training(tiny_recipe(name))


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
    return fitted.learner.logits(next(training.epoch(0)).windows)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_network_interrupted_or_not(name: str, tmp_path: Path) -> None:
    training = _training(name)
    straight = _fit(training, tmp_path / "straight")
    assert len(straight.losses) == 2

    again = _fit(_training(name), tmp_path / "again")
    assert again.losses == straight.losses
    assert np.array_equal(_logits(again, training), _logits(straight, training))

    with pytest.raises(KeyboardInterrupt):
        _fit(_interrupted(_training(name), at_epoch=1), tmp_path / "interrupted")
    assert runs.read_losses(tmp_path / "interrupted") == straight.losses[:1]
    resumed = _fit(_training(name), tmp_path / "interrupted")
    assert resumed.losses == straight.losses
    assert np.array_equal(_logits(resumed, training), _logits(straight, training))


def test_a_fit_that_ended_is_only_loaded(tmp_path: Path) -> None:
    training = _training("mel_cnn2d/attentive")
    first = _fit(training, tmp_path)
    written = (tmp_path / runs.CHECKPOINT).stat().st_mtime_ns
    second = _fit(_interrupted(_training("mel_cnn2d/attentive"), at_epoch=0), tmp_path)
    assert second.losses == first.losses
    assert np.array_equal(_logits(second, training), _logits(first, training))
    assert (tmp_path / runs.CHECKPOINT).stat().st_mtime_ns == written


def test_a_checkpoint_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from trainer.learners.torch_learner import TorchLearner

    def half_way(self: TorchLearner, path: Path) -> None:
        path.write_bytes(b"half of it")
        raise KeyboardInterrupt

    training = _training("mel_cnn2d/attentive")
    monkeypatch.setattr(TorchLearner, "save", half_way)
    with pytest.raises(KeyboardInterrupt):
        _fit(training, tmp_path)
    assert not (tmp_path / runs.CHECKPOINT).exists()
    assert runs.read_losses(tmp_path) == []
    monkeypatch.undo()
    assert len(_fit(training, tmp_path).losses) == 2


def test_every_epoch_has_a_line(tmp_path: Path) -> None:
    written = io.StringIO()
    fitted = _fit(_training("mel_cnn2d/attentive"), tmp_path, Console(file=written, width=100))
    lines = written.getvalue().splitlines()
    assert [line.split("loss")[0].strip() for line in lines] == ["tiny  epoch 1/2", "tiny  epoch 2/2"]
    assert f"loss {fitted.losses[0]:.4f}" in lines[0]
    assert lines[1].endswith("0 s left")
