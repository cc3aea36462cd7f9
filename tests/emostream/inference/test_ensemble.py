"""The models of a stream together: one batch for what sees the same baseline, and where the baseline changes.

``test_pipeline_baseline`` has the panel at work on speech.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from emostream.features.windows import FeatureWindow
from emostream.inference.batching import InferenceRequest, Requests, run_batch
from emostream.inference.ensemble import Ensemble
from emostream.inference.model import EmotionModel
from emostream.inference.speaker import AdaptationConfig
from emostream.inference.vad import SpeechChange
from emostream.pipeline.segment import Step
from tests.support.streams import HZ
from tests.support.tiny_models import MEL_SPEC, tiny_card, write_model

STEP = HZ // 4
CONFIG = AdaptationConfig(drift_prior_s=1.0, longest_unadapted_s=2.0)


@pytest.fixture(scope="module")
def model(summarised_paths: list[Path]) -> EmotionModel:
    return EmotionModel.load(summarised_paths[0])


@pytest.fixture(scope="module")
def dear(tmp_path_factory: pytest.TempPathFactory) -> EmotionModel:
    """A model that is asked at every other step."""
    path = tmp_path_factory.mktemp("dear") / "dear.onnx"
    return EmotionModel.load(write_model(path, tiny_card(every_steps=2), seed=1))


def step(index: int, *, speaking: bool = True, speech_samples: int = 0, rows: int = 20, value: float = -30.0) -> Step:
    end = index * STEP
    window = FeatureWindow(rows=np.full((rows, MEL_SPEC.dim), value, np.float32), end_sample=end)
    return Step(end, (window,), speech_samples, speech_samples, speaking, -20.0)


def turn(speaking: bool, at: int) -> SpeechChange:
    return SpeechChange(speaking, at, at)


def lengths(panel: Ensemble, items: list[SpeechChange | Step]) -> list[int]:
    return [len(stretch) for stretch in panel.stretches(iter(items))]


def test_a_stretch_ends_with_an_utterance(model: EmotionModel) -> None:
    said = [step(1, speaking=False), turn(True, STEP), step(2), step(3), turn(False, 3 * STEP), step(4, speaking=False)]
    assert lengths(Ensemble([model], CONFIG), said) == [5, 1]
    assert lengths(Ensemble([model], AdaptationConfig(drift=False)), said) == [6]
    assert lengths(Ensemble([model], CONFIG), []) == []


def test_a_long_utterance_is_cut_by_its_own_length_and_silence_never(model: EmotionModel) -> None:
    silence: list[SpeechChange | Step] = [step(index, speaking=False) for index in range(1, 41)]
    said: list[SpeechChange | Step] = [turn(True, 10 * HZ), *(step(index) for index in range(41, 61))]
    assert lengths(Ensemble([model], CONFIG), silence + said) == [40 + 1 + 8, 8, 4]


def test_what_was_heard_counts_behind_its_stretch_however_it_is_asked(model: EmotionModel) -> None:
    said = [
        step(1, speech_samples=2_000),
        step(2, speech_samples=HZ),
        turn(False, 2 * STEP),
        step(3, speech_samples=HZ),
    ]
    together, alone = Ensemble([model], CONFIG), Ensemble([model], CONFIG)
    first, behind = [
        together.judge([item for item in stretch if isinstance(item, Step)])
        for stretch in together.stretches(iter(said))
    ]
    np.testing.assert_allclose(first[0], first[1], atol=1e-6)
    assert first[0].shape == (1, 4)
    assert np.abs(behind[0] - first[0]).max() > 0.001
    one_by_one = [
        p
        for item in said
        for stretch in alone.stretches(iter([item]))
        for p in alone.judge([each for each in stretch if isinstance(each, Step)])
    ]
    np.testing.assert_allclose(one_by_one, [*first, *behind], atol=1e-6)
    assert together.speech_s == alone.speech_s == 1.0


def test_windows_of_one_length_go_as_one_batch(model: EmotionModel, monkeypatch: pytest.MonkeyPatch) -> None:
    batches: list[tuple[int, ...]] = []

    def judge(windows: np.ndarray, offset: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        batches.append(windows.shape[:2])
        return EmotionModel.judge(model, windows, offset)

    monkeypatch.setattr(model, "judge", judge)
    panel = Ensemble([model], CONFIG)
    assert len(panel.judge([step(1, rows=10), step(2, rows=20), step(3, rows=20), step(4, rows=5)])) == 4
    assert batches == [(1, 10), (2, 20), (1, 5)]
    assert panel.judge([]) == []


def unlike_others(index: int, end_sample: int | None = None) -> Step:
    """A step whose window sounds like no other's."""
    rows = np.full((20, MEL_SPEC.dim), -30.0, np.float32)
    rows[:, index] = 0.0
    end = index * STEP if end_sample is None else end_sample
    return replace(step(index), windows=(FeatureWindow(end, rows),), end_sample=end)


# Behind the third there is a second of silence.
DIFFERENT = [unlike_others(index) for index in (1, 2, 3, 8, 9, 10)]
LAST = unlike_others(11, 10 * STEP + 100)


def test_a_model_may_be_asked_at_every_other_step_and_its_last_answer_stands(dear: EmotionModel) -> None:
    p = np.array(Ensemble([dear], CONFIG).judge([*DIFFERENT, LAST]))[:, 0]
    fresh = np.array([Ensemble([dear], CONFIG).judge([each])[0][0] for each in [*DIFFERENT, LAST]])
    assert np.abs(np.diff(fresh, axis=0)).max(axis=1).min() > 1e-4
    # At the first, the third, the first behind the silence, the next but one, and at the last, which is shorter.
    np.testing.assert_array_equal(p, fresh[[0, 0, 2, 3, 3, 5, 6]])


def test_models_take_turns(dear: EmotionModel) -> None:
    steps = [replace(each, windows=each.windows * 2) for each in DIFFERENT]
    asked = []
    panel = Ensemble([dear, dear], CONFIG)
    for each in steps:
        inquiry = panel.predict_requests([each])
        asked.append([len(windows) for windows in next(inquiry).windows])
    # Of steps 1, 2, 3 and 8, 9, 10: both at a first one, then by turns.
    assert asked == 2 * [[1, 1], [0, 1], [1, 0]]


def test_which_answer_stands_does_not_depend_on_how_the_steps_come(dear: EmotionModel, model: EmotionModel) -> None:
    together, alone = Ensemble([dear, model], CONFIG), Ensemble([dear, model], CONFIG)
    both = [replace(each, windows=each.windows * 2) for each in DIFFERENT]
    one_by_one = [alone.judge([each])[0] for each in both]
    np.testing.assert_array_equal(together.judge(both), one_by_one)


def test_behind_a_gap_every_model_is_asked(dear: EmotionModel) -> None:
    panel = Ensemble([dear], CONFIG)
    panel.judge([unlike_others(4)])
    panel.start_segment()
    np.testing.assert_array_equal(panel.judge(DIFFERENT[:1]), Ensemble([dear], CONFIG).judge(DIFFERENT[:1]))


def test_a_batch_may_hold_somebody_who_does_not_ask_a_model(dear: EmotionModel, model: EmotionModel) -> None:
    def wanted(panel: Ensemble, at: int) -> tuple[Requests[list[np.ndarray]], InferenceRequest]:
        window = unlike_others(at)
        inquiry = panel.predict_requests([replace(window, windows=window.windows * 2)])
        return inquiry, next(inquiry)

    models = [dear, model]
    panels = [Ensemble(models, CONFIG) for _ in range(2)]
    panels[0].judge([replace(DIFFERENT[1], windows=DIFFERENT[1].windows * 2)])
    (_, again), (_, first) = wanted(panels[0], 3), wanted(panels[1], 3)
    assert [len(windows) for windows in again.windows] == [0, 1]
    assert [len(windows) for windows in first.windows] == [1, 1]
    shared = run_batch(models, [again, first])
    for question, answer in zip((again, first), shared, strict=True):
        for of_model, alone in zip(answer, run_batch(models, [question])[0], strict=True):
            for got, expected in zip(of_model, alone, strict=True):
                np.testing.assert_allclose(got, expected, atol=1e-6)


def test_after_reset_it_equals_a_new_one(model: EmotionModel) -> None:
    panel = Ensemble([model], CONFIG)
    panel.judge([step(1, speech_samples=HZ)])
    panel.reset()
    assert panel.speech_s == 0
    panel.judge([step(1, speech_samples=4_000, value=-10.0)])
    fresh = Ensemble([model], CONFIG)
    fresh.judge([step(1, speech_samples=4_000, value=-10.0)])
    assert panel.profile("Ada") == fresh.profile("Ada")


def test_speech_behind_a_gap_is_new_again(model: EmotionModel) -> None:
    panel = Ensemble([model], CONFIG)
    panel.judge([step(1, speech_samples=HZ)])
    panel.start_segment()
    panel.judge([step(1, speech_samples=HZ)])
    assert panel.speech_s == 2.0
