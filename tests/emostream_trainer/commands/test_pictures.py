"""Drawing a corpus on the command line."""

from pathlib import Path

import numpy as np
from PIL import Image

from tests.support.commands import assert_refused, emostream
from tests.support.spoken_corpus import spoken_corpus


def test_every_clip_becomes_a_picture_in_the_corpus_s_layout(tmp_path: Path) -> None:
    corpus = spoken_corpus(tmp_path / "corpus")
    said = emostream("pictures", corpus, "--out", tmp_path / "out")
    assert (said.code, said.errors) == (0, "")
    assert "8 pictures of" in said.out
    drawn = sorted(path.relative_to(tmp_path / "out") for path in (tmp_path / "out").rglob("*.png"))
    assert drawn == sorted(Path(f"{path.name}.png") for path in corpus.glob("*.flac"))
    with Image.open(tmp_path / "out" / drawn[0]) as picture:
        pixels = np.asarray(picture.convert("RGB"), float)
    height, width, _ = pixels.shape
    assert width > height > 400, "10 x 6 inches without the axes' padding"
    inner = pixels[10:-10, 10:-10]
    assert inner[-100:].mean() > inner[:100].mean(), "low bands below, where a voice is loudest"
    assert np.ptp(inner.mean(axis=2)) > 100
    assert np.abs(inner[..., 0] - inner[..., 2]).mean() > 10, "colours, and not grey"


def test_what_is_drawn_is_not_drawn_again(tmp_path: Path) -> None:
    corpus = spoken_corpus(tmp_path / "corpus")
    assert emostream("pictures", corpus, "--out", tmp_path / "out").code == 0
    first = min((tmp_path / "out").iterdir())
    first.write_bytes(b"mine")
    assert emostream("pictures", corpus, "--out", tmp_path / "out").code == 0
    assert first.read_bytes() == b"mine"


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    assert_refused(emostream("pictures", tmp_path / "none", "--out", tmp_path), 66, "expected a folder with a corpus")
