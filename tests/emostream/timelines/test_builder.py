"""Events in, a timeline out."""

import msgspec
import pytest

from emostream.events import Estimate, Event, Utterance, UtteranceStart
from emostream.timelines.builder import TimelineBuilder
from tests.support.stream_events import hello
from tests.support.timelines import GAPS, LENGTH_MS, N_STEPS, SPOKEN, made_up_events, made_up_timeline, timeline_of


def test_it_holds_utterances_gaps_silence_and_the_length() -> None:
    timeline = made_up_timeline()
    spans = [(utterance.start_ms, utterance.end_ms, utterance.name) for utterance in timeline.utterances]
    assert spans == [(one.start_ms, one.end_ms, one.name) for one in SPOKEN]
    assert [(gap.start_ms, gap.end_ms, gap.reason) for gap in timeline.gaps] == list(GAPS)
    assert timeline.length_ms == LENGTH_MS
    assert timeline.lost_ms == 2_499
    assert timeline.steps is None
    silences = list(timeline.silences())
    assert silences[:2] == [(0, 1_000), (3_200, 4_000)]
    assert silences[-2:] == [(3_612_000, 35_990_000), (35_999_250, LENGTH_MS)]
    covered = timeline.speech_ms + sum(end - start for start, end in silences)
    assert covered + sum(gap.end_ms - gap.start_ms for gap in timeline.gaps) == LENGTH_MS


def test_labels_that_the_verdict_revised_are_kept() -> None:
    assert [utterance.earlier for utterance in made_up_timeline().utterances] == [("שמח",), (), (), (), ()]


def test_steps_give_back_what_the_estimates_said() -> None:
    steps = made_up_timeline(with_steps=True).steps
    assert steps is not None
    estimates = [event for event in made_up_events() if isinstance(event, Estimate)]
    assert len(steps) == len(estimates) == N_STEPS
    for step, estimate in zip(steps, estimates, strict=True):
        assert (step.start_ms, step.end_ms) == (estimate.t_start_ms, estimate.t_end_ms)
        for name in ("label", "p", "confidence", "agreement", "speech", "level_dbfs"):
            assert getattr(step, name) == getattr(estimate, name)
    assert len(list(steps)) == N_STEPS, "they can be gone through again"
    columns = steps.columns()
    assert columns["p"].shape == (N_STEPS, 4)
    assert list(columns["end_ms"]) == [estimate.t_end_ms for estimate in estimates]


def test_an_utterance_that_was_not_ended_is_there_until_the_end() -> None:
    events = made_up_events()
    start = next(index for index, event in enumerate(events) if isinstance(event, UtteranceStart))
    timeline = timeline_of(events[: start + 3])
    (utterance,) = timeline.utterances
    assert (utterance.start_ms, utterance.end_ms) == (1_000, timeline.length_ms)
    assert (utterance.name, utterance.is_ended, utterance.label, utterance.p) == ("not ended", False, None, {})


def test_what_a_slow_receiver_missed_is_counted() -> None:
    events: list[Event] = [hello(), msgspec.structs.replace(hello(), seq=5, dropped=4)]
    assert timeline_of(events).dropped == 4


def test_what_does_not_belong_together_is_refused() -> None:
    events = made_up_events()
    with pytest.raises(ValueError, match="expected a hello"):
        TimelineBuilder().emit(events[1])
    with pytest.raises(ValueError, match="needs the hello"):
        TimelineBuilder().timeline()
    builder = TimelineBuilder()
    builder.emit(hello(("angry", "sad")))
    with pytest.raises(ValueError, match="expected those of angry, sad"):
        builder.emit(next(event for event in events if isinstance(event, Utterance)))
