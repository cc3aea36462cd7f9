"""Both networks learn, each in its framework: the same verbs, and a checkpoint that holds everything."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from emostream.errors import UsageError
from emostream.features import Feature
from emostream_trainer.data.training_set import Batch
from emostream_trainer.networks.quiet_tensorflow import tf
from emostream_trainer.recipes import RECIPES, TEACHER_SUMMARY, Recipe
from emostream_trainer.training.devices import check_device
from emostream_trainer.training.discriminant import Discriminant
from emostream_trainer.training.learner import Learner, learning_rate, new_learner
from tests.support.tiny_training import RELATIVE, tiny_recipe

F32 = np.ndarray
LABELS = 4
OWN = [name for name in RECIPES if "published" not in name]
TAUGHT = [name for name, recipe in RECIPES.items() if recipe.teacher]


def _rows(recipe: Recipe, seed: int = 0) -> F32:
    return np.random.default_rng(seed).normal(-30, 12, (200, recipe.features.dim)).astype(np.float32)


def _windows(recipe: Recipe, n: int = 8, t: int = 40, seed: int = 1) -> F32:
    return np.random.default_rng(seed).normal(-30, 12, (n, t, recipe.features.dim)).astype(np.float32)


def _batch(recipe: Recipe, *, labelled: int = 8) -> Batch:
    targets = np.eye(LABELS, dtype=np.float32)[np.arange(8) % LABELS]
    targets[labelled:] = 0
    size = TEACHER_SUMMARY[recipe.teacher] if recipe.teacher else 0
    teacher = np.random.default_rng(2).normal(0, 1, (8, size)).astype(np.float32)
    return Batch(_windows(recipe), targets, teacher)


def _learner(recipe: Recipe, rows_seed: int = 0) -> Learner:
    return new_learner(recipe, LABELS, _rows(recipe, rows_seed))


def _loss(learner: Learner, batch: Batch, rate: float) -> float:
    """What a step makes smaller."""
    return sum(learner.learn(batch, rate).values())


@pytest.mark.parametrize("name", RECIPES)
def test_logits_of_any_batch_and_length_and_without_chance(name: str) -> None:
    recipe = tiny_recipe(name)
    learner = _learner(recipe)
    assert (learner.summary_size > 0) == recipe.relative
    for n, t in ((1, 6), (3, 40), (2, 300)):
        windows = _windows(recipe, n, t)
        logits, summaries = learner.run(windows)
        assert logits.shape == (n, LABELS)
        assert summaries.shape == (n, learner.summary_size)
        assert logits.dtype == summaries.dtype == np.float32
        assert all(map(np.array_equal, learner.run(windows), (logits, summaries)))
        alone = learner.run(windows[:1])
        # A number that torch rounds otherwise in a batch moves those behind it.
        bound = 0.05 if learner.rounds else 1e-4
        assert np.allclose(alone[0], logits[:1], atol=bound)
        assert np.allclose(alone[1], summaries[:1], atol=bound)


@pytest.mark.parametrize("name", RECIPES)
def test_it_learns_and_a_checkpoint_holds_all_of_it(name: str, tmp_path: Path) -> None:
    recipe = tiny_recipe(name)
    learner, batch = _learner(recipe), _batch(recipe)
    losses = [_loss(learner, batch, 1e-3) for _ in range(12)]
    assert np.isfinite(losses).all()
    assert np.mean(losses[-3:]) < np.mean(losses[:3])
    learner.save(tmp_path / "checkpoint")

    logits, summaries = learner.run(batch.windows)
    next_loss = _loss(learner, batch, 1e-3)

    # Other rows: the normalisation is part of what was learnt.
    other = _learner(recipe, rows_seed=5)
    assert not np.allclose(other.run(batch.windows)[0], logits, atol=1e-3)
    other.load(tmp_path / "checkpoint")
    assert all(map(np.array_equal, other.run(batch.windows), (logits, summaries)))
    assert _loss(other, batch, 1e-3) == next_loss
    assert all(map(np.array_equal, other.run(batch.windows), learner.run(batch.windows)))


@pytest.mark.parametrize("name", RECIPES)
def test_windows_of_other_emotions_weigh_nothing(name: str) -> None:
    recipe = tiny_recipe(name, weight_decay=0.0)
    learner = _learner(recipe)
    assert _loss(learner, _batch(recipe, labelled=0), 1e-3) == 0.0
    assert _loss(learner, _batch(recipe, labelled=4), 1e-3) > 0.3


def test_the_loss_is_the_mean_over_the_windows_that_have_a_target() -> None:
    recipe = tiny_recipe("mel_cnn2d/published")  # it has no dropout, so that the loss can be worked out
    learner, batch = _learner(recipe), _batch(recipe, labelled=3)
    logits = learner.run(batch.windows[:3])[0].astype(np.float64)
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert _loss(learner, batch, 1e-3) == pytest.approx(-np.mean(np.log(p[np.arange(3), np.arange(3)])), rel=1e-4)


@pytest.mark.parametrize("name", TAUGHT)
def test_the_ear_learns_from_the_teacher_alone(name: str) -> None:
    recipe = tiny_recipe(name, teacher="whisper")
    learner, batch = _learner(recipe), _batch(recipe, labelled=0)
    before = learner.run(batch.windows)[1]
    losses = [_loss(learner, batch, 2e-3) for _ in range(15)]
    assert losses[-1] < 0.9 * losses[0]
    assert not np.allclose(learner.run(batch.windows)[1], before, atol=0.1)


@pytest.mark.parametrize("name", TAUGHT)
def test_with_a_teacher_labels_teach_nothing(name: str) -> None:
    recipe = tiny_recipe(name, teacher="whisper")
    outputs = []
    for batch in (_batch(recipe), _batch(recipe, labelled=0)):
        learner = _learner(recipe)  # which begins the random numbers anew
        losses = [_loss(learner, batch, 2e-3) for _ in range(3)]
        outputs.append((np.array(losses), *learner.run(_windows(recipe, seed=6))))
    assert all(map(np.array_equal, *outputs))


@pytest.mark.parametrize("name", RECIPES)
def test_silence_does_not_break_the_training(name: str) -> None:
    recipe = tiny_recipe(name)
    learner = _learner(recipe)
    silent = Batch(np.full_like(_windows(recipe), -100), *(getattr(_batch(recipe), n) for n in ("targets", "teacher")))
    losses = [_loss(learner, silent, 1e-3) for _ in range(2)]
    assert np.isfinite(losses).all()
    assert all(np.isfinite(said).all() for said in learner.run(silent.windows))


@pytest.mark.parametrize("name", OWN)
def test_the_microphone_gain_does_not_matter(name: str) -> None:
    recipe = tiny_recipe(name)
    learner, windows = _learner(recipe), _windows(recipe)
    louder = windows.copy()
    if recipe.features.features == (Feature.LOG_MEL,):
        louder += 12  # dB in every band
    elif recipe.features.features == (Feature.WAVEFORM,):
        louder *= 4  # samples
    else:
        louder[:, :, 0] += 12 * np.sqrt(recipe.features.n_mels)  # which the first MFCC gathers
    for heard_louder, heard in zip(learner.run(louder), learner.run(windows), strict=True):
        assert np.allclose(heard_louder, heard, atol=0.05 if learner.rounds else 1e-3)


def _head(size: int) -> Discriminant:
    rng = np.random.default_rng(3)
    weight, bias = rng.normal(0, 1, (size, LABELS)), rng.normal(0, 1, LABELS)
    nothing = np.zeros(size, np.float32)
    moods = np.zeros((LABELS, size), np.float32)
    return Discriminant(weight.astype(np.float32), bias.astype(np.float32), nothing, nothing, moods)


@pytest.mark.parametrize("name", RELATIVE)
def test_a_head_judges_the_summary_less_the_offset(name: str) -> None:
    recipe = tiny_recipe(name)
    learner, windows = _learner(recipe), _windows(recipe)
    head = _head(learner.summary_size)
    before = learner.run(windows)[1]
    learner.set_discriminant(head)
    offset = np.random.default_rng(4).normal(0, 1, before.shape).astype(np.float32)
    for given in (None, offset):
        logits, summaries = learner.run(windows, given)
        assert np.array_equal(summaries, before)
        assert np.allclose(logits, (summaries - (0 if given is None else given)) @ head.weight + head.bias, atol=2e-3)


def _spread(summaries: F32) -> tuple[F32, F32]:
    deviation = summaries.std(axis=0)
    return summaries.mean(axis=0), np.where(deviation < 1e-3, 1, deviation).astype(np.float32)


@pytest.mark.parametrize("name", RELATIVE)
def test_rescaled_summaries_have_mean_0_and_deviation_1_once_and_for_all(name: str, tmp_path: Path) -> None:
    recipe = tiny_recipe(name)
    learner, windows = _learner(recipe), _windows(recipe, n=32)
    _loss(learner, _batch(recipe), 1e-3)
    mean, deviation = _spread(learner.run(windows)[1])
    learner.rescale(mean, deviation)
    summaries = learner.run(windows)[1]
    differing = deviation != 1
    assert differing.sum() > 20  # a network that heard nothing yet has numbers that are the same for everybody
    assert np.allclose(summaries.mean(axis=0), 0, atol=1e-3)
    assert np.allclose(summaries[:, differing].std(axis=0), 1, atol=1e-2)

    learner.rescale(*_spread(summaries))
    again = learner.run(windows)[1]
    assert np.allclose(again, summaries, atol=1e-2)

    learner.save(tmp_path / "checkpoint")
    other = _learner(recipe, rows_seed=5)
    other.load(tmp_path / "checkpoint")
    assert np.array_equal(other.run(windows)[1], again)


def test_the_staged_network_starts_from_the_published_one_and_leaves_it_so(tmp_path: Path) -> None:
    import torch

    from emostream_trainer.networks.dusha import Dusha

    torch.manual_seed(7)
    published, recipe = Dusha().eval(), tiny_recipe("mel_cnn2d/staged")
    torch.save(published.state_dict(), tmp_path / "stand_in.pt")
    learner = new_learner(recipe, LABELS, _rows(recipe), tmp_path / "stand_in.pt")
    windows = _windows(recipe)
    with torch.inference_mode():
        expected = published.summary(torch.from_numpy(windows)).numpy()
    assert np.allclose(learner.run(windows)[1], expected, atol=1e-3)
    _loss(learner, _batch(recipe), 1e-3)
    for name, weights in learner.network.trunk.state_dict().items():
        assert torch.equal(weights, published.state_dict()[name]), name


def test_the_staged_network_hears_the_latest_second_and_a_half() -> None:
    recipe = tiny_recipe("mel_cnn2d/staged")
    learner, windows = _learner(recipe), _windows(recipe, t=300)
    assert all(map(np.array_equal, learner.run(windows), learner.run(windows[:, 150:])))
    assert not np.allclose(learner.run(windows)[1], learner.run(windows[:, :-1])[1], atol=1e-3)


def test_the_rate_is_constant_as_published() -> None:
    recipe = RECIPES["mel_cnn2d/published"]
    assert {learning_rate(recipe, step, 100) for step in range(100)} == {1e-4}


def test_the_rate_warms_up_over_fifteen_in_a_hundred_steps_and_falls_to_zero() -> None:
    recipe = tiny_recipe("mel_cnn2d/attentive", learning_rate=1.0)
    rates = [learning_rate(recipe, step, 100) for step in range(101)]
    assert rates[0] == pytest.approx(0.04)
    assert max(rates) == rates[15] == pytest.approx(1.0)
    assert rates[100] == pytest.approx(0.0, abs=1e-9)
    assert all(later > earlier for earlier, later in pairwise(rates[:16]))
    assert all(later < earlier for earlier, later in pairwise(rates[15:]))


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("mfcc_cnn1d/published", ["loss"]),
        ("mfcc_cnn1d/attentive", ["deep tower", "wide tower"]),
        ("mfcc_cnn1d/distilled", ["loss"]),
        ("mel_cnn2d/attentive", ["loss"]),
    ],
)
def test_the_parts_of_a_loss_have_names_and_begin_near_chance(name: str, parts: list[str]) -> None:
    recipe = tiny_recipe(name)
    said = _learner(recipe).learn(_batch(recipe), 1e-4)
    assert sorted(said) == parts
    assert all(0.5 * np.log(LABELS) < part < 4 * np.log(LABELS) for part in said.values())


def test_the_distance_from_a_teacher_has_its_name() -> None:
    recipe = tiny_recipe("mfcc_cnn1d/distilled", teacher="whisper")
    assert list(_learner(recipe).learn(_batch(recipe), 1e-4)) == ["teacher distance"]


@pytest.mark.parametrize(
    ("name", "words"), [("mel_cnn2d/published", "torch finds no"), ("mfcc_cnn1d/published", "keras finds no")]
)
def test_a_device_that_is_not_there_is_said(name: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda _: [])
    check_device("cpu", tiny_recipe(name))
    with pytest.raises(UsageError, match=f"{name}: {words} CUDA device, expected one for --device cuda"):
        check_device("cuda", tiny_recipe(name))
