"""The cache holds what the daemon would compute, once, and babble is of the clip's own fold and corpus."""

import inspect
import itertools
import linecache
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import soundfile

from emostream import assets
from emostream.audio import Samples
from emostream.errors import NoInputError, UsageError
from emostream.features import Feature, FeatureSpec, FeatureStream, resample
from emostream.features.resample import Resampler
from emostream.inference.vad import CHUNK, VoiceActivityConfig, VoiceActivityDetector
from emostream.sources.file import FileSource
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.features import read_features
from emostream_trainer.corpora.registry import read_corpus
from emostream_trainer.data import augmentation, channel, codecs
from emostream_trainer.data.augmentation import speed_perturb
from emostream_trainer.data.feature_cache import (
    BY_TELEPHONE,
    MOST_VOICES,
    FeatureCache,
    feature_rows,
    load_feature_cache,
    load_voices,
    read_audio,
    voice_of,
)
from emostream_trainer.recipes import DUSHA
from tests.support.small_corpora import clips_tsv, write_features, write_voice

SPEC = FeatureSpec(features=(Feature.LOG_MEL, Feature.CENTROID), n_mels=40, frame_length=1024, hop_length=320)


def _clip(path: Path, fold: int | None = None) -> Clip:
    return Clip(path, "made", "en", "made-0", "", "sad", "", "", fold=fold)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> tuple[Clip, ...]:
    return read_corpus(clips_tsv(tmp_path_factory.mktemp("corpus"), speakers=2)).clips


@pytest.fixture(scope="module")
def cache(clips: tuple[Clip, ...], tmp_path_factory: pytest.TempPathFactory) -> FeatureCache:
    return load_feature_cache(clips, SPEC, 4, tmp_path_factory.mktemp("cache"))


def test_the_clean_version_is_what_the_daemon_computes(tmp_path: Path, recording: Samples) -> None:
    stereo = np.column_stack([recording[:30_000], recording[5_000:35_000]])
    soundfile.write(tmp_path / "stereo.wav", stereo, 44_100, subtype="FLOAT")
    source = FileSource(tmp_path / "stereo.wav", block_s=0.037)
    resampler, stream = Resampler(44_100, 16_000), FeatureStream(SPEC)
    rows = [stream.push(resampler.push(block.samples)) for block in source.blocks()]
    rows.append(stream.push(resampler.flush()))
    cache = load_feature_cache([_clip(tmp_path / "stereo.wav")], SPEC, 1, tmp_path / "cache")
    assert cache.views == 1
    assert cache.rows.dtype == np.float16
    assert np.array_equal(cache.clip(0), np.concatenate(rows).astype(np.float16))


def test_every_version_of_every_clip_has_its_own_rows(clips: tuple[Clip, ...], cache: FeatureCache) -> None:
    assert cache.views == 4
    assert cache.starts.shape == (len(clips), 5)
    assert cache.starts[-1, -1] == len(cache.rows)
    for number, clip in enumerate(clips):
        audio = read_audio(clip.path, 16_000)
        for view, voice in ((0, audio), (2, speed_perturb(audio, clip.speaker))):
            undisturbed = feature_rows(voice, SPEC)
            assert np.array_equal(cache.clip(number, view), undisturbed.astype(np.float16))
            disturbed = cache.clip(number, view + 1)
            assert disturbed.dtype == np.float32
            assert disturbed.shape[1] == SPEC.dim
            # Padding adds silence, nothing takes speech away.
            assert len(disturbed) >= len(undisturbed)
            assert np.isfinite(disturbed).all()
            assert not np.array_equal(disturbed[: len(undisturbed)], undisturbed)


def test_versions_are_of_two_voices() -> None:
    assert voice_of(np.arange(4)).tolist() == [0, 0, 1, 1]
    assert voice_of(np.arange(4)).max() + 1 == MOST_VOICES


@pytest.mark.parametrize("views", [1, 2, 3])
def test_fewer_versions_are_the_first_of_all(views: int, clips: tuple[Clip, ...], tmp_path: Path) -> None:
    cache = load_feature_cache(clips[:2], SPEC, views, tmp_path)
    assert cache.views == views
    voice = speed_perturb(read_audio(clips[1].path, 16_000), clips[1].speaker)
    expected = {0: read_audio(clips[1].path, 16_000), 2: voice}
    for view in range(0, views, 2):
        assert np.array_equal(cache.clip(1, view), feature_rows(expected[view], SPEC).astype(np.float16))


@pytest.mark.parametrize(("views", "voices"), [(1, 1), (2, 1), (3, 2), (4, 2)])
def test_voices_are_the_undisturbed_versions(
    views: int, voices: int, clips: tuple[Clip, ...], cache: FeatureCache, tmp_path: Path
) -> None:
    undisturbed = load_voices(clips, SPEC, views, tmp_path)
    assert undisturbed.views == voices
    for number, voice in itertools.product(range(len(clips)), range(voices)):
        assert np.array_equal(undisturbed.clip(number, voice), cache.clip(number, 2 * voice))
        assert np.array_equal(undisturbed.speech(number, voice), cache.speech(number, 2 * voice))
    # One does not pass for the other where they are kept.
    assert load_feature_cache(clips[:1], SPEC, 1, tmp_path).folder != load_voices(clips[:1], SPEC, 1, tmp_path).folder


def test_clips_by_telephone_are_kept_beside_the_others(
    clips: tuple[Clip, ...], cache: FeatureCache, tmp_path: Path
) -> None:
    heard = load_feature_cache(clips, SPEC, 4, tmp_path, with_telephone=True)
    assert heard.views == 4
    assert np.array_equal(heard.rows, cache.rows)
    assert cache.by_telephone is None
    assert heard.by_telephone
    for number in range(len(clips)):
        rows = heard.clip(number, BY_TELEPHONE)
        assert np.array_equal(rows, heard.by_telephone.clip(number))
        assert not np.array_equal(rows, heard.clip(number))
        assert len(heard.speech(number, BY_TELEPHONE)) == len(rows)
    assert np.array_equal(
        load_feature_cache(clips, SPEC, 4, tmp_path, with_telephone=True).clip(1, BY_TELEPHONE),
        heard.clip(1, BY_TELEPHONE),
    )


def test_a_cache_is_opened_where_it_is_kept(cache: FeatureCache) -> None:
    again = FeatureCache.open(cache.folder)
    assert again.folder == cache.folder
    assert np.array_equal(again.rows, cache.rows)
    assert np.array_equal(again.speech_samples, cache.speech_samples)
    assert np.array_equal(again.starts, cache.starts)


def test_it_is_the_same_wherever_it_is_computed(clips: tuple[Clip, ...], cache: FeatureCache, tmp_path: Path) -> None:
    again = load_feature_cache(clips, SPEC, 4, tmp_path)
    assert again.folder.parent == tmp_path
    assert np.array_equal(again.rows, cache.rows)
    assert np.array_equal(again.starts, cache.starts)


def test_the_cache_is_used_and_only_for_the_same_question(tmp_path: Path) -> None:
    clips = [_clip(write_voice(tmp_path / f"{name}.wav"), fold=0) for name in "ab"]
    first = load_feature_cache(clips, SPEC, 2, tmp_path / "cache")
    for clip in clips:
        clip.path.unlink()
    assert np.array_equal(load_feature_cache(clips, SPEC, 2, tmp_path / "cache").rows, first.rows)
    other = replace(clips[0], fold=1)
    for question in ((clips, SPEC, 3), (clips[:1], SPEC, 2), ([other, clips[1]], SPEC, 2)):
        with pytest.raises(NoInputError, match=r"a\.wav"):
            load_feature_cache(*question, tmp_path / "cache")


@pytest.mark.parametrize("module", [augmentation, channel, codecs, resample])
def test_rows_of_older_code_are_computed_anew(
    module: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clips = [_clip(write_voice(tmp_path / "a.wav"))]
    first = load_feature_cache(clips, SPEC, 2, tmp_path / "cache")
    changed = tmp_path / "changed.py"
    changed.write_text(inspect.getsource(module) + "# another draw\n")
    linecache.clearcache()
    monkeypatch.setattr(module, "__file__", str(changed))
    assert load_feature_cache(clips, SPEC, 2, tmp_path / "cache").folder != first.folder


@pytest.mark.parametrize("held_out", ["fold", "corpus"])
def test_babble_is_of_what_can_be_held_out_together(held_out: str, tmp_path: Path) -> None:
    def rows_of_the_first(folder: str, shrill: str) -> list[np.ndarray]:
        clips = []
        for part in (0, 1):
            for name in "abcdefgh":
                pitch_hz = 400 if f"{part}{name}" == shrill else 150
                clip = _clip(write_voice(tmp_path / folder / f"{part}{name}.wav", pitch_hz=pitch_hz), fold=0)
                clips.append(replace(clip, fold=part) if held_out == "fold" else replace(clip, corpus=f"corpus {part}"))
        cache = load_feature_cache(clips, SPEC, 4, tmp_path / "cache" / folder)
        return [cache.clip(number, view) for number in range(7) for view in range(4)]

    plain, own, other = (rows_of_the_first(*corpus) for corpus in (("plain", ""), ("own", "0h"), ("other", "1h")))
    assert all(np.array_equal(one, two) for one, two in zip(plain, other, strict=True))
    assert not all(np.array_equal(one, two) for one, two in zip(plain, own, strict=True))


def test_it_knows_how_much_speech_the_gate_heard_by_each_row(tmp_path: Path, recording: Samples) -> None:
    silence = np.zeros(16_000, np.float32)
    soundfile.write(tmp_path / "late.wav", np.concatenate([silence, recording[:48_000], silence]), 16_000)
    cache = load_feature_cache([_clip(tmp_path / "late.wav")], SPEC, 1, tmp_path / "cache")
    heard = cache.speech(0)
    assert len(heard) == len(cache.clip(0))
    assert (np.diff(heard) >= 0).all()
    ends = np.arange(len(heard)) * SPEC.hop_length + SPEC.frame_length
    assert not heard[ends < 15_000].any()
    assert heard[-1] == heard[ends > 70_000][0]
    gate = VoiceActivityDetector(assets.load_vad_model(), VoiceActivityConfig(), 48_000)
    gate.push(read_audio(tmp_path / "late.wav", 16_000))
    assert heard[-1] == pytest.approx(gate.speech_samples, abs=CHUNK)
    assert heard[-1] > 20_000


def test_where_the_gate_hears_nobody_all_is_speech(tmp_path: Path) -> None:
    path = write_voice(tmp_path / "buzz.wav", seconds=1.0)
    cache = load_feature_cache([_clip(path)], SPEC, 1, tmp_path / "cache")
    gate = VoiceActivityDetector(assets.load_vad_model(), VoiceActivityConfig(), 48_000)
    gate.push(read_audio(path, 16_000))
    assert not gate.speech_samples
    assert cache.speech(0).tolist() == [row * SPEC.hop_length + SPEC.frame_length for row in range(len(cache.clip(0)))]


def test_a_clip_shorter_than_a_frame_has_one_row(tmp_path: Path) -> None:
    path = write_voice(tmp_path / "short.wav", seconds=0.02)
    cache = load_feature_cache([_clip(path)], SPEC, 2, tmp_path / "cache")
    assert cache.clip(0).shape == (1, SPEC.dim)
    assert np.isfinite(cache.rows.astype(np.float32)).all()


def test_a_clip_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "noise.wav").write_bytes(b"no sound at all")
    with pytest.raises(NoInputError, match=r"noise\.wav"):
        load_feature_cache([_clip(tmp_path / "noise.wav")], SPEC, 1, tmp_path / "cache")


def test_published_features_are_served_as_they_are_beside_audio(tmp_path: Path) -> None:
    paths = [write_voice(tmp_path / "a.wav"), write_features(tmp_path / "b.npy")]
    cache = load_feature_cache([_clip(path, fold=0) for path in paths], DUSHA, 3, tmp_path / "cache")
    rows = read_features(paths[1]).astype(np.float16)
    assert all(np.array_equal(cache.clip(1, view), rows) for view in range(3))
    alone = load_feature_cache([_clip(paths[0], fold=0)], DUSHA, 3, tmp_path / "cache")
    assert np.array_equal(cache.clip(0, 1), alone.clip(0, 1)), "features do not babble"


def test_published_features_are_refused_by_networks_of_other_ears(tmp_path: Path) -> None:
    path = write_features(tmp_path / "b.npy")
    with pytest.raises(UsageError, match=r"features without audio, such as .*b\.npy.*train mel_cnn2d/staged") as caught:
        load_feature_cache([_clip(path)], SPEC, 1, tmp_path / "cache")
    assert "\n" not in str(caught.value)
