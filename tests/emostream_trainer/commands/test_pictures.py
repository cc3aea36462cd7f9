"""Drawing a corpus on the command line."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.commands import Said, assert_refused, emostream
from tests.support.spoken_corpus import spoken_corpus


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return spoken_corpus(tmp_path_factory.mktemp("corpus"), speakers=1)


@pytest.fixture(scope="module")
def pictures(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Said]:
    """The folder of the corpus's pictures, and what the command that drew them said."""
    folder = tmp_path_factory.mktemp("pictures")
    return folder, emostream("pictures", corpus, "--out", folder)


def test_every_clip_becomes_a_picture_in_the_corpus_s_layout(corpus: Path, pictures: tuple[Path, Said]) -> None:
    folder, said = pictures
    assert (said.code, said.errors) == (0, "")
    assert "4 pictures of" in said.out
    drawn = sorted(path.relative_to(folder) for path in folder.rglob("*.png"))
    assert drawn == sorted(Path(f"{path.name}.png") for path in corpus.glob("*.flac"))
    with Image.open(folder / drawn[0]) as picture:
        pixels = np.asarray(picture.convert("RGB"), float)
    height, width, _ = pixels.shape
    assert width > height > 400, "10 x 6 inches without the axes' padding"
    inner = pixels[10:-10, 10:-10]
    assert inner[-100:].mean() > inner[:100].mean(), "low bands below, where a voice is loudest"
    assert np.ptp(inner.mean(axis=2)) > 100
    assert np.abs(inner[..., 0] - inner[..., 2]).mean() > 10, "colours, and not grey"


def test_what_is_drawn_is_not_drawn_again(corpus: Path, pictures: tuple[Path, Said], tmp_path: Path) -> None:
    shutil.copytree(pictures[0], tmp_path / "out")
    first = min((tmp_path / "out").iterdir())
    first.write_bytes(b"mine")
    assert emostream("pictures", corpus, "--out", tmp_path / "out").code == 0
    assert first.read_bytes() == b"mine"


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    assert_refused(emostream("pictures", tmp_path / "none", "--out", tmp_path), 66, "expected a folder with a corpus")
