"""The network that heard Dusha: ours is built as theirs, and hears what they say theirs hears."""

import csv
import os
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch

from emostream.errors import NoInputError
from emostream.features import FeatureStream
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.data.feature_cache import FeatureCache, load_voices, read_audio
from emostream_trainer.networks.dusha import SUMMARY, Dusha, load_dusha
from emostream_trainer.networks.whisper import load_whisper
from emostream_trainer.recipes import DUSHA, TEACHER_SUMMARY, WHISPER
from emostream_trainer.training import teacher
from emostream_trainer.training.teacher import teach
from tests.support.small_corpora import write_voice


def _stand_in(path: Path, seed: int = 0) -> Path:
    """A file like the published one, with weights of no worth."""
    torch.manual_seed(seed)
    torch.save(Dusha().state_dict(), path)
    return path


def _cache(folder: Path, *pitches_hz: float, views: int = 4) -> FeatureCache:
    paths = [write_voice(folder / f"{pitch_hz}.wav", pitch_hz=pitch_hz) for pitch_hz in pitches_hz]
    clips = [Clip(path, "made", "en", "made-0", "", "sad", "", "") for path in paths]
    return load_voices(clips, DUSHA, views, folder / "cache")


def test_it_has_the_published_size() -> None:
    assert sum(weights.numel() for weights in Dusha().parameters()) == 514_909


def test_any_length_and_any_gain_will_do() -> None:
    torch.manual_seed(0)
    network = Dusha().eval()
    features = torch.randn(2, 101, DUSHA.dim) * 10 - 40
    with torch.inference_mode():
        assert network.summary(features).shape == (2, SUMMARY) == (2, TEACHER_SUMMARY["dusha"])
        assert network.summary(features[:, :1]).shape == (2, SUMMARY)
        assert network(features[:, :1]).shape == (2, 4)
        for said in (network, network.summary):
            assert torch.allclose(said(features + 12), said(features), atol=1e-4)


def test_a_summary_has_what_the_last_stage_says_of_the_emotion() -> None:
    torch.manual_seed(0)
    network = Dusha().eval()
    features = torch.randn(2, 101, DUSHA.dim) * 10 - 40
    with torch.inference_mode():
        mean = network.summary(features)[:, -256:-128]
        assert torch.allclose(network.classifier(mean), network(features), atol=1e-5)


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


def test_every_voice_of_every_clip_is_summed_up_undisturbed(tmp_path: Path) -> None:
    path, cache = _stand_in(tmp_path / "stand_in.pt"), _cache(tmp_path, 150, 250, 350)
    taught = teach(cache, "dusha", path)
    assert taught.shape == (3, 2, SUMMARY)
    assert taught.dtype == np.float16
    network = load_dusha(path)
    for clip, voice in product(range(3), range(2)):
        with torch.inference_mode():
            expected = network.summary(torch.from_numpy(cache.clip(clip, voice))[None])[0].numpy()
        assert np.allclose(taught[clip, voice], expected, rtol=2e-3, atol=2e-3)
    assert not np.allclose(taught[0], taught[1], atol=1e-3)
    assert not np.allclose(taught[:, 0], taught[:, 1], atol=1e-3)


def test_whisper_comes_along(tmp_path: Path) -> None:
    paths = [write_voice(tmp_path / f"{pitch_hz}.wav", pitch_hz=pitch_hz) for pitch_hz in (150, 250)]
    clips = [Clip(path, "made", "en", "made-0", "", "sad", "", "") for path in paths]
    cache = load_voices(clips, WHISPER, 1, tmp_path / "cache")
    taught = teach(cache, "whisper")
    assert taught.shape == (2, 1, TEACHER_SUMMARY["whisper"])
    whisper = load_whisper()
    for clip in range(2):
        with torch.inference_mode():
            expected = whisper.summary(torch.from_numpy(cache.clip(clip))[None])[0].numpy()
        assert np.allclose(taught[clip, 0], expected, rtol=2e-3, atol=2e-3)


def test_a_cache_of_the_clips_as_they_are_has_one_voice(tmp_path: Path) -> None:
    cache = _cache(tmp_path, 150, 250, views=1)
    assert teach(cache, "dusha", _stand_in(tmp_path / "stand_in.pt")).shape == (2, 1, SUMMARY)


def test_what_it_said_is_kept_with_the_cache_and_never_half_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, cache = _stand_in(tmp_path / "stand_in.pt"), _cache(tmp_path, 150, 250, views=2)

    def half_way(to: Path, _: object) -> None:
        to.write_bytes(b"half of it")
        raise KeyboardInterrupt

    monkeypatch.setattr(teacher.np, "save", half_way)
    with pytest.raises(KeyboardInterrupt):
        teach(cache, "dusha", path)
    monkeypatch.undo()
    taught = teach(cache, "dusha", path)

    monkeypatch.setattr(teacher, "parallel_map", lambda *_: pytest.fail("listened again"))
    assert np.array_equal(teach(cache, "dusha", path), taught)
    monkeypatch.undo()
    other = teach(cache, "dusha", _stand_in(tmp_path / "other.pt", seed=1))
    assert not np.allclose(other, taught, atol=1e-3)
    path.unlink()
    with pytest.raises(NoInputError, match="no such file"):
        teach(cache, "dusha", path)


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


def test_a_teacher_that_does_not_come_along_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(NoInputError, match="give its file with --teacher"):
        teach(_cache(tmp_path, 150), "dusha")
