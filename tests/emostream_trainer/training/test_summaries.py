"""Summaries kept for the next part or recipe: they come back as they were, and pass for no other network's."""

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from emostream_trainer.data.training_set import Excerpt
from emostream_trainer.recipes import RECIPES
from emostream_trainer.training.summaries import read_summaries, summaries_file, write_summaries

WHISPER, DUSHA = RECIPES["whisper/staged"], RECIPES["mel_cnn2d/staged"]


def test_they_come_back_to_the_bit(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    first = Excerpt(0, 0, 0, 150, speech_s=1 / 3, new_speech_s=0.1)
    windows = [first, replace(first, view=1), replace(first, number=7, start=25, stop=175)]
    known = {window: rng.normal(size=5).astype(np.float32) for window in windows}
    write_summaries(tmp_path / "kept.npz", known)
    again = read_summaries(tmp_path / "kept.npz")
    assert list(again) == windows
    assert all(np.array_equal(again[window], known[window]) for window in windows)
    assert [path.name for path in tmp_path.iterdir()] == ["kept.npz"]


def test_nothing_is_known_where_nothing_was_kept(tmp_path: Path) -> None:
    assert read_summaries(tmp_path / "none.npz") == {}


def test_the_name_tells_networks_weights_and_windows_apart(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).write_text(name)
    names = [
        summaries_file(tmp_path, WHISPER, None),
        summaries_file(tmp_path, msgspec.structs.replace(WHISPER, window_ms=2000), None),
        summaries_file(tmp_path, DUSHA, tmp_path / "one"),
        summaries_file(tmp_path, DUSHA, tmp_path / "other"),
    ]
    assert len(set(names)) == 4
    assert summaries_file(tmp_path, WHISPER, tmp_path / "one") == names[0], "it has weights of its own"


@pytest.mark.parametrize("change", [{"shrinkage": 0.9}, {"speaker_share": 1.0}, {"between_speaker_weight": 0.0}])
def test_another_classifier_takes_the_same(tmp_path: Path, change: dict[str, float]) -> None:
    changed = msgspec.structs.replace(WHISPER, **change)
    assert summaries_file(tmp_path, changed, None) == summaries_file(tmp_path, WHISPER, None)
