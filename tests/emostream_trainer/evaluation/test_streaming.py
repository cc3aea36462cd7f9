"""Scores through the live path, by models that never heard the speaker: anything else is refused."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from emostream.audio import AudioBlock
from emostream.errors import NoInputError, UsageError
from emostream_trainer import runs
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.labels import FOUR, label_set
from emostream_trainer.corpora.registry import read_corpus
from emostream_trainer.evaluation.enrolment import Enrolment
from emostream_trainer.evaluation.folds import FoldEnsembles, model_sets
from emostream_trainer.evaluation.noise import CAFE, noise_for
from emostream_trainer.evaluation.result import Evaluation
from emostream_trainer.evaluation.sessions import (
    SessionPlan,
    behind_another_voice,
    evaluate_sessions,
    mostly_neutral,
)
from emostream_trainer.evaluation.streaming import evaluate, profile_of
from emostream_trainer.metrics import NO_LABEL
from tests.support.spoken_corpus import spoken_corpus
from tests.support.streams import Parts
from tests.support.tiny_models import tiny_card, write_model


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> tuple[Clip, ...]:
    """Eight clips of real speech by `spoken-0` and `spoken-1`."""
    return read_corpus(spoken_corpus(tmp_path_factory.mktemp("corpus"))).clips


@pytest.fixture(scope="module")
def folds(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, ...]]:
    """Two models of which each heard the speaker that the other did not."""
    folder = tmp_path_factory.mktemp("folds")
    return [
        (write_model(folder / f"{fold}.onnx", tiny_card(heard_speakers=(f"spoken-{1 - fold}",)), seed=fold),)
        for fold in (0, 1)
    ]


def _evaluation(truth: list[int], p: list[list[float]], corpora: list[str]) -> Evaluation:
    clips = tuple(Clip(Path("x.wav"), corpus, "en", f"{corpus}-0", "", "sad", "", "") for corpus in corpora)
    return Evaluation("by hand", ("angry", "sad"), clips, np.array(truth), np.array(p))


def test_scores_are_those_worked_out_by_hand() -> None:
    evaluation = _evaluation(
        truth=[0, 0, 1, 1, 0, 1],
        p=[[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.0, 0.0], [0.7, 0.3], [0.1, 0.9]],
        corpora=["one", "one", "one", "one", "two", "two"],
    )
    assert evaluation.predicted.tolist() == [0, 1, 1, NO_LABEL, 0, 1]
    assert evaluation.uar_by_corpus() == {"one": 0.5, "two": 1.0}
    assert evaluation.scores() == {
        "UAR one": 0.5,
        "UAR two": 1.0,
        "UAR mean": 0.75,
        "recall angry": 0.6667,
        "recall sad": 0.6667,
    }
    assert evaluation.confusion().tolist() == [[2, 1, 0], [0, 2, 1]]


def test_each_clip_is_judged_by_the_fold_that_did_not_hear_its_speaker(
    clips: tuple[Clip, ...], folds: list[tuple[Path, ...]]
) -> None:
    evaluation = evaluate("folds", FoldEnsembles(folds), clips, FOUR)
    assert evaluation.labels == FOUR.labels
    assert evaluation.truth.tolist() == FOUR.indices(clips).tolist()
    assert np.allclose(evaluation.p.sum(axis=1), 1, atol=1e-3)
    for fold, models in enumerate(folds):
        own = [i for i, clip in enumerate(clips) if clip.speaker == f"spoken-{fold}"]
        card = tiny_card(heard_speakers=())
        alone = write_model(models[0].with_name(f"alone{fold}.onnx"), card, seed=fold)
        judged = evaluate("alone", FoldEnsembles([(alone,)]), [clips[i] for i in own], FOUR)
        assert np.array_equal(evaluation.p[own], judged.p)


def test_two_models_listen_together_as_the_daemon_hears(
    clips: tuple[Clip, ...], tiny_paths: list[Path], parts: Parts
) -> None:
    evaluation = evaluate("both", FoldEnsembles([tuple(tiny_paths)]), clips, FOUR)
    for clip, p in zip(clips[:3], evaluation.p, strict=False):
        samples, sample_rate_hz = soundfile.read(clip.path, dtype="float32")
        stream = parts.stream(sample_rate_hz)
        stream.push(AudioBlock(samples, sample_rate_hz, 0))
        stream.flush()
        assert p == pytest.approx([stream.summary().p[label] for label in FOUR.labels], abs=1e-3)


def test_a_clip_without_speech_has_no_verdict(clips: tuple[Clip, ...], tiny_paths: list[Path], tmp_path: Path) -> None:
    soundfile.write(tmp_path / "silence.wav", np.zeros(16_000), 16_000)
    silent = replace(clips[0], path=tmp_path / "silence.wav")
    evaluation = evaluate("silence", FoldEnsembles([tuple(tiny_paths)]), [silent, *clips], FOUR)
    assert evaluation.predicted[0] == NO_LABEL
    assert (evaluation.predicted[1:] != NO_LABEL).all()


def test_clips_of_other_emotions_are_left_out(clips: tuple[Clip, ...], tiny_paths: list[Path]) -> None:
    fearful = replace(clips[0], emotion="fearful")
    evaluation = evaluate("four", FoldEnsembles([tuple(tiny_paths)]), [fearful, *clips], FOUR)
    assert evaluation.clips == clips


def test_a_speaker_that_was_heard_is_refused(clips: tuple[Clip, ...], folds: list[tuple[Path, ...]]) -> None:
    with pytest.raises(UsageError, match=r"the speaker spoken-1 of 1_.*\.flac was heard in training") as refused:
        evaluate("one fold", FoldEnsembles(folds[:1]), clips, FOUR)
    assert "\n" not in str(refused.value)


def test_a_speaker_that_one_of_two_together_heard_is_refused(
    clips: tuple[Clip, ...], folds: list[tuple[Path, ...]]
) -> None:
    together = [(folds[0][0], folds[1][0])]
    with pytest.raises(UsageError, match="was heard in training by every model given"):
        evaluate("together", FoldEnsembles(together), clips, FOUR)


def test_a_speaker_whom_no_fold_heard_is_refused(clips: tuple[Clip, ...], folds: list[tuple[Path, ...]]) -> None:
    stranger = replace(clips[0], speaker="other-9")
    with pytest.raises(UsageError, match=r"the speaker other-9 of .* is in the training of no fold"):
        evaluate("folds", FoldEnsembles(folds), [*clips, stranger], FOUR)


def test_other_labels_are_refused(clips: tuple[Clip, ...], tiny_paths: list[Path]) -> None:
    with pytest.raises(UsageError, match="names angry, happy, neutral, sad, asked for happy, sad: give --labels"):
        evaluate("two", FoldEnsembles([tuple(tiny_paths)]), clips, label_set("happy,sad"))


def test_intervals_are_of_speakers_within_their_corpus() -> None:
    clips = tuple(Clip(Path("x.wav"), c, "en", f"{c}-{s}", "", "sad", "", "") for c in ("one", "two") for s in "aabb")
    p = np.array([[1, 0], [0, 1], [0, 1], [1, 0], [1, 0], [0, 1], [1, 0], [0, 1]], float)
    evaluation = Evaluation("by hand", ("angry", "sad"), clips, np.array([0, 1] * 4), p)
    assert evaluation.uar_by_corpus() == {"one": 0.5, "two": 1.0}
    # In corpus one a speaker is all right and the other all wrong, in corpus two both are right.
    assert evaluation.intervals() == {"one": (0.0, 1.0), "two": (1.0, 1.0), "mean": (0.5, 1.0)}
    assert evaluation.of(evaluation.corpora == "two").scores()["UAR mean"] == 1.0


def test_the_interval_of_a_fall_is_of_paired_draws() -> None:
    clips = tuple(Clip(Path("x.wav"), "one", "en", f"one-{s}", "", "sad", "", "") for s in "aabbccdd")
    right = np.array([[1, 0], [0, 1]] * 4, float)
    # One speaker is all wrong in both: wide intervals each, and no difference.
    clean = Evaluation("clean", ("angry", "sad"), clips, np.array([0, 1] * 4), np.vstack([1 - right[:2], right[2:]]))
    assert clean.intervals()["mean"][0] < 0.5
    assert replace(clean, name="same").fall_from(clean) == (0.0, 0.0, 0.0)
    # Every sad clip becomes angry: half of what was right, whoever is drawn.
    angry = replace(clean, p=np.array([[0, 1], [0, 1], *[[1, 0]] * 6], float))
    fall, low, high = angry.fall_from(clean)
    assert fall == pytest.approx(0.25)
    assert low < fall < high
    assert clean.fall_from(angry) == pytest.approx((-fall, -high, -low))


def test_noise_is_heard(clips: tuple[Clip, ...], tiny_paths: list[Path]) -> None:
    sets = [tuple(tiny_paths)]
    clean = evaluate("clean", FoldEnsembles(sets), clips[:1], FOUR)
    noises = {clips[0].path: noise_for(clips[0], clips, CAFE, 0)}
    noisy = [evaluate("noisy", FoldEnsembles(sets), clips[:1], FOUR, disturbances=noises).p for _ in range(2)]
    assert not np.allclose(clean.p, noisy[0], atol=1e-2)
    assert np.array_equal(*noisy)


@pytest.fixture(scope="module")
def personal(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, ...]]:
    """A network that takes a speaker into account."""
    card = tiny_card(heard_speakers=(), neutral_summary=(0.0,) * 4, speech_summary=(0.0,) * 4)
    return [(write_model(tmp_path_factory.mktemp("personal") / "model.onnx", card, seed=17),)]


def test_a_session_gives_each_clip_the_verdict_of_its_own_utterances(
    clips: tuple[Clip, ...], tiny_paths: list[Path]
) -> None:
    sets = [tuple(tiny_paths)]
    session = evaluate_sessions("session", FoldEnsembles(sets), clips, FOUR)
    alone = evaluate("alone", FoldEnsembles(sets), clips, FOUR)
    assert session.clips == alone.clips
    for log, own in zip(session.logs, alone.logs, strict=True):
        assert log.p == pytest.approx(log.spoken_p)
        # Networks without a summary learn nothing of the voice, so only the silence behind the clip makes a difference.
        assert log.spoken_p == pytest.approx(own.spoken_p, abs=0.15)
        assert log.utterance_ms[0, 0] == pytest.approx(own.utterance_ms[0, 0], abs=70)
        assert log.elapsed_ms[0] == pytest.approx(500, abs=1)


def test_a_session_knows_how_long_it_has_lasted_and_may_learn_nothing(
    clips: tuple[Clip, ...], personal: list[tuple[Path, ...]]
) -> None:
    sets = FoldEnsembles(personal)
    session = evaluate_sessions("session", sets, clips, FOUR)
    fixed = evaluate_sessions("fixed", sets, clips, FOUR, SessionPlan(adapts=False))
    for speaker in {clip.speaker for clip in clips}:
        own = session.of(np.array([clip.speaker == speaker for clip in clips]))
        ends_s = own.before_s + [log.step_end_ms[-1] / 1000 for log in own.logs]
        assert sorted(own.before_s)[0] == 0
        assert sorted(own.before_s)[1:] == pytest.approx(sorted(ends_s)[:-1], abs=0.3)
    first = session.before_s == 0
    assert np.array_equal(session.p[first], fixed.p[first]), "nothing is known of a voice yet"
    assert not np.array_equal(session.p[~first], fixed.p[~first])
    early, late = session.between(0, 1), session.between(1, np.inf)
    assert len(early.clips) + len(late.clips) == len(clips)
    assert {clip.path for clip in early.clips} == {clip.path for clip in session.of(first).clips}


def test_what_somebody_else_says_before_is_heard_and_not_judged(
    clips: tuple[Clip, ...], personal: list[tuple[Path, ...]]
) -> None:
    sets = FoldEnsembles(personal)
    speaker, other = sorted({clip.speaker for clip in clips})[:2]
    own = [clip for clip in clips if clip.speaker == speaker]
    before = {speaker: [clip.path for clip in clips if clip.speaker == other]}
    alone = evaluate_sessions("alone", sets, own, FOUR)
    behind = evaluate_sessions("behind", sets, own, FOUR, SessionPlan(before=before))
    assert behind.clips == alone.clips
    assert behind.before_s == pytest.approx(alone.before_s, abs=1e-9)
    assert not np.array_equal(behind.p, alone.p)
    deaf = SessionPlan(adapts=False, before=before)
    assert evaluate_sessions("deaf", sets, own, FOUR, deaf).p == pytest.approx(
        evaluate_sessions("fixed", sets, own, FOUR, SessionPlan(adapts=False)).p, abs=0.15
    )


def test_another_voice_is_of_the_same_corpus_and_unheard_by_the_same_models(
    clips: tuple[Clip, ...], personal: list[tuple[Path, ...]]
) -> None:
    evaluation = evaluate("all", FoldEnsembles(personal), clips, FOUR)
    chosen, before = behind_another_voice(evaluation, heard=3, judged=2)
    speakers = sorted({clip.speaker for clip in clips})
    assert sorted(before) == speakers
    speaker_of = {clip.path: clip.speaker for clip in clips}
    for speaker, others in before.items():
        assert len(others) == 3
        assert {speaker_of[path] for path in others} == {speakers[(speakers.index(speaker) + 1) % len(speakers)]}
    assert Counter(clip.speaker for clip in chosen) == dict.fromkeys(speakers, 2)
    assert behind_another_voice(evaluation.of(np.array([clip.speaker == speakers[0] for clip in clips]))) == ([], {})


def test_mostly_neutral_sessions_have_few_of_each_other_mood() -> None:
    moods = ["neutral"] * 16 + ["angry"] * 9 + ["happy"] * 9 + ["sad"] * 9 + ["other"] * 3
    clips = [
        Clip(Path(f"{speaker}-{i}.wav"), "c", "en", speaker, "", mood, "", "")
        for speaker in ("ann", "bob")
        for i, mood in enumerate(moods)
    ]
    clips += [Clip(Path("cy.wav"), "c", "en", "cy", "", "sad", "", "")]
    chosen = mostly_neutral(clips, FOUR)
    for speaker in ("ann", "bob"):
        counts = Counter(clip.emotion for clip in chosen if clip.speaker == speaker)
        assert counts["neutral"] == 16
        assert sorted(counts[mood] for mood in ("angry", "happy", "sad")) == [1, 1, 2]
    assert len(chosen) == 40
    assert mostly_neutral(clips, FOUR) == chosen


def test_whoever_is_enrolled_is_heard_otherwise(clips: tuple[Clip, ...], personal: list[tuple[Path, ...]]) -> None:
    neutral = next(clip for clip in clips if clip.emotion == "neutral")
    other = next(clip for clip in clips if clip.speaker == neutral.speaker and clip is not neutral)
    unknown = evaluate("unknown", FoldEnsembles(personal), [other], FOUR)
    enrolments = {other.path: Enrolment(neutral.speaker, (neutral.path,), 20)}
    known = evaluate("known", FoldEnsembles(personal), [other], FOUR, enrolments=enrolments)
    assert not np.allclose(unknown.p, known.p, atol=1e-3)
    less = {other.path: Enrolment(neutral.speaker, (neutral.path,), 0.75)}
    assert not np.array_equal(known.p, evaluate("less", FoldEnsembles(personal), [other], FOUR, enrolments=less).p)


def test_who_is_enrolled_by_moods_is_heard_otherwise_in_a_session_too(
    clips: tuple[Clip, ...], mood_paths: list[Path]
) -> None:
    sets = FoldEnsembles([tuple(mood_paths)])
    speaker = clips[0].speaker
    own = [clip for clip in clips if clip.speaker == speaker]
    enrolment = Enrolment(speaker, tuple(clip.path for clip in own), moods=tuple(clip.emotion for clip in own))
    profile = profile_of(tuple(mood_paths), enrolment)
    assert set(profile.seconds_of_moods()) == {clip.emotion for clip in own}
    assert profile.seconds == pytest.approx(sum(profile.seconds_of_moods().values()))
    unknown, known = (
        evaluate_sessions("session", sets, clips, FOUR, SessionPlan(False, who)) for who in ({}, {speaker: enrolment})
    )
    changed = np.abs(unknown.p - known.p).max(axis=1) > 1e-3
    assert changed.tolist() == [clip.speaker == speaker for clip in clips]


def _run(folder: Path, speakers_of_folds: dict[int, tuple[str, ...]], *, exported: bool = True) -> Path:
    for fold, speakers in speakers_of_folds.items():
        part = folder / f"fold{fold}"
        runs.write_split(part, runs.SplitFacts(speakers=speakers, split_hash=""))
        runs.write_held_out(part, np.zeros((1, 4), np.float32), np.array([0]))
        if exported:
            (part / runs.MODEL).touch()
    return folder


def test_runs_listen_together_fold_by_fold(tmp_path: Path) -> None:
    one = _run(tmp_path / "one", {0: ("a", "b"), 1: ("c",)})
    two = _run(tmp_path / "two", {0: ("c",), 1: ("a", "b")})
    assert model_sets([one]) == [(one / "fold0" / runs.MODEL,), (one / "fold1" / runs.MODEL,)]
    assert model_sets([one, two]) == [
        (one / "fold0" / runs.MODEL, two / "fold1" / runs.MODEL),
        (one / "fold1" / runs.MODEL, two / "fold0" / runs.MODEL),
    ]


def test_model_files_are_one_set(tiny_paths: list[Path]) -> None:
    assert model_sets(tiny_paths) == [tuple(tiny_paths)]


def test_runs_of_other_folds_and_runs_without_models_are_refused(tmp_path: Path) -> None:
    one = _run(tmp_path / "one", {0: ("a",), 1: ("b",)})
    other = _run(tmp_path / "other", {0: ("a",), 1: ("c",)})
    with pytest.raises(UsageError, match="trained on other folds"):
        model_sets([one, other])
    bare = _run(tmp_path / "bare", {0: ("a",)}, exported=False)
    for missing in (bare, tmp_path / "none"):
        with pytest.raises(NoInputError, match="holds no exported folds: run 'emostream export"):
            model_sets([missing])
