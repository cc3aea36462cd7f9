"""A run on disk: what is written is read again, and what does not belong together is refused in one line."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from emostream.errors import NoInputError, UsageError
from emostream_trainer import runs
from tests.support.tiny_training import tiny_recipe

RECIPE = tiny_recipe("mel_cnn2d/published")
HISTORY = [
    runs.EpochRecord(objective=1.5),
    runs.EpochRecord(
        objective=0.25,
        training=runs.SideFigures(loss=0.2, accuracy=0.9, uar=0.8),
        validation=runs.SideFigures(loss=0.5, accuracy=0.7, uar=0.6),
    ),
]
FACTS = runs.RunFacts(
    recipe=RECIPE,
    labels=("angry", "sad"),
    training_data="made up",
    licence="none",
    attribution="",
    clips={"made": 16},
)
SPLIT = runs.SplitFacts(speakers=("made-0", "made-1"), split_hash="0123")


def test_a_run_lives_in_a_folder_of_its_recipe(tmp_path: Path) -> None:
    assert runs.run_folder(tmp_path, RECIPE) == tmp_path / "mel_cnn2d-published"


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    part = tmp_path / "fold0"
    runs.write_run(tmp_path, FACTS)
    runs.write_split(part, SPLIT)
    runs.write_history(part, HISTORY)
    runs.write_scores(tmp_path, {"UAR mean": 0.5})
    logits, labels = np.eye(3, 2, dtype=np.float32), np.array([0, 1, 0])
    runs.write_held_out(part, logits, labels)
    for moods in (None, np.eye(2, 3, dtype=np.float32)):
        usual = runs.UsualSummaries(np.arange(3, dtype=np.float32), np.ones(3, np.float32), moods)
        runs.write_summaries(part, usual)
        read = runs.read_summaries(part)
        assert np.array_equal(read.neutral, usual.neutral)
        assert np.array_equal(read.speech, usual.speech)
        assert read.moods is None if moods is None else np.array_equal(read.moods, moods)
    assert runs.read_run(tmp_path) == FACTS
    assert runs.read_split(part) == SPLIT
    assert runs.read_history(part) == HISTORY
    rows = (part / runs.HISTORY_TABLE).read_text().splitlines()
    assert rows == [
        "epoch,objective,training_loss,training_accuracy,training_uar,validation_loss,validation_accuracy,validation_uar",
        "1,1.5,,,,,,",
        "2,0.25,0.2,0.9,0.8,0.5,0.7,0.6",
    ]
    assert runs.read_scores(tmp_path) == {"UAR mean": 0.5}
    assert all(map(np.array_equal, runs.read_held_out(part), (logits, labels)))


def test_before_the_first_epoch_there_is_nothing_yet(tmp_path: Path) -> None:
    assert runs.read_history(tmp_path) == []
    assert runs.read_scores(tmp_path) == {}
    assert runs.read_summaries(tmp_path).neutral.size == runs.read_summaries(tmp_path).speech.size == 0
    assert not runs.is_trained(tmp_path, RECIPE)
    assert runs.evaluated_parts(tmp_path) == []
    with pytest.raises(NoInputError, match=r"checkpoint is not there: train this part first"):
        runs.checkpoint_of(tmp_path)


@pytest.mark.parametrize(
    ("name", "losses", "head", "trained"),
    [
        ("mel_cnn2d/published", [1.0], False, False),
        ("mel_cnn2d/published", [1.0, 0.5], False, True),
        ("mfcc_cnn1d/distilled", [1.0, 0.5], False, False),
        ("mfcc_cnn1d/distilled", [1.0], True, False),
        ("mfcc_cnn1d/distilled", [1.0, 0.5], True, True),
        ("mel_cnn2d/staged", None, False, False),
        ("mel_cnn2d/staged", None, True, True),
    ],
)
def test_a_part_is_trained_with_all_its_epochs_and_its_head(
    name: str, losses: list[float] | None, head: bool, trained: bool, tmp_path: Path
) -> None:
    recipe = tiny_recipe(name)
    if losses is not None:
        runs.write_history(tmp_path, [runs.EpochRecord(objective=loss) for loss in losses])
    if head:
        runs.write_summaries(tmp_path, runs.UsualSummaries(np.zeros(3, np.float32), np.zeros(3, np.float32)))
    assert not runs.is_trained(tmp_path, recipe)  # without its weights
    (tmp_path / runs.CHECKPOINT).touch()
    assert runs.is_trained(tmp_path, recipe) == trained


def test_folds_are_in_order_and_only_those_that_ended(tmp_path: Path) -> None:
    for number in (10, 2, 0, 1):
        (tmp_path / f"fold{number}").mkdir()
        if number != 1:
            runs.write_held_out(tmp_path / f"fold{number}", np.zeros((1, 2), np.float32), np.array([0]))
    assert [part.name for part in runs.evaluated_parts(tmp_path)] == ["fold0", "fold2", "fold10"]


def test_parts_without_a_corpus_are_a_kind_of_their_own(tmp_path: Path) -> None:
    for name in ("without-tess", "without-emodb", "fold0", "all"):
        (tmp_path / name).mkdir()
        runs.write_held_out(tmp_path / name, np.zeros((1, 2), np.float32), np.array([0]))
    assert [part.name for part in runs.evaluated_parts(tmp_path)] == ["fold0"]
    assert [part.name for part in runs.evaluated_parts(tmp_path, runs.WITHOUT)] == ["without-emodb", "without-tess"]


@pytest.mark.parametrize(("read", "name"), [(runs.read_run, "run.json"), (runs.read_split, "split.json")])
def test_no_run_and_a_damaged_one_are_one_line(tmp_path: Path, read: object, name: str) -> None:
    assert callable(read)
    with pytest.raises(NoInputError, match=rf"{name} is not there: expected the folder of a run") as missing:
        read(tmp_path)
    (tmp_path / name).write_text('{"recipe": 3')
    with pytest.raises(NoInputError, match=rf"{name} cannot be read .* delete .* and train again") as damaged:
        read(tmp_path)
    assert "\n" not in f"{missing.value}{damaged.value}"


def test_more_epochs_go_on_with_the_same_run(tmp_path: Path) -> None:
    runs.write_run(tmp_path, FACTS)
    longer = msgspec.structs.replace(FACTS, recipe=tiny_recipe("mel_cnn2d/published", epochs=9))
    runs.write_run(tmp_path, longer)
    assert runs.read_run(tmp_path) == longer


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"labels": ("angry", "happy")}, "labels"),
        ({"clips": {"made": 17}}, "clips"),
        ({"recipe": tiny_recipe("mel_cnn2d/published", learning_rate=0.5)}, "recipe"),
        ({"attribution": "a teacher", "clips": {}}, "attribution and clips"),
    ],
)
def test_a_run_on_something_else_is_not_gone_on_with(tmp_path: Path, changes: dict[str, object], named: str) -> None:
    runs.write_run(tmp_path, FACTS)
    with pytest.raises(UsageError, match=rf"a training with other {named}, which .* choose another folder with --out"):
        runs.write_run(tmp_path, msgspec.structs.replace(FACTS, **changes))
    assert runs.read_run(tmp_path) == FACTS


def test_a_part_that_heard_other_speakers_is_not_gone_on_with(tmp_path: Path) -> None:
    runs.write_split(tmp_path, SPLIT)
    runs.write_split(tmp_path, SPLIT)
    with pytest.raises(UsageError, match="a training with other speakers"):
        runs.write_split(tmp_path, msgspec.structs.replace(SPLIT, speakers=("made-0", "made-2")))
    assert runs.read_split(tmp_path) == SPLIT


def test_epochs_that_are_trained_are_not_taken_back(tmp_path: Path) -> None:
    folder = runs.run_folder(tmp_path, RECIPE)
    longer = msgspec.structs.replace(FACTS, recipe=msgspec.structs.replace(RECIPE, epochs=4))
    runs.write_run(folder, longer)
    (folder / "fold1").mkdir()
    runs.write_history(folder / "fold1", [runs.EpochRecord(objective=loss) for loss in (1.0, 0.9, 0.8)])
    shorter = msgspec.structs.replace(FACTS, recipe=msgspec.structs.replace(RECIPE, epochs=2))
    with pytest.raises(UsageError, match=r"found 3 epochs in .*expected at most the 2 .*give --epochs 3 or more"):
        runs.write_run(folder, shorter)
    assert runs.read_run(folder).recipe.epochs == 4
    runs.write_run(folder, msgspec.structs.replace(FACTS, recipe=msgspec.structs.replace(RECIPE, epochs=3)))
