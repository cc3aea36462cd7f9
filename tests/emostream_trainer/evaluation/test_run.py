"""A whole report, of stand-in networks on a few seconds of speech."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from emostream.features import FeatureSpec
from emostream.pipeline.reliability import decode_reliability
from emostream_trainer import runs
from tests.support.commands import assert_refused, emostream
from tests.support.spoken_corpus import spoken_corpus
from tests.support.tiny_models import MEL_SPEC, MFCC_SPEC, tiny_card, write_model
from tests.support.tiny_training import tiny_recipe

ZEROS = (0.0,) * 4
SPEAKERS = ("one-spoken-0", "one-spoken-1", "two-spoken-2", "two-spoken-3")
# {part: who is heard}; every speaker is a stranger to one fold and to one network without a corpus.
PARTS = {
    "fold0": SPEAKERS[1::2],
    "fold1": SPEAKERS[0::2],
    "without-one": SPEAKERS[2:],
    "without-two": SPEAKERS[:2],
    "all": SPEAKERS,
}


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four speakers of two corpora, one of each in either fold, and two of a third, which no run has."""
    folder = spoken_corpus(tmp_path_factory.mktemp("corpora"), speakers=6, seconds=1.4)
    table = folder / "clips.tsv"
    rows = [line.split("\t") for line in table.read_text().splitlines()]
    for row in rows[1:]:
        number = int(row[4])
        row[1], row[4] = ("one", "two", "three")[number // 2], str(number % 2)
    table.write_text("\n".join(["\t".join(row) for row in rows] + [""]))
    return folder


def _run(root: Path, recipe: str, features: FeatureSpec, seed: int, *, summarised: bool = True) -> Path:
    network, variant = recipe.split("/")
    folder = root / f"{network}-{variant}"
    facts = runs.RunFacts(
        recipe=tiny_recipe(recipe),
        labels=("angry", "sad"),
        training_data="",
        licence="",
        attribution="",
        clips={"one": 8, "two": 8},
    )
    runs.write_run(folder, facts)
    summary = {"neutral_summary": ZEROS, "speech_summary": ZEROS} if summarised else {}
    for i, (name, speakers) in enumerate(PARTS.items()):
        runs.write_split(folder / name, runs.SplitFacts(speakers=speakers, split_hash=name))
        if name != runs.ALL:
            runs.write_held_out(folder / name, np.zeros((1, 4), np.float32), np.array([0]))
        card = tiny_card(name=network, variant=variant, features=features, heard_speakers=speakers, **summary)
        write_model(folder / name / runs.MODEL, card, seed=seed + i)
    return folder


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    root = tmp_path_factory.mktemp("runs")
    return _run(root, "mfcc_cnn1d/published", MFCC_SPEC, 18), _run(root, "mel_cnn2d/published", MEL_SPEC, 17)


@pytest.fixture(scope="module")
def out(corpora: Path, networks: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("report")
    both = "+".join(map(str, networks))
    options = ("--leaky", "--noise", "--disturbed", "--sessions", "--sample", 2, "--enrol-wrong", "--enrol", 3)
    said = emostream("evaluate", both, "--corpora", corpora, "--out", out, *options)
    assert (said.errors, said.code) == ("", 0)
    assert f"report: {out / 'report.md'}" in said.out
    return out


@pytest.fixture(scope="module")
def numbers(out: Path) -> dict[str, dict]:
    found: dict[str, dict] = json.loads((out / "report.json").read_text())
    return found


SINGLES = ("mfcc_cnn1d-published", "mel_cnn2d-published")
PAIR = " + ".join(SINGLES)


def test_there_is_a_row_for_each_alone_and_for_both(numbers: dict[str, dict]) -> None:
    assert list(numbers["scores"]) == [*SINGLES, PAIR]
    for row in numbers["scores"].values():
        for corpus in ("one", "two", "mean"):
            low, high = row["intervals"][f"UAR {corpus}"]
            assert 0 <= low <= high <= 1


def test_the_report_shows_its_sections_and_pictures(out: Path) -> None:
    text = (out / "report.md").read_text()
    titles = [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")]
    assert titles == [
        "Scores on unheard speakers",
        "Who and what",
        "Is its confidence honest?",
        "What abstaining buys",
        "While somebody speaks",
        "Behind noise",
        "Telephones, headsets, rooms",
        "While a voice is being got to know",
        "Knowing the speaker",
        "Corpora that were never heard",
        "Is its confidence honest where it never was?",
        "While a voice is being got to know, in corpora never heard",
        "What a leaking split would claim",
    ]
    assert "Not a score: clips of one speaker on both sides." in text
    for picture in out.glob("*.png"):
        assert f"]({picture.name})" in text
        assert imread(picture).size
    assert text.count("](") == len(list(out.glob("*.png"))) == 8


def test_parts_of_the_clips_are_counted(numbers: dict[str, dict]) -> None:
    part = numbers["breakdown"]["corpus"]["one"]
    assert (part["clips"], part["speakers"]) == (8, 2)
    assert part["UAR"] == pytest.approx(numbers["scores"][PAIR]["scores"]["UAR one"], abs=1e-4)
    assert numbers["breakdown"]["sex"] == numbers["breakdown"]["intensity"] == {}


def test_every_fold_has_weights_of_the_others(numbers: dict[str, dict]) -> None:
    found = dict(numbers["calibration"])
    weights = found.pop("weights_by_fold")
    assert list(weights) == ["0", "1"]
    assert all(len(of_fold) == 2 for of_fold in weights.values())
    assert list(found) == [*SINGLES, PAIR]
    assert {sum(each["count"] for each in row["bins"]) for row in found.values()} == {16}


def test_the_daemon_is_told_what_to_trust(out: Path) -> None:
    found = decode_reliability((out / "reliability.json").read_bytes(), "reliability.json")
    assert [str(model) for model in found.models] == ["mfcc_cnn1d/published (all)", "mel_cnn2d/published (all)"]
    assert found.unheard == "corpora", "as a user's room is"
    assert all(0 <= weight <= 10 for weight in found.weights)
    for curve in (found.estimates, found.utterances):
        assert (np.diff([point.coverage for point in curve.points]) <= 0).all()
        assert curve.points[0].coverage > 0.5


def test_noise_is_compared_on_one_sample(numbers: dict[str, dict]) -> None:
    noise = numbers["noise"]
    assert noise["clips"] == 4
    assert noise["ratios"] == ["clean", "20 dB", "10 dB", "5 dB", "0 dB"]
    babble, cafe = noise["UAR mean, low, high"].values()
    assert len(babble) == len(cafe) == 5
    assert babble[0] == cafe[0]


def test_each_disturbance_falls_from_the_same_clean_clips(numbers: dict[str, dict]) -> None:
    found = dict(numbers["disturbed"])
    assert found.pop("clips") == numbers["noise"]["clips"]
    clean = found.pop("clean")["scores"]["UAR mean"]
    assert clean == numbers["noise"]["UAR mean, low, high"]["babble"][0][0]
    assert len(found) == 8
    for row in found.values():
        assert row["fall"] == pytest.approx(clean - row["scores"]["UAR mean"], abs=2e-4)
        assert row["interval"][0] <= row["interval"][1]


def test_enrolment_has_rows_for_each_network_for_help_and_harm(numbers: dict[str, dict]) -> None:
    rows = numbers["enrolment"]
    assert list(rows) == [*(f"{name}: {who}" for name in (*SINGLES, PAIR) for who in ("nobody", "3 s")), "sample"]
    # Each speaker has one neutral clip: it enrols for half of the others, never for itself.
    assert rows[f"{PAIR}: 3 s"]["enrolled_clips"] == 8
    assert rows[f"{PAIR}: nobody"]["enrolled_clips"] == 0
    whos = ("nobody", "nobody, one stream a speaker", "3 s", "5 s", "3 s of another speaker")
    assert list(rows["sample"]) == [f"{PAIR}: {who}" for who in whos]
    enrolled = [row["enrolled_clips"] for row in rows["sample"].values()]
    assert enrolled[:2] == [0, 0]
    assert 0 < enrolled[2] == enrolled[3] == enrolled[4] < 8


def test_sessions_have_rows_with_and_without_adaptation(numbers: dict[str, dict]) -> None:
    rows = numbers["sessions"]
    ways = ("without adaptation", "following the voice")
    assert list(rows)[:2] == [f"all clips, {way}" for way in ways]
    assert not [row for row in rows if "first clips" in row], "no two speakers of a corpus are in one fold"
    assert list(numbers["sessions_elsewhere"])[-2:] == ["first clips", "first clips, behind another voice"]
    for spans in rows.values():
        assert list(spans) == ["first minute", "second", "third", "later", "after the first"]
        assert 0 <= spans["first minute"]["scores"]["UAR mean"] <= 1
        assert spans["later"] == {"clips": 0}, "no session here lasts so long"


def test_networks_without_a_corpus_are_judged_on_it_unknown_and_enrolled(numbers: dict[str, dict]) -> None:
    found = numbers["leave_one_corpus_out"]
    assert list(found) == ["never heard the corpus", "nor that, 3 s enrolled"]
    for scores in found.values():
        assert {"UAR one", "UAR two", "UAR three", "UAR mean"} <= set(scores)


def test_how_sure_they_are_there_is_learnt_from_other_corpora(numbers: dict[str, dict]) -> None:
    found = numbers["confidence_elsewhere"]
    views = [name for name in found if name not in ("scales", "promises")]
    assert views == ["weights of the folds", "scaled", *(f"scaled: {corpus}" for corpus in ("one", "three", "two"))]
    assert set(found["scales"]) == {"one", "two", "three"}
    # Networks of chance know nothing anywhere: they are to be less sure.
    assert all(0 < factor < 1 for factor in found["scales"].values())
    assert found["scaled"]["confidence"] < found["weights of the folds"]["confidence"]


@pytest.fixture
def only_one(tmp_path: Path) -> Path:
    """A run of one corpus, without networks that leave it out."""
    folder = _run(tmp_path, "mel_cnn2d/published", MEL_SPEC, 17)
    facts = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(facts | {"clips": {"one": 8}}))
    for name in ("without-one", "without-two"):
        shutil.rmtree(folder / name)
    return folder


def _only(corpora: Path, folder: Path, *names: str) -> Path:
    """A copy with these of the corpora alone."""
    shutil.copytree(corpora, folder)
    header, *rows = (corpora / "clips.tsv").read_text().splitlines()
    kept = [row for row in rows if row.split("\t")[1] in names]
    (folder / "clips.tsv").write_text("\n".join([header, *kept, ""]))
    return folder


def test_a_run_of_one_corpus_is_judged_on_others_by_its_network_of_all(
    only_one: Path, corpora: Path, tmp_path: Path
) -> None:
    clips = _only(corpora, tmp_path / "corpora", "one", "three")
    said = emostream("evaluate", only_one, "--corpora", clips, "--out", tmp_path / "out")
    assert (said.code, said.errors) == (0, "")
    found = json.loads((tmp_path / "out" / "report.json").read_text())
    assert "UAR three" in found["leave_one_corpus_out"]["never heard the corpus"]
    assert "confidence_elsewhere" not in found, "no corpus was left out that could say how sure it may be"


def test_a_run_none_of_whose_corpora_is_there_is_refused(only_one: Path, corpora: Path, tmp_path: Path) -> None:
    clips = _only(corpora, tmp_path / "corpora", "three")
    said = emostream("evaluate", only_one, "--corpora", clips, "--out", tmp_path / "out")
    assert_refused(said, 2, "found clips of three and none of the corpora that mel_cnn2d-published is of")


def test_networks_that_know_no_speaker_cannot_be_enrolled_with(corpora: Path, tmp_path: Path) -> None:
    plain = _run(tmp_path, "mel_cnn2d/published", MEL_SPEC, 17, summarised=False)
    said = emostream("evaluate", plain, "--corpora", corpora, "--out", tmp_path / "out", "--enrol")
    assert_refused(said, 1, "cannot take a speaker into account")
    assert not (tmp_path / "out").exists()


def test_speakers_are_enrolled_with_a_clip_of_each_mood(tmp_path: Path) -> None:
    corpora = spoken_corpus(tmp_path / "corpora", speakers=4)
    table = corpora / "clips.tsv"
    text = table.read_text()
    for number in (2, 3):  # two speakers with two clips of each mood
        text = text.replace(f"\tspoken-{number}\t", f"\tspoken-{number - 2}\t")
    table.write_text(text)
    model = write_model(
        tmp_path / "model.onnx",
        tiny_card(heard_speakers=(), neutral_summary=ZEROS, speech_summary=ZEROS, label_summaries=(ZEROS,) * 4),
        seed=17,
    )
    said = emostream(
        "evaluate", model, "--corpora", corpora, "--out", tmp_path / "out", "--enrol-moods", "--enrol-wrong"
    )
    assert (said.code, said.errors) == (0, "")
    rows = json.loads((tmp_path / "out" / "report.json").read_text())["enrolment_by_moods"]
    whos = ("nobody", "nobody, following the voice", "1 of each mood", "1 of each mood, following the voice")
    harm = rows.pop("harm")
    assert list(rows) == [f"model.onnx: {who}" for who in whos]
    assert list(harm["falls"]) == [
        "1 of each mood",
        "another speaker's",
        "one mood alone",
        "behind babble, 0 dB",
        "silence",
    ]
    assert harm["falls"]["silence"] == {"fall": 0, "interval": [0, 0]}, "who was silent is nobody"
    assert [row["enrolled_clips"] for row in rows.values()] == [0, 0, 8, 8]
    assert all(0 <= row["scores"]["UAR spoken"] <= 1 for row in rows.values())
    assert "UAR of 8 clips by 2 speakers" in (tmp_path / "out" / "report.md").read_text()


def test_too_few_clips_to_enrol_with_are_said_before_anything_is_scored(corpora: Path, tmp_path: Path) -> None:
    model = write_model(tmp_path / "model.onnx", tiny_card(heard_speakers=()))
    said = emostream("evaluate", model, "--corpora", corpora, "--out", tmp_path / "out", "--enrol-moods", 2)
    assert_refused(said, 66, "found no speaker with 3 clips of each of angry, happy, neutral, sad")
    assert not (tmp_path / "out").exists()


def test_one_model_file_has_no_folds_to_fit_on(corpora: Path, tmp_path: Path) -> None:
    model = write_model(tmp_path / "model.onnx", tiny_card(heard_speakers=()))
    said = emostream("evaluate", model, "--corpora", corpora, "--out", tmp_path / "out")
    assert (said.code, said.errors) == (0, "")
    assert "no folds" in (tmp_path / "out" / "report.md").read_text()
    assert not (tmp_path / "out" / "reliability.json").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--noise", "--baselines"], "judge a run, and none was named"),
        (["--disturbed", "--baselines"], "judge a run, and none was named"),
        (["--sessions", "--baselines"], "judge a run, and none was named"),
        (["RUN", "--enrol", "0"], "--enrol 0, expected seconds, more than 0"),
        (["RUN", "--enrol-wrong"], "give one of them too"),
        (["RUN", "--enrol-moods", "0"], "--enrol-moods 0, expected clips of each mood, 1 or more"),
        (["--enrol-moods", "--baselines"], "judge a run, and none was named"),
        (["RUN", "--noise", "--sample", "0"], "--sample 0, expected 1 or more"),
    ],
)
def test_what_cannot_be_asked_is_one_line(arguments: list[str], words: str, corpora: Path) -> None:
    assert_refused(emostream("evaluate", *arguments, "--corpora", corpora), 2, words)
