"""The bank holds what the daemon would compute, once, and babble is of the clip's own fold."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from streamer.audio import Samples
from streamer.errors import NoInputError, UsageError
from streamer.features import Feature, FeatureSpec, FeatureStream
from streamer.resample import Resampler
from streamer.sources.file import FileSource
from tests.small_corpora import clips_tsv, write_features, write_voice
from trainer.bank import FeatureBank, feature_rows, load_bank, read_audio
from trainer.corpora.clip import Clip
from trainer.corpora.features import read_features
from trainer.corpora.registry import read_corpus
from trainer.recipes import DUSHA

SPEC = FeatureSpec(features=(Feature.LOG_MEL, Feature.CENTROID), n_mels=40, frame_length=1024, hop_length=320)


def _clip(path: Path, fold: int | None = None) -> Clip:
    return Clip(path, "made", "en", "made-0", "", "sad", "", "", fold=fold)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> tuple[Clip, ...]:
    return read_corpus(clips_tsv(tmp_path_factory.mktemp("corpus"), speakers=2)).clips


@pytest.fixture(scope="module")
def bank(clips: tuple[Clip, ...], tmp_path_factory: pytest.TempPathFactory) -> FeatureBank:
    return load_bank(clips, SPEC, 3, tmp_path_factory.mktemp("cache"))


def test_the_clean_version_is_what_the_daemon_computes(tmp_path: Path, recording: Samples) -> None:
    stereo = np.column_stack([recording[:30_000], recording[5_000:35_000]])
    soundfile.write(tmp_path / "stereo.wav", stereo, 44_100, subtype="FLOAT")
    source = FileSource(tmp_path / "stereo.wav", block_s=0.037)
    resampler, stream = Resampler(44_100, 16_000), FeatureStream(SPEC)
    rows = [stream.push(resampler.push(block.samples)) for block in source.blocks()]
    rows.append(stream.push(resampler.flush()))
    bank = load_bank([_clip(tmp_path / "stereo.wav")], SPEC, 1, tmp_path / "cache")
    assert bank.versions == 1
    assert bank.rows.dtype == np.float16
    assert np.array_equal(bank.clip(0), np.concatenate(rows).astype(np.float16))


def test_every_version_of_every_clip_has_its_own_rows(clips: tuple[Clip, ...], bank: FeatureBank) -> None:
    assert bank.versions == 3
    assert bank.starts.shape == (len(clips), 4)
    assert bank.starts[-1, -1] == len(bank.rows)
    for number, clip in enumerate(clips):
        clean = feature_rows(read_audio(clip.path, 16_000), SPEC)
        assert np.array_equal(bank.clip(number), clean.astype(np.float16))
        for version in (1, 2):
            changed = bank.clip(number, version)
            assert changed.dtype == np.float32
            assert changed.shape[1] == SPEC.dim
            assert np.isfinite(changed).all()
            assert not np.array_equal(changed[: len(clean)], clean[: len(changed)])


def test_it_is_the_same_wherever_it_is_computed(clips: tuple[Clip, ...], bank: FeatureBank, tmp_path: Path) -> None:
    again = load_bank(clips, SPEC, 3, tmp_path)
    assert np.array_equal(again.rows, bank.rows)
    assert np.array_equal(again.starts, bank.starts)


def test_the_cache_is_used_and_only_for_the_same_question(tmp_path: Path) -> None:
    clips = [_clip(write_voice(tmp_path / f"{name}.wav"), fold=0) for name in "ab"]
    first = load_bank(clips, SPEC, 2, tmp_path / "cache")
    for clip in clips:
        clip.path.unlink()
    assert np.array_equal(load_bank(clips, SPEC, 2, tmp_path / "cache").rows, first.rows)
    other = replace(clips[0], fold=1)
    for question in ((clips, SPEC, 3), (clips[:1], SPEC, 2), ([other, clips[1]], SPEC, 2)):
        with pytest.raises(NoInputError, match=r"a\.wav"):
            load_bank(*question, tmp_path / "cache")


def test_babble_is_of_the_own_fold_alone(tmp_path: Path) -> None:
    def rows_of_fold_0(corpus: str, shrill: str) -> list[np.ndarray]:
        clips = []
        for fold in (0, 1):
            for name in "abcd":
                pitch_hz = 400 if f"{fold}{name}" == shrill else 150
                path = write_voice(tmp_path / corpus / f"{fold}{name}.wav", pitch_hz=pitch_hz)
                clips.append(_clip(path, fold))
        bank = load_bank(clips, SPEC, 6, tmp_path / "cache" / corpus)
        return [bank.clip(number, version) for number in range(3) for version in range(6)]

    plain, own, other = (rows_of_fold_0(*corpus) for corpus in (("plain", ""), ("own", "0d"), ("other", "1d")))
    assert all(np.array_equal(one, two) for one, two in zip(plain, other, strict=True))
    assert not all(np.array_equal(one, two) for one, two in zip(plain, own, strict=True))


def test_a_clip_shorter_than_a_frame_has_one_row(tmp_path: Path) -> None:
    path = write_voice(tmp_path / "short.wav", seconds=0.02)
    bank = load_bank([_clip(path)], SPEC, 2, tmp_path / "cache")
    assert bank.clip(0).shape == (1, SPEC.dim)
    assert np.isfinite(bank.rows.astype(np.float32)).all()


def test_a_clip_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "noise.wav").write_bytes(b"no sound at all")
    with pytest.raises(NoInputError, match=r"noise\.wav"):
        load_bank([_clip(tmp_path / "noise.wav")], SPEC, 1, tmp_path / "cache")


def test_published_features_are_served_as_they_are_beside_audio(tmp_path: Path) -> None:
    paths = [write_voice(tmp_path / "a.wav"), write_features(tmp_path / "b.npy")]
    bank = load_bank([_clip(path, fold=0) for path in paths], DUSHA, 3, tmp_path / "cache")
    rows = read_features(paths[1]).astype(np.float16)
    assert all(np.array_equal(bank.clip(1, version), rows) for version in range(3))
    alone = load_bank([_clip(paths[0], fold=0)], DUSHA, 3, tmp_path / "cache")
    assert np.array_equal(bank.clip(0, 1), alone.clip(0, 1)), "features do not babble"


def test_published_features_are_refused_by_networks_of_other_ears(tmp_path: Path) -> None:
    path = write_features(tmp_path / "b.npy")
    with pytest.raises(UsageError, match=r"found 1 clips that are features without audio, such as .*b\.npy") as caught:
        load_bank([_clip(path)], SPEC, 1, tmp_path / "cache")
    assert "\n" not in str(caught.value)
