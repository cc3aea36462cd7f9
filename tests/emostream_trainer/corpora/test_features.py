"""Features in place of audio: what is read, and what is refused."""

from pathlib import Path

import numpy as np
import pytest

from emostream.errors import NoInputError
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.features import has_audio, read_features
from emostream_trainer.recipes import DUSHA
from tests.support.small_corpora import write_features


def test_rows_are_frames_of_64_bands(tmp_path: Path) -> None:
    path = write_features(tmp_path / "a.npy", frames=37)
    rows = read_features(path)
    assert rows.shape == (37, 64) == (37, DUSHA.dim)
    assert rows.dtype == np.float32
    assert np.array_equal(rows, np.load(path)[0].T)


def test_only_features_have_no_audio() -> None:
    assert [has_audio(Clip(Path(n), "", "", "", "", "", "", "")) for n in ("a.wav", "a.npy", "a.flac")] == [
        True,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("features", "says"),
    [
        (np.zeros((1, 64, 9)), r"found float64 in .*a\.npy, expected float32 of shape \(1, 64, frames\)"),
        (np.zeros((64, 9), np.float32), r"found features of shape \(64, 9\)"),
        (np.zeros((1, 80, 9), np.float32), r"found features of shape \(1, 80, 9\)"),
        (np.zeros((1, 64, 0), np.float32), r"found features of shape \(1, 64, 0\)"),
        (np.full((1, 64, 9), np.nan, np.float32), "that are no finite numbers"),
        (np.array([{}]), "found no features in"),
    ],
)
def test_what_is_no_such_file_is_one_clear_line(tmp_path: Path, features: np.ndarray, says: str) -> None:
    np.save(tmp_path / "a.npy", features)
    with pytest.raises(NoInputError, match=says) as caught:
        read_features(tmp_path / "a.npy")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("held", [b"", b"no array", None])
def test_what_cannot_be_read_is_one_clear_line(tmp_path: Path, held: bytes | None) -> None:
    if held is not None:
        (tmp_path / "a.npy").write_bytes(held)
    with pytest.raises(NoInputError, match=r"found no features in .*a\.npy"):
        read_features(tmp_path / "a.npy")
