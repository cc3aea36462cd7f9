"""Steps: as they were, however many there are, and without memory that grows with them."""

import numpy as np
import pytest

from emostream.events import Estimate
from emostream.timelines import steps as steps_module
from emostream.timelines.steps import StepCollector

LABELS = ("angry", "sad")


def estimate(number: int) -> Estimate:
    label = (None, "angry", "sad")[number % 3]
    return Estimate(
        seq=number,
        stream="s",
        t_start_ms=250 * number,
        t_end_ms=250 * number + 3_000,
        p={"angry": number / 10_000, "sad": 1 - number / 10_000} if label else {},
        label=label,
        confidence=0.1 + number / 20_000,
        agreement=0.5,
        speech=label is not None,
        level_dbfs=-number / 7,
    )


@pytest.mark.parametrize("most_bytes", [100, 10_000_000])
@pytest.mark.parametrize("count", [0, 1, 1_000, 2_500])
def test_each_is_given_back_as_it_was(count: int, most_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps_module, "_MOST_BYTES", most_bytes)
    collector = StepCollector(LABELS)
    estimates = [estimate(number) for number in range(count)]
    for one in estimates:
        collector.append(one)
    steps = collector.steps()
    assert len(steps) == count
    for _ in range(2):
        for step, one in zip(steps, estimates, strict=True):
            assert (step.start_ms, step.end_ms, step.label) == (one.t_start_ms, one.t_end_ms, one.label)
            assert (step.p, step.confidence, step.agreement) == (one.p, one.confidence, one.agreement)
            assert (step.speech, step.level_dbfs) == (one.speech, one.level_dbfs)
    columns = steps.columns()
    assert columns["p"].shape == (count, 2)
    assert np.isnan(columns["p"][columns["label"] == -1]).all()


def test_two_can_go_through_them_at_once() -> None:
    collector = StepCollector(LABELS)
    for number in range(2_500):
        collector.append(estimate(number))
    steps = collector.steps()
    assert all(one == other for one, other in zip(steps, steps, strict=True))
