"""The models of a stream together: one batch for what sees the same offset, and where the offset changes.

``test_stream_adaptation`` has the ensemble at work on speech.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from emostream.features.windows import FeatureWindow
from emostream.inference.batching import InferenceRequest, run_alone, run_batch
from emostream.inference.ensemble import Ensemble
from emostream.inference.model import EmotionModel
from emostream.inference.speaker import AdaptationConfig
from emostream.inference.step import Step
from emostream.inference.vad import SpeechChange
from tests.support.streams import HZ
from tests.support.tiny_models import MEL_SPEC, tiny_card, write_model

STEP = HZ // 4
CONFIG = AdaptationConfig(moodless_prior_s=1.0, longest_unadapted_s=2.0)


@pytest.fixture(scope="module")
def model(summarised_paths: list[Path]) -> EmotionModel:
    return EmotionModel.load(summarised_paths[0])


@pytest.fixture(scope="module")
def sparse_model(tmp_path_factory: pytest.TempPathFactory) -> EmotionModel:
    """A model that runs at every other step."""
    path = tmp_path_factory.mktemp("sparse") / "sparse.onnx"
    return EmotionModel.load(write_model(path, tiny_card(every_steps=2), seed=1))


def step(index: int, *, speaking: bool = True, speech_samples: int = 0, rows: int = 20, value: float = -30.0) -> Step:
    end = index * STEP
    window = FeatureWindow(rows=np.full((rows, MEL_SPEC.dim), value, np.float32), end_sample=end)
    return Step(end, (window,), speech_samples, speech_samples, speaking, -20.0)


def change(speaking: bool, at: int) -> SpeechChange:
    return SpeechChange(speaking, at, at)


def predict(ensemble: Ensemble, items: Sequence[SpeechChange | Step], *models: EmotionModel) -> list[np.ndarray]:
    """The probabilities (models, K) of the steps among the items."""
    predicted = run_alone(ensemble.predict(items), models)
    return [outputs.p for _, outputs in predicted if outputs is not None]


def lengths(ensemble: Ensemble, items: list[SpeechChange | Step], model: EmotionModel) -> list[int]:
    """How many windows go together, batch by batch."""
    sizes, requests = [], ensemble.predict(items)
    try:
        request = next(requests)
        while True:
            sizes.append(len(request.windows[0]))
            request = requests.send(run_batch([model], [request])[0])
    except StopIteration:
        return sizes


def test_a_stretch_ends_with_an_utterance(model: EmotionModel) -> None:
    items = [
        step(1, speaking=False),
        change(True, STEP),
        step(2),
        step(3),
        change(False, 3 * STEP),
        step(4, speaking=False),
    ]
    assert lengths(Ensemble([model], CONFIG), items, model) == [3, 1]
    assert lengths(Ensemble([model], AdaptationConfig(drift=False)), items, model) == [4]
    assert lengths(Ensemble([model], CONFIG), [], model) == []


def test_a_long_utterance_is_cut_by_its_own_length_and_silence_never(model: EmotionModel) -> None:
    silence: list[SpeechChange | Step] = [step(index, speaking=False) for index in range(1, 41)]
    items: list[SpeechChange | Step] = [change(True, 10 * HZ), *(step(index) for index in range(41, 61))]
    assert lengths(Ensemble([model], CONFIG), silence + items, model) == [40 + 8, 8, 4]


def test_speech_takes_effect_behind_its_stretch_however_the_items_come(model: EmotionModel) -> None:
    items = [
        step(1, speech_samples=2_000),
        step(2, speech_samples=HZ),
        change(False, 2 * STEP),
        step(3, speech_samples=HZ),
    ]
    together, alone = Ensemble([model], CONFIG), Ensemble([model], CONFIG)
    first, second, behind = predict(together, items, model)
    np.testing.assert_allclose(first, second, atol=1e-6)
    assert first.shape == (1, 4)
    assert np.abs(behind - first).max() > 0.001
    one_by_one = [p for item in items for p in predict(alone, [item], model)]
    np.testing.assert_allclose(one_by_one, [first, second, behind], atol=1e-6)
    assert together.speech_s == alone.speech_s == 1.0


def test_windows_of_one_length_go_as_one_batch(model: EmotionModel, monkeypatch: pytest.MonkeyPatch) -> None:
    batches: list[tuple[int, ...]] = []

    def counted(windows: np.ndarray, offset: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        batches.append(windows.shape[:2])
        return EmotionModel.run(model, windows, offset)

    monkeypatch.setattr(model, "run", counted)
    ensemble = Ensemble([model], CONFIG)
    steps = [step(1, rows=10), step(2, rows=20), step(3, rows=20), step(4, rows=5)]
    assert len(predict(ensemble, steps, model)) == 4
    assert batches == [(1, 10), (2, 20), (1, 5)]
    assert predict(ensemble, [], model) == []


def test_a_step_with_too_little_speech_is_not_run(model: EmotionModel) -> None:
    ensemble = Ensemble([model], CONFIG, shortest_speech_ms=250)
    items = [step(1, speech_samples=HZ // 4 - 1), change(True, STEP), step(2, speech_samples=HZ // 4)]
    predicted = run_alone(ensemble.predict(items), [model])
    assert [item for item, _ in predicted] == items
    assert [p is not None for _, p in predicted] == [False, False, True]


def unlike_others(index: int, end_sample: int | None = None) -> Step:
    """A step whose window is unlike any other's."""
    rows = np.full((20, MEL_SPEC.dim), -30.0, np.float32)
    rows[:, index] = 0.0
    end = index * STEP if end_sample is None else end_sample
    return replace(step(index), windows=(FeatureWindow(end, rows),), end_sample=end)


# Behind the third there is a second of silence.
DIFFERENT = [unlike_others(index) for index in (1, 2, 3, 8, 9, 10)]
LAST = unlike_others(11, 10 * STEP + 100)


def test_a_model_may_run_at_every_other_step_and_its_last_output_is_used_between(sparse_model: EmotionModel) -> None:
    p = np.array(predict(Ensemble([sparse_model], CONFIG), [*DIFFERENT, LAST], sparse_model))[:, 0]
    fresh = np.array(
        [predict(Ensemble([sparse_model], CONFIG), [item], sparse_model)[0][0] for item in [*DIFFERENT, LAST]]
    )
    assert np.abs(np.diff(fresh, axis=0)).max(axis=1).min() > 1e-4
    # At the first, the third, the first behind the silence, the next but one, and at the last, which is shorter.
    np.testing.assert_array_equal(p, fresh[[0, 0, 2, 3, 3, 5, 6]])


@pytest.mark.parametrize(("second_s", "used"), [(0.74, [0, 0, 2]), (0.75, [0, 1, 1])])
def test_it_runs_again_where_a_window_holds_half_as_much_speech_again(
    sparse_model: EmotionModel, second_s: float, used: list[int]
) -> None:
    steps = [
        replace(item, window_speech_samples=round(speech_s * HZ))
        for item, speech_s in zip(DIFFERENT, (0.5, second_s, 1.0), strict=False)
    ]
    p = np.array(predict(Ensemble([sparse_model], CONFIG), steps, sparse_model))[:, 0]
    fresh = np.array([predict(Ensemble([sparse_model], CONFIG), [item], sparse_model)[0][0] for item in steps])
    np.testing.assert_array_equal(p, fresh[used])


def test_it_may_run_more_rarely_but_again_behind_a_pause(sparse_model: EmotionModel) -> None:
    ensemble = Ensemble([sparse_model], AdaptationConfig())
    ensemble.network_interval = 3
    numbers = [*range(1, 9), *range(12, 15)]  # a pause is of steps that are not predicted
    given = [step(number, value=-10.0 * number) for number in numbers]
    predicted = [p for each in given for p in predict(ensemble, [each], sparse_model)]
    ran = [
        number
        for number, before, p in zip(numbers[1:], predicted, predicted[1:], strict=False)
        if not (p == before).all()
    ]
    assert ran == [7, 12]


def test_models_run_at_alternate_steps(sparse_model: EmotionModel) -> None:
    steps = [replace(item, windows=item.windows * 2) for item in DIFFERENT]
    ensemble = Ensemble([sparse_model, sparse_model], CONFIG)
    batch_sizes = [[len(windows) for windows in next(ensemble.predict([item])).windows] for item in steps]
    # Of steps 1, 2, 3 and 8, 9, 10: both at a first one, then by turns.
    assert batch_sizes == 2 * [[1, 1], [0, 1], [1, 0]]


def test_which_output_is_used_does_not_depend_on_how_the_steps_come(
    sparse_model: EmotionModel, model: EmotionModel
) -> None:
    together, alone = Ensemble([sparse_model, model], CONFIG), Ensemble([sparse_model, model], CONFIG)
    both = [replace(item, windows=item.windows * 2) for item in DIFFERENT]
    one_by_one = [predict(alone, [item], sparse_model, model)[0] for item in both]
    np.testing.assert_array_equal(predict(together, both, sparse_model, model), one_by_one)


def test_behind_a_gap_every_model_runs(sparse_model: EmotionModel) -> None:
    ensemble = Ensemble([sparse_model], CONFIG)
    predict(ensemble, [unlike_others(4)], sparse_model)
    ensemble.start_segment()
    fresh = predict(Ensemble([sparse_model], CONFIG), DIFFERENT[:1], sparse_model)
    np.testing.assert_array_equal(predict(ensemble, DIFFERENT[:1], sparse_model), fresh)


def test_a_batch_may_hold_a_stream_that_skips_a_model(sparse_model: EmotionModel, model: EmotionModel) -> None:
    def wanted(ensemble: Ensemble, at: int) -> InferenceRequest:
        window = unlike_others(at)
        return next(ensemble.predict([replace(window, windows=window.windows * 2)]))

    models = [sparse_model, model]
    ensembles = [Ensemble(models, CONFIG) for _ in range(2)]
    predict(ensembles[0], [replace(DIFFERENT[1], windows=DIFFERENT[1].windows * 2)], *models)
    again, first = wanted(ensembles[0], 3), wanted(ensembles[1], 3)
    assert [len(windows) for windows in again.windows] == [0, 1]
    assert [len(windows) for windows in first.windows] == [1, 1]
    shared = run_batch(models, [again, first])
    for request, result in zip((again, first), shared, strict=True):
        for outputs, outputs_alone in zip(result, run_batch(models, [request])[0], strict=True):
            for got, expected in zip(outputs, outputs_alone, strict=True):
                np.testing.assert_allclose(got, expected, atol=1e-6)


def test_after_reset_it_equals_a_new_one(model: EmotionModel) -> None:
    ensemble = Ensemble([model], CONFIG)
    predict(ensemble, [step(1, speech_samples=HZ)], model)
    ensemble.reset()
    assert ensemble.speech_s == 0
    predict(ensemble, [step(1, speech_samples=4_000, value=-10.0)], model)
    fresh = Ensemble([model], CONFIG)
    predict(fresh, [step(1, speech_samples=4_000, value=-10.0)], model)
    assert ensemble.profile("Ada") == fresh.profile("Ada")


def test_speech_behind_a_gap_is_new_again(model: EmotionModel) -> None:
    ensemble = Ensemble([model], CONFIG)
    predict(ensemble, [step(1, speech_samples=HZ)], model)
    ensemble.start_segment()
    predict(ensemble, [step(1, speech_samples=HZ)], model)
    assert ensemble.speech_s == 2.0
