"""Live metrics of logs that can be worked out by hand, and the runtime's own rule of naming."""

import numpy as np
import pytest

from emostream.audio import AudioBlock, Samples
from emostream.pipeline.config import StreamConfig
from emostream.pipeline.smoothing import SmoothingConfig
from emostream_trainer.evaluation.live_metrics import flips, live_metrics, shown_at
from emostream_trainer.evaluation.result import log_of
from emostream_trainer.metrics import NO_LABEL
from tests.support.clip_logs import clip_log
from tests.support.streams import HZ, Parts

EVEN = [0.5, 0.5]


def test_flips_are_changes_between_labels_whatever_lay_between() -> None:
    assert flips(np.array([NO_LABEL, 0, 0, NO_LABEL, 0, 1, NO_LABEL, 0])) == 2
    assert flips(np.full(3, NO_LABEL)) == 0


def test_metrics_by_hand() -> None:
    # Speech from 100 ms; labels at 500, 750, 1000 and 1250 ms; the truth is 1.
    first = clip_log([EVEN] * 4, shown=[NO_LABEL, 0, 1, 1], spoken_ms=[(100, 1300)])
    # Never a label; 400 ms of speech within the second and third step.
    second = clip_log([EVEN] * 3, speaking=[False, True, True], spoken_ms=[(500, 900)])
    silent = clip_log([EVEN] * 2, speaking=[False, False], spoken_ms=[])
    found = live_metrics([first, second, silent], np.array([1, 0, 0]))
    assert found.clips == 2
    assert found.flips_per_minute == pytest.approx(1 / (1600 / 60_000))
    assert found.first_label_s.tolist() == pytest.approx([0.65, np.inf])
    assert found.right_label_s.tolist() == pytest.approx([0.9, np.inf])
    # 1250 ms of speaking in the first clip (its first step is 500 ms long) and 500 in the second.
    assert found.predicted == pytest.approx(750 / 1750)
    assert found.right == pytest.approx(500 / 750)


def test_clips_without_speech_alone_are_no_error() -> None:
    found = live_metrics([clip_log([EVEN], speaking=[False], spoken_ms=[])], np.array([0]))
    assert (found.clips, found.flips_per_minute, found.predicted, found.right) == (0, 0, 0, 0)


def test_utterances_count_by_their_length() -> None:
    log = clip_log([EVEN], spoken_ms=[(0, 100), (500, 800)], utterance_p=[[1, 0], [0, 1]])
    assert log.spoken_p.tolist() == pytest.approx([0.25, 0.75])
    unheard = clip_log([EVEN], spoken_ms=[(0, 100), (500, 800)], utterance_p=[[1, 0], [0, 0]])
    assert unheard.spoken_p.tolist() == [1.0, 0.0]
    assert clip_log([EVEN], spoken_ms=[], utterance_p=[]).spoken_p.tolist() == [0.0, 0.0]


def test_agreement_is_that_of_the_steps_with_probabilities() -> None:
    assert clip_log([EVEN, [0, 0]]).mean_agreement == 0.5
    assert clip_log([[0, 0]]).mean_agreement == 0.0


def test_a_label_comes_at_the_threshold_and_stays_a_little_below() -> None:
    log = clip_log([[0.55, 0.45], [0.6, 0.4], [0.56, 0.44], [0.54, 0.46], [0.1, 0.9], [0, 0], [0.56, 0.44]])
    config = SmoothingConfig(on_threshold=0.45, off_threshold=0.40)
    assert shown_at(log, 0.6, config).tolist() == [NO_LABEL, 0, 0, NO_LABEL, 1, NO_LABEL, NO_LABEL]
    quiet = clip_log(log.step_p.tolist(), speaking=[True, False, True, True, True, True, True])
    assert shown_at(quiet, 0.6, config).tolist() == [NO_LABEL, NO_LABEL, 0, NO_LABEL, 1, NO_LABEL, NO_LABEL]


def test_with_the_streams_own_setting_it_is_what_the_stream_shows(parts: Parts, recording: Samples) -> None:
    stream = parts.stream()
    events = stream.push(AudioBlock(recording, HZ, 0)) + stream.flush()
    log = log_of(events, stream.labels, stream.summary().p)
    smoothing = StreamConfig().smoothing
    assert len(set(log.step_label.tolist())) > 2
    ours = shown_at(log, smoothing.on_threshold, smoothing)
    # Events hold four places, which may move what stands on a threshold.
    assert (ours == log.step_label).mean() > 0.98
