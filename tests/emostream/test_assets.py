"""What comes with emostream: the shipped models are the ones of a list."""

import shutil
from pathlib import Path

import pytest

from emostream import assets
from emostream.errors import ModelError


def test_every_shipped_model_is_in_the_checkout_and_has_figures() -> None:
    paths = assets.model_paths()
    assert [path.name for path in paths] == list(assets.SHIPPED)
    assets.load_reliability(assets.load_models(), assets.RELIABILITY)


def test_another_model_beside_the_shipped_ones_is_not_in_the_ensemble(
    tmp_path: Path, tiny_paths: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in assets.model_paths():
        shutil.copy(path, tmp_path)
    shutil.copy(tiny_paths[0], tmp_path / "mine.onnx")
    (tmp_path / "half_downloaded.onnx").write_bytes(b"\0")
    monkeypatch.setattr(assets, "MODELS", tmp_path)
    assert [model.card.name for model in assets.load_models()] == [Path(name).stem for name in assets.SHIPPED]


def test_no_model_at_all_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "MODELS", tmp_path)
    with pytest.raises(ModelError, match=r"no model in .*: name one with --model"):
        assets.load_models()
