"""The network that heard Dusha: ours is built as theirs, and hears what they say theirs hears."""

import csv
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from streamer.errors import NoInputError
from streamer.features import FeatureStream
from tests.small_corpora import write_voice
from trainer.bank import read_audio
from trainer.corpora.clip import Clip
from trainer.networks.dusha import EMBEDDING, Dusha, load_dusha
from trainer.recipes import DUSHA
from trainer.teacher import teach


def _stand_in(path: Path) -> Path:
    """A file like the published one, with weights of no worth."""
    torch.manual_seed(0)
    torch.save(Dusha().state_dict(), path)
    return path


def _clips(folder: Path, *names: str) -> list[Clip]:
    return [Clip(write_voice(folder / name), "made", "en", "made-0", "", "sad", "", "") for name in names]


def test_it_has_the_published_size() -> None:
    assert sum(weights.numel() for weights in Dusha().parameters()) == 514_909


def test_any_length_and_any_gain_will_do() -> None:
    torch.manual_seed(0)
    network = Dusha().eval()
    features = torch.randn(2, 101, DUSHA.dim) * 10 - 40
    with torch.inference_mode():
        assert network.embedding(features).shape == (2, EMBEDDING)
        assert network(features[:, :1]).shape == (2, 4)
        assert torch.allclose(network(features + 12), network(features), atol=1e-5)


@pytest.mark.parametrize("content", [b"", b"no network at all", b"PK\x03\x04 half an archive"])
def test_a_file_that_is_no_network_is_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "wrong.pt").write_bytes(content)
    with pytest.raises(NoInputError, match=r"wrong\.pt is not the published network \(.+\): fetch") as refused:
        load_dusha(tmp_path / "wrong.pt")
    assert "\n" not in str(refused.value)


def test_another_network_is_refused_in_one_line(tmp_path: Path) -> None:
    torch.save(torch.nn.Linear(3, 4).state_dict(), tmp_path / "other.pt")
    with pytest.raises(NoInputError, match=r"other\.pt is not the published network") as refused:
        load_dusha(tmp_path / "other.pt")
    assert "\n" not in str(refused.value)


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(NoInputError, match=r"none\.pt: no such file; name the published podcasts_finetune\.pt"):
        load_dusha(tmp_path / "none.pt")


def test_embeddings_are_kept_for_the_same_clips_alone(tmp_path: Path) -> None:
    clips, cache = _clips(tmp_path, "a.wav", "b.wav", "c.wav"), tmp_path / "cache"
    path = _stand_in(tmp_path / "stand_in.pt")
    embeddings = teach(clips, path, cache)
    assert embeddings.shape == (3, EMBEDDING)
    assert embeddings.dtype == np.float32
    assert embeddings.std(axis=0).max() > 0
    assert np.allclose(teach(clips[1:], path, cache), embeddings[1:])

    path.unlink()
    assert np.allclose(teach(clips[1:], path, cache), embeddings[1:])
    with pytest.raises(NoInputError, match="no such file"):
        teach(clips, path, cache)


@pytest.mark.corpora
def test_it_says_of_twelve_clips_what_the_published_one_says() -> None:
    if "EMOSTREAM_CORPORA" not in os.environ:
        pytest.fail("found no EMOSTREAM_CORPORA in the environment, expected the folder with clips.tsv: set it")
    corpora = Path(os.environ["EMOSTREAM_CORPORA"])
    network = load_dusha(corpora / "dusha" / "podcasts_finetune.pt")
    with (corpora / "dusha" / "reference.tsv").open() as table:
        rows = list(csv.DictReader(table, delimiter="\t"))
    assert len(rows) == 12
    for row in rows:
        # The published frames are centred: half a frame of silence on either side.
        audio = np.pad(read_audio(corpora / row["path"], DUSHA.sample_rate_hz), DUSHA.frame_length // 2)
        with torch.inference_mode():
            p = network(torch.from_numpy(FeatureStream(DUSHA).push(audio))[None]).softmax(dim=1)[0]
        expected = [float(row[label]) for label in ("angry", "sad", "neutral", "positive")]
        assert p.numpy() == pytest.approx(expected, abs=1e-3), row["path"]
