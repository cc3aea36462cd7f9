"""Batches: which clip, which version, which stretch, and what it is to be named."""

from collections import Counter
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emostream.features import Feature, FeatureSpec
from emostream.features.windows import FeatureWindows, WindowGrid
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.labels import FOUR
from emostream_trainer.data.feature_cache import FeatureCache
from emostream_trainer.data.training_set import (
    CROPS,
    SHORTEST_SPEECH_MS,
    STEPS_APART,
    Batch,
    Excerpt,
    TrainingSet,
    cut,
    excerpts,
)
from emostream_trainer.recipes import RECIPES, Recipe
from tests.support.tiny_training import cache_of, made_up_clips

SPEC = FeatureSpec(features=(Feature.LOG_MEL,), n_mels=2, n_mfcc=1, frame_length=1024, hop_length=1024)
RECIPE = Recipe(
    network="mel_cnn2d",
    variant="test",
    features=SPEC,
    epochs=1,
    batch_size=8,
    learning_rate=1e-3,
    views=4,
    clean_share=0.3,
)
EMOTIONS = ("angry", "happy", "neutral", "sad", "fearful") * 4


def _teacher(n: int) -> np.ndarray:
    """Summaries (2 n, 2, 3) that tell clips and voices apart; those of the other side are far off."""
    summaries = np.random.default_rng(5).normal(3, 2, (2 * n, 2, 3)) + np.array([[0], [20]])
    summaries[::2] = 9_000
    return summaries.astype(np.float16)


def _training(recipe: Recipe, emotions: tuple[str, ...] = EMOTIONS, rows: int = 60) -> TrainingSet:
    """Rows are (clip, version), so that a window says where it is from."""
    n = len(emotions)
    named = np.array([(clip, view) for clip in range(2 * n) for view in range(recipe.views)], np.float16)
    return TrainingSet(
        recipe,
        clips=made_up_clips(emotions),
        numbers=range(1, 2 * n, 2),  # the cache also holds clips of the other side
        cache=cache_of(named.repeat(rows, axis=0), np.full((2 * n, recipe.views), rows)),
        labels=FOUR,
        teacher=_teacher(n),
    )


def _changed(**changes: Any) -> Recipe:
    return msgspec.structs.replace(RECIPE, **changes)


def _together(batches: list[Batch]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return tuple(np.concatenate([getattr(b, name) for b in batches]) for name in ("windows", "targets", "teacher"))


def test_the_same_epoch_has_the_same_batches_and_another_has_others() -> None:
    recipe = _changed(clips_per_epoch=32, random_crops=True)
    one, same = list(_training(recipe).epoch(3)), list(_training(recipe).epoch(3))
    for a, b in zip(one, same, strict=True):
        assert np.array_equal(a.windows, b.windows)
        assert np.array_equal(a.targets, b.targets)
        assert np.array_equal(a.teacher, b.teacher)
    other_epoch = list(_training(recipe).epoch(4))
    other_seed = list(_training(msgspec.structs.replace(recipe, seed=1)).epoch(3))
    for other in (other_epoch, other_seed):
        assert not np.array_equal(*(np.concatenate([batch.teacher for batch in batches]) for batches in (one, other)))


def test_each_clip_once_an_epoch_where_no_number_is_given() -> None:
    training = _training(_changed(batch_size=8))
    batches = list(training.epoch(0))
    assert [len(batch.windows) for batch in batches] == [8, 8, 4]
    assert training.batches_per_epoch == 3
    assert sorted(_together(batches)[0][:, 0, 0].tolist()) == list(range(1, 40, 2))


def test_windows_targets_and_teacher_are_of_the_same_clip() -> None:
    windows, targets, teacher = _together(list(_training(RECIPE).epoch(0)))
    rows = RECIPE.grid().rows
    assert windows.shape == (20, rows, 2)
    assert windows.dtype == targets.dtype == teacher.dtype == np.float32
    for clip, target in zip(windows[:, 0, 0].astype(int) // 2, targets, strict=True):
        label = FOUR.index(EMOTIONS[clip])
        assert target.tolist() == [0.0 if label is None else float(k == label) for k in range(4)]

    clips, views = windows[:, 0].astype(int).T
    assert set(views.tolist()) == {0, 1, 2, 3}
    # Of the voice, whether disturbed or not, and in the measure of this side's clips.
    side = _teacher(20)[1::2].astype(np.float64)
    expected = (_teacher(20)[clips, views // 2] - side.mean(axis=0)[views // 2]) / side.std(axis=0)[views // 2]
    assert np.allclose(teacher, expected, atol=0.01)


def test_the_teacher_is_standardised_over_the_training_side() -> None:
    _, _, teacher = _together(list(_training(_changed(views=1)).epoch(0)))
    assert np.allclose(teacher.mean(axis=0), 0, atol=1e-3)
    assert np.allclose(teacher.std(axis=0), 1, atol=1e-2)


def test_no_teacher_is_zeros() -> None:
    training = TrainingSet(
        _changed(views=1),
        clips=made_up_clips(EMOTIONS),
        numbers=range(20),
        cache=cache_of(np.zeros((1200, 2)), np.full((20, 1), 60)),
        labels=FOUR,
        teacher=np.zeros((20, 2, 3), np.float16),
    )
    assert not _together(list(training.epoch(0)))[2].any()


def test_smoothed_targets_sum_to_one_and_other_emotions_stay_zero() -> None:
    windows, targets, _ = _together(list(_training(_changed(label_smoothing=0.2)).epoch(0)))
    others = np.array([EMOTIONS[clip] == "fearful" for clip in windows[:, 0, 0].astype(int) // 2])
    assert others.sum() == 4
    assert not targets[others].any()
    assert np.allclose(targets[~others].sum(axis=1), 1)
    assert np.allclose(np.sort(targets[~others], axis=1), [0.05, 0.05, 0.05, 0.85])


def test_targets_are_shares_of_votes_where_the_recipe_asks_for_them() -> None:
    clips = made_up_clips(("angry", "sad", "fearful", "happy"))
    clips[0] = replace(clips[0], votes={"angry": 0.6, "sad": 0.2, "disgust": 0.2})
    cache = cache_of(np.arange(4).repeat(60)[:, None], np.full((4, 1), 60))

    def targets(*, soft: bool) -> list[list[float]]:
        recipe = _changed(soft_targets=soft, views=1)
        training = TrainingSet(
            recipe,
            clips=clips,
            numbers=range(4),
            cache=cache,
            labels=FOUR,
            teacher=np.zeros((4, 1, 3), np.float16),
        )
        windows, found, _ = _together(list(training.epoch(0)))
        return found[np.argsort(windows[:, 0, 0])].round(3).tolist()

    others = [[0, 0, 0, 1], [0, 0, 0, 0], [0, 1, 0, 0]]
    assert targets(soft=False) == [[1, 0, 0, 0], *others]
    assert targets(soft=True) == [[0.75, 0, 0, 0.25], *others]


@pytest.mark.parametrize(("clean_share", "expected"), [(0.0, 0.0), (0.3, 0.3), (1.0, 1.0)])
def test_clean_versions_come_as_often_as_asked(clean_share: float, expected: float) -> None:
    recipe = _changed(clean_share=clean_share, clips_per_epoch=2_000)
    views = _together(list(_training(recipe).epoch(0)))[0][:, 0, 1]
    assert (views == 0).mean() == pytest.approx(expected, abs=0.04)
    if clean_share < 1:
        others = [(views == view).sum() for view in (1, 2, 3)]
        assert sum(others) == (views != 0).sum()
        assert min(others) == pytest.approx(max(others), rel=0.25)


@pytest.mark.parametrize(("balance", "rare_share"), [(0.0, 1 / 10), (1.0, 1 / 2)])
def test_balance_makes_rare_labels_as_frequent_as_common_ones(balance: float, rare_share: float) -> None:
    emotions = ("angry",) * 18 + ("sad",) * 2
    recipe = _changed(balance=balance, clips_per_epoch=4_000)
    targets = _together(list(_training(recipe, emotions).epoch(0)))[1]
    assert targets[:, FOUR.labels.index("sad")].mean() == pytest.approx(rare_share, abs=0.03)


def test_clips_of_other_emotions_come_half_as_often() -> None:
    targets = _together(list(_training(_changed(clips_per_epoch=4_000)).epoch(0)))[1]
    assert (~targets.any(axis=1)).mean() == pytest.approx(0.5 / 4.5, abs=0.02)


def test_crops_are_shares_of_the_window_and_one_length_a_batch() -> None:
    recipe = _changed(clips_per_epoch=400, random_crops=True)
    lengths = Counter(batch.windows.shape[1] for batch in _training(recipe).epoch(0))
    assert set(lengths) == {round(recipe.grid().rows * share) for share in CROPS}


@pytest.mark.parametrize("name", RECIPES)
def test_a_full_window_is_what_the_daemon_cuts(name: str) -> None:
    recipe = RECIPES[name]
    spec = recipe.features
    grid = WindowGrid(spec, length_samples=48_000, step_samples=4_000, shortest_samples=8_000)
    assert recipe.grid().rows == grid.rows


@given(length=st.integers(1, 30), n_rows=st.integers(1, 30), seed=st.integers(0, 1000))
def test_cut_gives_rows_in_order_round_and_round(length: int, n_rows: int, seed: int) -> None:
    rows = np.column_stack([np.arange(length), -np.arange(length)]).astype(np.float32)
    window = cut(rows, n_rows, np.random.default_rng(seed))
    first = int(window[0, 0])
    assert np.array_equal(window[:, 0], (first + np.arange(n_rows)) % length)
    assert np.array_equal(window[:, 1], -window[:, 0])
    assert n_rows > length or first + n_rows <= length


def test_normalisation_sees_clean_rows_of_this_side_alone() -> None:
    rows = _training(RECIPE).sample_rows(n_clips=5)
    assert rows.shape == (5 * 60, 2)
    assert not rows[:, 1].any()
    assert (rows[:, 0] % 2 == 1).all()
    assert len(_training(RECIPE).sample_rows()) == 20 * 60


def _heard(rows: int, silence: int = 0, pause: tuple[int, int] = (0, 0)) -> FeatureCache:
    """One clip of rows (number,), each of a frame's length of speech but those before and those in the pause."""
    places = np.arange(rows)
    speaking = (places >= silence) & ~((places >= pause[0]) & (places < pause[1]))
    cache = cache_of(places[:, None], np.array([[rows]]))
    return replace(cache, speech_samples=(speaking * SPEC.hop_length).cumsum().astype(np.int32))


@given(
    rows=st.integers(1, 200),
    silence=st.integers(0, 80),
    pause=st.tuples(st.integers(0, 100), st.integers(0, 200)),
)
def test_excerpts_are_the_windows_that_a_stream_judges(rows: int, silence: int, pause: tuple[int, int]) -> None:
    cache, grid = _heard(rows, silence, pause), RECIPE.grid()
    heard = np.append(0, cache.speech_samples)
    steps = FeatureWindows(grid, 1)
    ends = [window.end_sample for window in steps.push(cache.clip(0))][::STEPS_APART]
    cut = {(max(0, stop - grid.rows), stop) for stop in [*map(grid.spec.n_frames, ends), rows] if stop <= rows}
    enough = {
        (start, stop)
        for start, stop in cut
        if (heard[stop] - heard[start]) * 1000 >= SHORTEST_SPEECH_MS * SPEC.sample_rate_hz
    }
    found = excerpts(cache, RECIPE, 0)
    spans = [(excerpt.start, excerpt.stop) for excerpt in found]
    assert spans == sorted(spans)
    if not enough:
        assert spans == [(max(0, rows - grid.rows), rows)]
        return
    # What holds nothing new says nothing new.
    assert set(spans) <= enough
    assert all(heard[stop] in {heard[excerpt.stop] for excerpt in found} for _, stop in enough)
    for excerpt in found:
        assert excerpt.speech_s == pytest.approx((heard[excerpt.stop] - heard[excerpt.start]) / SPEC.sample_rate_hz)
    assert sum(excerpt.new_speech_s for excerpt in found) == pytest.approx(heard[found[-1].stop] / SPEC.sample_rate_hz)


def _for_a_head(views: int) -> list[tuple[Clip, Excerpt]]:
    lengths = np.full((5, views), 60)
    training = TrainingSet(
        _changed(views=views),
        clips=made_up_clips(EMOTIONS[:5]),
        numbers=range(5),
        cache=cache_of(np.zeros((lengths.sum(), 2)), lengths),
        labels=FOUR,
        teacher=np.zeros((5, 2, 3), np.float16),
    )
    return list(training.excerpts())


@pytest.mark.parametrize("views", [1, 2, 4])
def test_a_discriminant_takes_clips_with_a_label_as_they_are_and_disturbed(views: int) -> None:
    found = _for_a_head(views)
    assert {(excerpt.number, excerpt.view) for _, excerpt in found} == {
        (clip, view) for clip in range(4) for view in range(min(2, views))
    }
    clips = made_up_clips(EMOTIONS[:5])
    assert all(clip == clips[excerpt.number] for clip, excerpt in found)
