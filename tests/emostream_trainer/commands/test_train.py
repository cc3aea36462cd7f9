"""Train, export and evaluate on the command line, from a corpus to a model with a card."""

import importlib
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from matplotlib.image import imread

from emostream.inference.model import EmotionModel
from emostream_export import stamp
from emostream_trainer import runs
from emostream_trainer.evaluation.regressions import DEVIATIONS, MEANS
from emostream_trainer.metrics import uar
from emostream_trainer.networks.dusha import Dusha
from emostream_trainer.recipes import RECIPES
from tests.support.commands import Said, assert_refused, emostream
from tests.support.small_corpora import clips_tsv, dusha_podcasts
from tests.support.spoken_corpus import spoken_corpus
from tests.support.tiny_models import tiny_graph
from tests.support.tiny_training import RELATIVE, tiny_recipe

# Before a fixture takes the teachers away.
TAUGHT = [name for name, recipe in RECIPES.items() if recipe.teacher]

# One of each framework. How every recipe learns and is exported is tested beside the learners and the export.
WHOLE = ("mfcc_cnn1d/published", "mel_cnn2d/published")
ALL_ONLY = "mel_cnn2d/attentive"
# What learns in the shortest time, where the network makes no difference: torch builds no graph before its first step.
SHORTEST = ALL_ONLY


@pytest.fixture(scope="module", autouse=True)
def tiny_recipes() -> Iterator[None]:
    """The recipes by their names, but over in a moment; and no corpora that whoever runs the tests has set."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("EMOSTREAM_CORPORA", raising=False)
        patch.delenv("EMOSTREAM_TEACHER", raising=False)
        for name in RECIPES:
            patch.setitem(RECIPES, name, tiny_recipe(name, epochs=min(1, RECIPES[name].epochs)))
        yield


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return spoken_corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


def _folder(out: Path, name: str) -> Path:
    return out / name.replace("/", "-")


@pytest.fixture(scope="module")
def trained(corpus: Path, out: Path) -> dict[str, Said]:
    """What training said of each network."""
    said = {name: emostream("train", name, "--corpora", corpus, "--out", out) for name in WHOLE}
    return said | {ALL_ONLY: emostream("train", ALL_ONLY, "--corpora", corpus, "--out", out, "--only", "all")}


@pytest.fixture(scope="module")
def exported(trained: dict[str, Said], out: Path) -> dict[str, Said]:
    """What the export of each run said."""
    assert all(said.code == 0 for said in trained.values())
    return {name: emostream("export", _folder(out, name)) for name in WHOLE}


@pytest.fixture(scope="module")
def evaluated(exported: dict[str, Said], corpus: Path, out: Path) -> Said:
    """What the evaluation of the runs, two of them together, and the baselines said."""
    folders = [str(_folder(out, name)) for name in WHOLE]
    together = "+".join(folders)
    assert all(said.code == 0 for said in exported.values())
    return emostream("evaluate", *folders, together, "--baselines", "--corpora", corpus, "--out", out / "evaluation")


@pytest.mark.parametrize("name", [*WHOLE, ALL_ONLY])
def test_training_leaves_all_that_is_needed(name: str, trained: dict[str, Said], out: Path) -> None:
    said, folder = trained[name], _folder(out, name)
    assert (said.code, said.errors) == (0, "")
    assert "8 clips, 2 speakers" in said.out
    parts = ["all"] if name == ALL_ONLY else ["all", "fold0", "fold1"]
    assert sorted(path.name for path in folder.iterdir() if path.is_dir()) == parts
    for part in parts:
        assert re.search(rf"^{part} +1/1 ", said.out, re.MULTILINE)
        assert len(runs.read_history(folder / part)) == 1
        assert (folder / part / runs.CHECKPOINT).is_file()
        assert not (folder / part / runs.DRAFT).exists()
    assert imread(folder / "learning_curves.png").size
    assert (folder / "learning_curves.svg").is_file()
    assert (folder / parts[0] / runs.HISTORY_TABLE).read_text().count("\n") == 2
    facts = runs.read_run(folder)
    assert facts.recipe == RECIPES[name]
    assert facts.clips == {"spoken": 8}


def _uars(said: Said) -> str:
    """The line of the folds' UAR."""
    (line,) = (line for line in said.out.splitlines() if line.startswith("UAR on clips of strangers"))
    return line


def test_training_ends_with_scores_places_and_what_comes_next(trained: dict[str, Said], out: Path) -> None:
    name = WHOLE[0]
    folder = _folder(out, name)
    each = [uar(truth, logits.argmax(1)) for logits, truth in (runs.read_held_out(folder / f"fold{i}") for i in (0, 1))]
    words = f"mean {np.mean(each):.3f} (fold0 {each[0]:.3f}, fold1 {each[1]:.3f})"
    assert trained[name].out.splitlines()[-3:] == [
        f"UAR on clips of strangers: {words}",
        f"loss, accuracy and UAR by epoch: {folder}/learning_curves.png and .svg, or tensorboard --logdir {folder}",
        f"done: {folder}; now 'emostream export {folder}'",
    ]
    assert "UAR on clips of strangers" not in trained[ALL_ONLY].out
    assert len(list((folder / "fold0").glob("events.out.tfevents.*"))) == 1


def test_with_patience_only_speakers_of_the_training_side_judge_the_epochs(tmp_path: Path) -> None:
    folder = clips_tsv(tmp_path / "corpus", speakers=5, clips=2)
    said = emostream(
        "train", WHOLE[0], "--corpora", folder, "--out", tmp_path, "--folds", "2", "--patience", "1", "--epochs", "9"
    )
    assert (said.code, said.errors) == (0, "")
    for part in ("fold0", "fold1", "all"):
        kept = _folder(tmp_path, WHOLE[0]) / part
        history = runs.read_history(kept)
        assert all(record.validation for record in history), "the part of all speakers is judged too"
        assert len(history) == 9 or runs.best_epoch(history) == len(history) - 2
        assert runs.checkpoint_of(kept) == kept / runs.BEST
    assert emostream("export", _folder(tmp_path, WHOLE[0]), "--to", tmp_path / "model.onnx").code == 0


@pytest.mark.parametrize("name", WHOLE)
def test_folds_hold_out_speakers_that_they_did_not_hear(name: str, trained: dict[str, Said], out: Path) -> None:
    folder = _folder(out, name)
    assert runs.read_history(folder / "all")[0].validation is None
    for fold in (0, 1):
        part = folder / f"fold{fold}"
        (record,) = runs.read_history(part)
        assert record.training is not None
        assert record.validation is not None
        assert record.validation.loss > 0
        assert record.validation.uar == record.validation.accuracy, "four clips of four labels"
        assert runs.read_split(part).speakers == (f"spoken-{1 - fold}",)
        logits, labels = runs.read_held_out(part)
        assert logits.shape == (4, 4)
        assert sorted(labels.tolist()) == [0, 1, 2, 3]
        assert f"fold{fold}  UAR" in trained[name].out
    assert runs.read_split(folder / "all").speakers == ("spoken-0", "spoken-1")


def test_the_split_is_named_the_same_with_and_without_its_folds(trained: dict[str, Said], out: Path) -> None:
    assert all(said.code == 0 for said in trained.values())
    hashes = {runs.read_split(_folder(out, name) / "all").split_hash for name in trained}
    assert len(hashes) == 1
    assert len(hashes.pop()) == 16


def test_training_again_trains_nothing_anew(trained: dict[str, Said], corpus: Path, out: Path) -> None:
    losses = runs.read_history(_folder(out, WHOLE[0]) / "fold0")
    said = emostream("train", WHOLE[0], "--corpora", corpus, "--out", out)
    assert said.code == trained[WHOLE[0]].code == 0
    assert " 1/1 " not in said.out
    assert _uars(said) == _uars(trained[WHOLE[0]])
    assert runs.read_history(_folder(out, WHOLE[0]) / "fold0") == losses


@pytest.mark.parametrize("name", WHOLE)
def test_every_part_is_exported_with_its_card(name: str, exported: dict[str, Said], out: Path) -> None:
    said, folder = exported[name], _folder(out, name)
    assert (said.code, said.errors) == (0, "")
    assert said.out.count("equal to its framework on 48 windows") == 3
    for part in ("all", "fold0", "fold1"):
        card = EmotionModel.load(folder / part / runs.MODEL).card
        assert f"{card.name}/{card.variant}" == name
        assert card.labels == ("angry", "happy", "neutral", "sad")
        assert card.features == RECIPES[name].features
        assert card.heard_speakers == runs.read_split(folder / part).speakers
        assert card.split_hash == runs.read_split(folder / part).split_hash
        assert card.training_data == "spoken (und, not known)"
        assert card.licence == "not known: it hangs on the terms of spoken; say it with --weights-licence"
        assert card.attribution == ""
        assert card.temperature != 1.0


def test_evaluation_leaves_a_report_and_scores(evaluated: Said, out: Path) -> None:
    assert (evaluated.code, evaluated.errors) == (0, "")
    one_d, two_d = (name.replace("/", "-") for name in WHOLE)
    names = [MEANS, DEVIATIONS, one_d, two_d, f"{one_d} + {two_d}"]
    rows = json.loads((out / "evaluation" / "report.json").read_text())["scores"]
    assert list(rows) == names
    scores = {name: row["scores"] for name, row in rows.items()}
    for of in scores.values():
        assert list(of) == ["UAR spoken", "UAR mean", *(f"recall {k}" for k in ("angry", "happy", "neutral", "sad"))]
        assert all(0 <= score <= 1 for score in of.values())
    report = (out / "evaluation" / "report.md").read_text().splitlines()
    table = [line for line in report if line.startswith("|")][2 : 2 + len(names)]
    assert [line.split(" | ")[0].removeprefix("| ") for line in table] == names
    assert f"{scores[names[-1]]['UAR mean']:.3f}" in evaluated.out
    assert runs.read_scores(_folder(out, WHOLE[0])) == scores[names[2]]


def test_the_model_that_ships_carries_its_scores(evaluated: Said, out: Path, tmp_path: Path) -> None:
    assert evaluated.code == 0
    folder, to = _folder(out, WHOLE[0]), tmp_path / "models" / "mfcc_cnn1d.onnx"
    said = emostream("export", folder, "--to", to)
    assert (said.code, said.errors) == (0, "")
    assert sorted(path.name for path in to.parent.iterdir()) == ["mfcc_cnn1d.md", "mfcc_cnn1d.onnx"]
    card = EmotionModel.load(to).card
    assert card.scores == runs.read_scores(folder)
    assert "2 speaker-disjoint folds" in card.protocol
    assert card.heard_speakers == ("spoken-0", "spoken-1")
    page = to.with_suffix(".md").read_text()
    for fact in (f"{card.scores['UAR mean']:.3f}", card.licence, card.training_data, card.split_hash, card.protocol):
        assert fact in page


def test_a_model_file_is_judged_on_strangers_only(exported: dict[str, Said], corpus: Path, out: Path) -> None:
    assert exported[WHOLE[0]].code == 0
    model = _folder(out, WHOLE[0]) / "all" / runs.MODEL
    heard = emostream("evaluate", model, "--corpora", corpus, "--out", out / "heard")
    assert_refused(heard, 2, "the speaker spoken-0", "was heard in training")
    strangers = clips_tsv(out / "strangers", speakers=1, clips=1)
    said = emostream("evaluate", model, "--corpora", strangers, "--out", out / "judged")
    assert (said.code, said.errors) == (0, "")
    assert "model.onnx" in (out / "judged" / "report.md").read_text()


def test_networks_that_leave_out_a_corpus(tmp_path: Path) -> None:
    folder = spoken_corpus(tmp_path / "corpora")
    table = folder / "clips.tsv"
    table.write_text(table.read_text().replace("spoken\tspoken-1", "other\tother-1"))
    name = "mfcc_cnn1d/attentive"
    part = _folder(tmp_path, name)
    said = emostream("train", name, "--corpora", folder, "--out", tmp_path, "--leave-one-corpus-out")
    assert (said.code, said.errors) == (0, "")
    assert sorted(path.name for path in part.iterdir() if path.is_dir()) == ["without-other", "without-spoken"]
    assert runs.read_split(part / "without-other").speakers == ("spoken-0",)
    said = emostream("export", part)
    assert (said.code, said.errors) == (0, "")
    assert said.out.count("equal to its framework") == 2
    assert EmotionModel.load(part / "without-spoken" / runs.MODEL).card.heard_speakers == ("other-1",)


def test_a_graph_that_says_something_else_is_not_written(
    trained: dict[str, Said], out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert trained[WHOLE[0]].code == 0
    other = tiny_graph(RECIPES[WHOLE[0]].features.dim, 4, bias=(9.0, 0.0, 0.0, 0.0))
    monkeypatch.setattr(stamp, "to_onnx", lambda *_: other)
    to = tmp_path / "model.onnx"
    assert_refused(emostream("export", _folder(out, WHOLE[0]), "--to", to), 1, "differ by up to", "nothing was written")
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_not_finished_is_not_exported(
    trained: dict[str, Said], corpus: Path, out: Path, tmp_path: Path
) -> None:
    assert trained[WHOLE[0]].code == 0
    folder = _folder(out, WHOLE[0])
    facts = (folder / "run.json").read_text()
    try:
        (folder / "run.json").write_text(facts.replace('"epochs": 1', '"epochs": 2'))
        assert_refused(emostream("export", folder, "--to", tmp_path / "m.onnx"), 66, "finish it with 'emostream train'")
    finally:
        (folder / "run.json").write_text(facts)
    assert not (tmp_path / "m.onnx").exists()


def test_other_clips_do_not_go_on_with_a_run(trained: dict[str, Said], out: Path, tmp_path: Path) -> None:
    assert trained[WHOLE[0]].code == 0
    other = clips_tsv(tmp_path, speakers=2, clips=1)
    said = emostream("train", WHOLE[0], "--corpora", other, "--out", out)
    assert_refused(said, 2, "a training with other training_data and licence and clips", "--out")


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus with clips that hold no sound, and more of one label than of the others."""
    folder = spoken_corpus(tmp_path_factory.mktemp("spoilt"))
    soundfile.write(folder / "silent.wav", np.zeros(16_000), 16_000)
    (folder / "text.wav").write_text("no sound at all")
    (folder / "again.flac").write_bytes((folder / "0_sad.flac").read_bytes())
    with (folder / "clips.tsv").open("a") as table:
        table.writelines(f"{name}\tspoken\tspoken-0\tsad\t0\n" for name in ("silent.wav", "text.wav", "again.flac"))
    return folder


def test_clips_without_sound_are_left_out_of_training_with_the_reason(spoilt: Path, tmp_path: Path) -> None:
    said = emostream("train", SHORTEST, "--corpora", spoilt, "--out", tmp_path, "--only", "all")
    assert (said.code, said.errors) == (0, "")
    assert "9 clips, 2 speakers, 2 files skipped" in said.out
    assert "1 skipped: no sound (digital silence) (first: silent.wav)" in said.out
    assert "1 skipped: unreadable: " in said.out
    assert runs.read_run(_folder(tmp_path, SHORTEST)).clips == {"spoken": 9}


def test_the_preset_makes_labels_equal_and_targets_may_be_soft(spoilt: Path, tmp_path: Path) -> None:
    options = ("--corpora", spoilt, "--out", tmp_path, "--only", "all", "--preset", "published", "--soft-targets")
    said = emostream("train", SHORTEST, *options)
    assert (said.code, said.errors) == (0, "")
    assert "1 skipped: one too many of its label" in said.out
    facts = runs.read_run(_folder(tmp_path, SHORTEST))
    assert facts.clips == {"spoken": 8}
    assert facts.recipe.soft_targets


def test_a_corpus_without_any_sound_is_one_line(tmp_path: Path) -> None:
    folder = clips_tsv(tmp_path / "silent", speakers=1, clips=1)
    for path in (folder / "audio").iterdir():
        soundfile.write(path, np.zeros(16_000), 16_000)
    said = emostream("train", WHOLE[0], "--corpora", folder, "--out", tmp_path)
    assert_refused(said, 66, "found 4 clips in", "none with sound, such as", "no sound (digital silence)")


def test_features_without_audio_are_for_their_own_network(tmp_path: Path) -> None:
    folder = dusha_podcasts(tmp_path / "dusha")
    said = emostream("train", WHOLE[0], "--corpora", folder, "--out", tmp_path, "--only", "all")
    assert_refused(said, 2, "8 clips that are features without audio", "train mel_cnn2d/staged")
    judged = emostream("evaluate", "--baselines", "--corpora", folder, "--out", tmp_path / "judged")
    assert_refused(judged, 66, "10 clips that are features without audio, expected audio")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file like that of the network that heard Dusha, with weights of no worth."""
    path = tmp_path_factory.mktemp("published") / "stand_in.pt"
    torch.manual_seed(0)
    torch.save(Dusha().state_dict(), path)
    return path


def test_a_network_of_that_kind_learns_from_features_alone(published: Path, tmp_path: Path) -> None:
    name, folder = "mel_cnn2d/staged", dusha_podcasts(tmp_path / "dusha")
    options = ("--corpora", folder, "--out", tmp_path, "--only", "all", "--teacher", published)
    said = emostream("train", name, *options)
    assert (said.code, said.errors) == (0, "")
    facts = runs.read_run(_folder(tmp_path, name))
    assert facts.clips == {"dusha": 8}
    assert "Dusha" in facts.training_data
    assert "share alike" in facts.training_data


def test_what_starts_from_another_network_is_not_trained_without_it(corpus: Path, tmp_path: Path) -> None:
    said = emostream("train", "mel_cnn2d/staged", "--corpora", corpus, "--out", tmp_path, "--only", "all")
    assert_refused(said, 2, "podcasts_finetune.pt with --teacher", "github.com/salute-developers/golos, folder")


def test_a_teacher_that_is_not_there_is_said_before_features_are_made(corpus: Path, tmp_path: Path) -> None:
    missing = ("--teacher", tmp_path / "none.pt")
    said = emostream("train", "mel_cnn2d/staged", "--corpora", corpus, "--out", tmp_path / "runs", *missing)
    assert_refused(said, 66, "none.pt: no such file; name the published podcasts_finetune.pt")
    assert not (tmp_path / "runs" / "features").exists()


# One fold's training side is a single speaker: enough for a discriminant.
@pytest.mark.parametrize("name", RELATIVE)
def test_what_is_judged_relative_to_the_speaker_ships_with_what_is_usual(
    name: str, corpus: Path, published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Summaries of a stand-in are nearly the same for everybody: without shrinkage, roundings would be magnified.
    teacher = "whisper" if name in TAUGHT else None
    changes = {"epochs": min(1, RECIPES[name].epochs), "teacher": teacher, "shrinkage": 1.0}
    # The file that is named takes the teacher's place.
    other = "whisper" if name == "whisper/staged" else "dusha"
    attribution = importlib.import_module(f"emostream_trainer.networks.{other}").ATTRIBUTION
    monkeypatch.setitem(RECIPES, name, tiny_recipe(name, **changes))
    said = emostream("train", name, "--corpora", corpus, "--out", tmp_path, "--teacher", published)
    assert (said.code, said.errors) == (0, "")
    folder = _folder(tmp_path, name)
    assert runs.read_run(folder).attribution == attribution
    for part in ("fold0", "fold1", "all"):
        assert re.search(rf"^{part} +discriminant", said.out, re.MULTILINE)
        assert runs.is_trained(folder / part, RECIPES[name])
    assert (folder / "learning_curves.png").exists() == (RECIPES[name].epochs > 0)

    to = tmp_path / "model.onnx"
    exported = emostream("export", folder, "--to", to)
    assert (exported.code, exported.errors) == (0, ""), exported.errors
    assert "equal to its framework on 48 windows" in exported.out
    model = EmotionModel.load(to)
    assert model.card.attribution == attribution
    neutral = runs.read_summaries(folder / runs.ALL).neutral
    assert model.summary_size == len(neutral) > 0
    assert model.card.neutral_summary == pytest.approx(neutral.tolist(), abs=1e-4)

    (folder / runs.ALL / runs.SUMMARIES).unlink()
    assert_refused(emostream("export", folder, "--to", to), 66, "finish it with 'emostream train'")


def test_another_classifier_over_the_same_network_needs_no_new_summaries(corpus: Path, tmp_path: Path) -> None:
    options = ("train", "whisper/staged", "--corpora", corpus, "--out", tmp_path, "--only", "all")
    checkpoints = []
    for more in ((), ("--set", "speaker_share=1.0"), ()):
        said = emostream(*options, "--set", "shrinkage=1.0", *more)
        assert (said.code, said.errors) == (0, "")
        part = _folder(tmp_path, "whisper/staged") / runs.ALL
        checkpoints.append(runs.checkpoint_of(part).read_bytes())
        (kept,) = (tmp_path / "features").glob("*/summaries-*.npz")
        last_written = kept.stat().st_mtime_ns
        if len(checkpoints) == 1:
            written = last_written
        shutil.rmtree(part.parent)
    assert last_written == written
    assert checkpoints[0] == checkpoints[2] != checkpoints[1]


def test_clips_of_other_emotions_are_heard_where_there_is_a_teacher(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, folder = "mel_cnn2d/distilled", spoken_corpus(tmp_path / "corpus")
    monkeypatch.setitem(RECIPES, name, tiny_recipe(name, epochs=1, teacher="whisper"))
    options = ("train", name, "--corpora", folder, "--labels", "angry,neutral", "--only", "all")
    for given, teacher in (((), "whisper"), (("--teacher", published), "dusha")):
        taught = emostream(*options, "--out", tmp_path / teacher, *given)
        assert (taught.code, taught.errors) == (0, "")
        assert re.search(r"^part +epoch +teacher distance ", taught.out, re.MULTILINE)
        facts = runs.read_run(_folder(tmp_path / teacher, name))
        assert facts.clips == {"spoken": 8}
        assert facts.recipe.teacher == teacher
    monkeypatch.setitem(RECIPES, name, tiny_recipe(name, epochs=1))
    untaught = emostream(*options, "--out", tmp_path / "untaught")
    assert (untaught.code, untaught.errors) == (0, "")
    assert re.search(r"^part +epoch +loss ", untaught.out, re.MULTILINE), "no distance from a teacher"
    facts = runs.read_run(_folder(tmp_path / "untaught", name))
    assert facts.clips == {"spoken": 4}
    assert facts.attribution == ""


NO_CORPUS = "--corpora DIR or EMOSTREAM_CORPORA"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["train", "mel_cnn2d/published"], 66, NO_CORPUS),
        (["train", "mel_cnn2d/published", "--corpora", "nowhere"], 66, "found nothing at nowhere"),
        (["train", "mel_cnn2d/best", "--corpora", "CORPUS"], 2, "found recipe 'mel_cnn2d/best', expected one of mfcc"),
        (["train", "mel_cnn2d/published", "--corpora", "CORPUS", "--epochs", "0"], 2, "--epochs 0, expected 1 or more"),
        (["train", "mel_cnn2d/published", "--corpora", "CORPUS", "--labels", "happy,bored"], 66, "no clip of bored"),
        (["train", "mel_cnn2d/published", "--patience", "-1"], 2, "patience must be 0 or more"),
        (
            ["train", "mel_cnn2d/published", "--leave-one-corpus-out", "--only", "all"],
            2,
            "cannot go with a corpus left out",
        ),
        (
            ["train", "mel_cnn2d/published", "--leave-one-corpus-out", "--corpora", "CORPUS"],
            2,
            "two or more to leave one out",
        ),
        (["export", "nowhere"], 66, "nowhere/run.json is not there"),
        (["evaluate"], 2, "nothing to judge"),
        (["evaluate", "nowhere"], 66, NO_CORPUS),
        (["evaluate", "nowhere", "--corpora", "CORPUS"], 66, "nowhere does not exist: expected the folder of a run"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    arguments: list[str], code: int, words: str, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(corpus.parent)
    assert_refused(emostream(*(corpus if word == "CORPUS" else word for word in arguments)), code, words)


@pytest.mark.parametrize("words", ["none.onnx", "none", "none+other"])
def test_what_is_judged_must_be_there(words: str, corpus: Path, tmp_path: Path) -> None:
    said = emostream("evaluate", words, "--corpora", corpus, "--out", tmp_path)
    assert_refused(said, 66, "none", "does not exist: expected the folder of a run, or a model file")
    assert "clips" not in said.out, "before any clip is opened"
