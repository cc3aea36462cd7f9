"""Exported models say what their frameworks say, explain themselves, and are not written when they do not."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import onnx
import pytest
import soundfile

from emostream import assets
from emostream.errors import NoInputError
from emostream.inference.model import EmotionModel
from emostream_export import stamp
from emostream_export.card import make_card
from emostream_export.parity import onnx_by_framework
from emostream_export.run_export import export_part, real_windows
from emostream_export.verify import MismatchError, verify
from emostream_trainer import runs
from emostream_trainer.data.feature_cache import read_audio
from emostream_trainer.recipes import RECIPES, Recipe
from emostream_trainer.training.learner import new_learner
from tests.support.tiny_models import tiny_card, tiny_graph, write_model
from tests.support.tiny_training import RELATIVE, tiny_recipe

LABELS = ("angry", "happy", "neutral", "sad")
ROOT = Path(__file__).parents[2]
LARGEST_FILE = 6_500_000

# Untrained networks of full size, all in one process of their own, whose every word is seen.
EXPORT_ALL = """
import sys
from pathlib import Path
from emostream_export.run_export import export_part
from emostream import assets
for folder in sorted(Path(sys.argv[1]).glob("*/*")):
    export_part(folder, folder / "all", folder / "all" / "model.onnx", assets.DEMO_RECORDING)
"""


# Every recipe, and what the published 2-D network can be asked for besides: the report's picture, and ReLU.
PUBLISHED_2D = RECIPES["mel_cnn2d/published"]
ALL_RECIPES = {
    **RECIPES,
    "mel_cnn2d/published, drawn": msgspec.structs.replace(PUBLISHED_2D, picture="drawn"),
    "mel_cnn2d/published, relu": msgspec.structs.replace(PUBLISHED_2D, activation="relu"),
}


def _folder(root: Path, name: str) -> Path:
    """Where the run of one of ``ALL_RECIPES`` lies."""
    return runs.run_folder(root / name.replace("/", "-"), ALL_RECIPES[name])


def _made_up_run(root: Path, recipe: Recipe) -> Path:
    """A run whose network on all speakers is untrained, with a fold that held clips out."""
    folder = runs.run_folder(root, recipe)
    runs.write_run(
        folder,
        runs.RunFacts(
            recipe=recipe,
            labels=LABELS,
            training_data="made up (en, none)",
            licence="none",
            attribution="somebody",
            clips={"made": 8},
        ),
    )
    part = folder / runs.ALL
    runs.write_split(part, runs.SplitFacts(speakers=("made-0", "made-1"), split_hash="0123456789abcdef"))
    rows = np.random.default_rng(0).normal(-40, 10, (50, recipe.features.dim)).astype(np.float32)
    learner = new_learner(recipe, len(LABELS), rows)
    learner.save(part / runs.CHECKPOINT)
    if recipe.relative:
        neutral = np.linspace(-1, 1, learner.summary_size, dtype=np.float32)
        runs.write_summaries(part, runs.UsualSummaries(neutral, neutral / 2))
    return folder


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of all runs, exported, and whatever was printed."""
    root = tmp_path_factory.mktemp("runs")
    for name, recipe in ALL_RECIPES.items():
        _made_up_run(_folder(root, name).parent, recipe)
    # As on a machine where nothing silences TensorFlow from outside.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    done = subprocess.run(
        [sys.executable, "-c", EXPORT_ALL, root],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return root, done.stdout + done.stderr


def test_exporting_prints_nothing_of_the_frameworks(exported: tuple[Path, str]) -> None:
    assert exported[1] == ""


@pytest.mark.parametrize("name", ALL_RECIPES)
def test_an_exported_model_says_what_its_framework_says(name: str, exported: tuple[Path, str]) -> None:
    recipe = ALL_RECIPES[name]
    part = _folder(exported[0], name) / runs.ALL
    learner = new_learner(recipe, len(LABELS), np.zeros((2, recipe.features.dim), np.float32))
    learner.load(runs.checkpoint_of(part))
    model = EmotionModel.load(part / runs.MODEL)
    grid = model.card.grid()
    rng = np.random.default_rng(1)
    for n, t in ((1, grid.spec.n_frames(grid.shortest_samples)), (3, grid.rows), (2, 2 * grid.rows + 1)):
        windows = rng.normal(-40, 10, (n, t, recipe.features.dim)).astype(np.float32)
        offset = rng.normal(0, 1, (n, learner.summary_size)).astype(np.float32)
        for given in (None, offset):
            logits, summaries = model.run(windows, given)
            expected_logits, expected_summaries = learner.run(windows, given)
            assert summaries.shape == (n, learner.summary_size)
            # What is rounded may be rounded the other way: a few numbers differ, and none by much.
            few, most = (0.02, 0.5) if learner.rounds else (1e-3, 1e-3)
            for ours, theirs in ((logits, expected_logits), (summaries, expected_summaries)):
                assert np.abs(ours - theirs).sum() <= few * ours.size
                assert np.allclose(ours, theirs, rtol=1e-3, atol=most)


@pytest.mark.parametrize("name", ALL_RECIPES)
def test_parity_compares_a_run_with_its_framework(name: str, exported: tuple[Path, str]) -> None:
    found = list(onnx_by_framework(_folder(exported[0], name), assets.DEMO_RECORDING))
    assert len(found) == 3
    assert all(difference.is_within for difference in found), found


@pytest.mark.parametrize("name", ALL_RECIPES)
def test_an_exported_model_explains_itself(name: str, exported: tuple[Path, str]) -> None:
    recipe = ALL_RECIPES[name]
    part = _folder(exported[0], name) / runs.ALL
    path = part / runs.MODEL
    files = ["checkpoint", "model.md", "model.onnx", "split.json"] + ["summaries.npz"] * recipe.relative
    assert sorted(file.name for file in part.iterdir()) == files
    assert path.stat().st_size < LARGEST_FILE

    graph = onnx.load(path).graph
    assert [node.name for node in graph.input] == ["features", "offset"][: 1 + recipe.relative]
    assert [node.name for node in graph.output] == ["logits", "summary"][: 1 + recipe.relative]
    batch, frames, dim = graph.input[0].type.tensor_type.shape.dim
    assert not batch.HasField("dim_value")
    assert not frames.HasField("dim_value")
    assert dim.dim_value == recipe.features.dim

    model = EmotionModel.load(path)
    card = model.card
    assert len(card.neutral_summary) == len(card.speech_summary) == model.summary_size
    assert (model.summary_size > 0) == recipe.relative
    assert (card.name, card.variant, card.labels) == (recipe.network, recipe.variant, LABELS)
    assert card.features == recipe.features
    assert (card.window_ms, card.step_ms, card.shortest_window_ms) == (3000, 250, 500)
    assert card.split_hash == "0123456789abcdef"
    assert card.heard_speakers == ("made-0", "made-1")
    assert (card.training_data, card.licence, card.attribution) == ("made up (en, none)", "none", "somebody")
    assert (card.temperature, card.scores, card.protocol) == (1.0, {}, "not evaluated")


@pytest.mark.parametrize("name", RELATIVE)
def test_the_usual_summaries_are_on_the_card(name: str, tmp_path: Path) -> None:
    folder = _made_up_run(tmp_path, tiny_recipe(name))
    part = folder / runs.ALL
    neutral, speech = np.array([0.25, -1.23456], np.float32), np.array([0, 2], np.float32)
    runs.write_summaries(part, runs.UsualSummaries(neutral, speech))
    card = make_card(folder, part)
    assert card.neutral_summary == pytest.approx((0.25, -1.2346))
    assert card.speech_summary == (0, 2)
    assert card.label_summaries == ()
    moods = np.stack([neutral + i for i in range(len(LABELS))])
    runs.write_summaries(part, runs.UsualSummaries(neutral, speech, moods))
    assert make_card(folder, part).label_summaries[1] == pytest.approx((1.25, -0.2346))


def _held_out(part: Path, temperature: float) -> None:
    rng = np.random.default_rng(int(part.name[-1]))
    logits = rng.normal(0, 2, (4_000, 4)).astype(np.float32)
    chances = np.exp(logits / temperature)
    p = chances / chances.sum(axis=1, keepdims=True)
    labels = (rng.random((len(p), 1)) > p.cumsum(axis=1)).sum(axis=1).clip(0, 3)
    runs.write_split(part, runs.SplitFacts(speakers=("made-1",), split_hash=part.name))
    runs.write_held_out(part, logits, labels)


def test_the_temperature_is_from_clips_of_the_other_parts(tmp_path: Path) -> None:
    folder = _made_up_run(tmp_path, tiny_recipe("mel_cnn2d/published"))
    _held_out(folder / "fold0", temperature=0.5)
    _held_out(folder / "fold1", temperature=3.0)
    assert make_card(folder, folder / "fold0").temperature == pytest.approx(3.0, rel=0.1)
    assert make_card(folder, folder / "fold1").temperature == pytest.approx(0.5, rel=0.1)
    of_all = make_card(folder, folder / runs.ALL).temperature
    assert 0.5 < of_all < 3.0
    # How far a network is to be less sure elsewhere is measured from there.
    _held_out(folder / "without-0", temperature=8.0)
    assert make_card(folder, folder / "without-0").temperature == of_all


def test_scores_are_on_the_card_of_the_network_that_ships(tmp_path: Path) -> None:
    folder = _made_up_run(tmp_path, tiny_recipe("mel_cnn2d/published"))
    for fold in ("fold0", "fold1"):
        _held_out(folder / fold, temperature=1.0)
    runs.write_scores(folder, {"UAR mean": 0.625})
    card = make_card(folder, folder / runs.ALL)
    assert card.scores == {"UAR mean": 0.625}
    assert "2 speaker-disjoint folds" in card.protocol
    assert make_card(folder, folder / "fold0").scores == {}


@pytest.fixture
def seed_run(tmp_path: Path) -> Path:
    return _made_up_run(tmp_path, tiny_recipe("mfcc_cnn1d/published"))


def _export(folder: Path, recording: Path = assets.DEMO_RECORDING) -> None:
    export_part(folder, folder / runs.ALL, folder / "out" / "model.onnx", recording)


def test_another_graph_than_the_network_is_not_written(seed_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dim = RECIPES["mfcc_cnn1d/published"].features.dim
    monkeypatch.setattr(stamp, "to_onnx", lambda *_: tiny_graph(dim, len(LABELS), bias=(9.0, 0.0, 0.0, 0.0)))
    with pytest.raises(
        MismatchError, match=r"^mfcc_cnn1d/published: ONNX and framework differ by up to .*nothing was w"
    ) as no:
        _export(seed_run)
    assert "\n" not in str(no.value)
    assert list((seed_run / "out").iterdir()) == []


def test_a_refused_model_leaves_the_one_before_it(seed_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (seed_run / "out").mkdir()
    (seed_run / "out" / "model.onnx").write_bytes(b"the one before")
    dim = RECIPES["mfcc_cnn1d/published"].features.dim
    monkeypatch.setattr(stamp, "to_onnx", lambda *_: tiny_graph(dim, len(LABELS), bias=(9.0, 0.0, 0.0, 0.0)))
    with pytest.raises(MismatchError):
        _export(seed_run)
    assert [path.name for path in (seed_run / "out").iterdir()] == ["model.onnx"]
    assert (seed_run / "out" / "model.onnx").read_bytes() == b"the one before"


class _Fixed:
    """A learner that gives the same logits whatever it hears."""

    summary_size = 0
    rounds = False

    def __init__(self, logits: list[float]) -> None:
        self._logits = np.array(logits, np.float32)

    def run(self, windows: np.ndarray, offset: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        assert offset.shape == (len(windows), 0)
        return np.tile(self._logits, (len(windows), 1)), offset


class _Relative:
    """A learner whose logits are a summary of zeros less so much of the offset."""

    summary_size = 4
    rounds = False

    def __init__(self, share: float) -> None:
        self._share = share

    def run(self, windows: np.ndarray, offset: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return -np.float32(self._share) * offset, np.zeros((len(windows), 4), np.float32)


@pytest.mark.parametrize(
    ("logits", "refused"),
    [
        ([1.0, 0.0, 0.0, 0.0], False),
        ([1.0001, 0.0, 0.0, 0.0], False),
        ([1.01, 0.0, 0.0, 0.0], True),
        ([0.0, 1.0, 0.0, 0.0], True),
        ([float("nan")] * 4, True),
    ],
)
def test_the_bound_is_a_ten_thousandth_and_nan_is_beyond_it(logits: list[float], refused: bool, tmp_path: Path) -> None:
    path = write_model(tmp_path / "model.onnx", tiny_card(temperature=1.0), bias=(1.0, 0.0, 0.0, 0.0))
    windows = [np.zeros((4, t, tiny_card().features.dim), np.float32) for t in (30, 10)]
    if refused:
        with pytest.raises(MismatchError):
            verify(path, _Fixed(logits), windows)
    else:
        verification = verify(path, _Fixed(logits), windows)
        assert verification.windows == 8
        assert verification.largest_difference <= 1e-4


def test_it_is_verified_with_offsets_that_change_the_scores(tmp_path: Path) -> None:
    card = tiny_card(temperature=1.0, neutral_summary=(0.0,) * 4, speech_summary=(0.0,) * 4)
    path = write_model(tmp_path / "model.onnx", card, bias=(0.0,) * 4)
    windows = [np.zeros((4, t, card.features.dim), np.float32) for t in (30, 10)]
    assert verify(path, _Relative(1.0), windows).largest_difference <= 1e-4
    for share in (0.0, 0.9, -1.0):
        with pytest.raises(MismatchError):
            verify(path, _Relative(share), windows)


def test_labels_that_tie_may_swap(tmp_path: Path) -> None:
    path = write_model(tmp_path / "model.onnx", tiny_card(temperature=1.0), bias=(1.0, 1.00001, 0.0, 0.0))
    windows = [np.zeros((4, 30, tiny_card().features.dim), np.float32)]
    assert verify(path, _Fixed([1.00001, 1.0, 0.0, 0.0]), windows).windows == 4


def test_it_is_verified_on_full_half_and_shortest_windows() -> None:
    card = tiny_card()
    grid = card.grid()
    batches = real_windows(card, assets.DEMO_RECORDING)
    assert [batch.shape[1] for batch in batches] == [
        grid.rows,
        grid.spec.n_frames(24_000),
        grid.spec.n_frames(8_000),
    ]
    assert {batch.shape[0] for batch in batches} == {16}
    assert all(len(np.unique(batch, axis=0)) == 16 for batch in batches)


def test_a_recording_shorter_than_a_window_goes_round_and_an_empty_one_is_refused(
    seed_run: Path, tmp_path: Path
) -> None:
    card = make_card(seed_run, seed_run / runs.ALL)
    speech = read_audio(assets.DEMO_RECORDING, 16_000)[20_000:24_800]
    soundfile.write(tmp_path / "short.wav", speech, 16_000)
    batches = real_windows(card, tmp_path / "short.wav")
    assert [batch.shape[1] for batch in batches] == [
        batch.shape[1] for batch in real_windows(card, assets.DEMO_RECORDING)
    ]
    soundfile.write(tmp_path / "empty.wav", np.zeros(0), 16_000)
    with pytest.raises(NoInputError, match=r"empty\.wav .*no samples"):
        _export(seed_run, tmp_path / "empty.wav")


def test_a_part_without_a_checkpoint_is_one_line(seed_run: Path) -> None:
    (seed_run / runs.ALL / runs.CHECKPOINT).unlink()
    with pytest.raises(NoInputError, match="train this part first with 'emostream train'"):
        _export(seed_run)


def test_a_run_of_other_labels_has_a_graph_of_as_many_outputs(tmp_path: Path) -> None:
    recipe = tiny_recipe("mfcc_cnn1d/published")
    folder = _made_up_run(tmp_path, recipe)
    facts = msgspec.structs.replace(runs.read_run(folder), labels=("happy", "sad"))
    (folder / "run.json").unlink()
    runs.write_run(folder, facts)
    new_learner(recipe, 2, np.zeros((2, recipe.features.dim), np.float32)).save(folder / runs.ALL / runs.CHECKPOINT)
    _export(folder)
    assert EmotionModel.load(folder / "out" / "model.onnx").card.labels == ("happy", "sad")
