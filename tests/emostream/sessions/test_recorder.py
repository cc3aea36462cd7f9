"""A recording from its first event to its last, on a disk that takes it, one that is full, and one that stalls."""

import logging
import stat
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from emostream.audio import Samples
from emostream.errors import SessionError
from emostream.events import Event, Hello, Utterance
from emostream.features import Feature, FeatureSpec
from emostream.inference.ensemble import ModelOutputs
from emostream.inference.model import EmotionModel
from emostream.inference.step import Step
from emostream.sessions.manifest import Kept
from emostream.sessions.observer import Observations, Observed, SessionObserver
from emostream.sessions.parts import StepRecord, read_parts
from emostream.sessions.session import Session
from emostream.sinks.detached import DetachedSink
from tests.emostream.sessions.conftest import Recorded
from tests.emostream.sessions.test_event_file import no_file_beyond
from tests.support.recorded_sessions import LOST, record, recorder
from tests.support.streams import HZ, Parts, of_type
from tests.support.tiny_models import tiny_card, write_model


def hello(seq: int = 0) -> Hello:
    return Hello(
        seq=seq, stream="live", t_start_ms=0, t_end_ms=0, labels=("a", "b"), window_ms=3000, step_ms=250, models=(),
        source="a recording",
    )  # fmt: skip


def test_events_come_back_as_they_were_emitted(rows: Recorded) -> None:
    session = Session.open(rows.folder)
    assert list(session.events()) == rows.events
    ended = session.manifest.ended
    assert ended is not None
    assert (ended.reason, ended.lost_events, ended.lost_steps) == ("", 0, 0)
    assert ended.utterances == len(of_type(rows.events, Utterance)) > 5
    assert ended.size_bytes == sum(
        path.stat().st_size for path in rows.folder.rglob("*") if path.is_file() and path.suffix != ".json"
    )
    assert ended.seconds * 1000 == max(event.t_end_ms for event in rows.events)


def test_the_manifest_says_which_models_read_it(rows: Recorded, parts: Parts) -> None:
    (stream,) = Session.open(rows.folder).manifest.streams
    assert [(model.name, model.sha256) for model in stream.models] == [
        (model.card.name, model.sha256) for model in parts.models
    ]
    assert all(len(model.sha256) == 64 for model in stream.models)
    assert [spec.fingerprint() for spec in stream.specs] == [model.features for model in stream.models]


def test_nobody_else_can_read_it(rows: Recorded) -> None:
    for path in (rows.folder, *rows.folder.rglob("*")):
        assert not path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)


def test_a_summary_of_each_utterance_and_no_rows(
    summarised_models: list[EmotionModel], parts: Parts, recording: Samples, tmp_path: Path
) -> None:
    folder = tmp_path / "session"
    _, events = record(folder, Kept.SUMMARIES, replace(parts, models=summarised_models), recording)
    assert not any(part.pieces for part in read_parts(folder))
    summaries = list(Session.open(folder).summaries())
    spoken = [event for event in of_type(events, Utterance) if event.p]
    assert [(of.t_start_ms, of.t_end_ms) for of in summaries] == [(of.t_start_ms, of.t_end_ms) for of in spoken]
    for summary in summaries:
        assert [len(mean) for mean in summary.arrays] == [model.summary_size for model in summarised_models]
        assert 0 < summary.speech_s <= (summary.t_end_ms - summary.t_start_ms) / 1000 + 0.1
        assert all(np.isfinite(mean).all() for mean in summary.arrays)


@pytest.fixture
def summarised_models(summarised_paths: list[Path]) -> list[EmotionModel]:
    return [EmotionModel.load(path) for path in summarised_paths]


def test_events_alone_have_no_part(parts: Parts, recording: Samples, tmp_path: Path) -> None:
    folder = tmp_path / "session"
    _, events = record(folder, Kept.EVENTS, parts, recording[: 6 * HZ])
    assert list(read_parts(folder)) == []
    assert list(Session.open(folder).events()) == events


def test_rows_are_those_of_windows_that_were_asked_about(rows: Recorded) -> None:
    """Silence takes no rows, and none is kept twice."""
    items = [item for part in read_parts(rows.folder) for piece in part.pieces for item in piece.items]
    steps = [item for item in items if isinstance(item, StepRecord)]
    assert any(step.new_rows is None for step in steps)
    kept = sum(step.new_rows[0] for step in steps if step.new_rows)
    seconds = rows.recorder.seconds - LOST / HZ
    assert 0.5 * 100 * seconds < kept < 100 * seconds


def test_a_full_disk_ends_the_recording_with_a_word_and_keeps_what_was_written(
    rows: Recorded, parts: Parts, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    failures: list[None] = []
    keeping = recorder(tmp_path / "session", Kept.EVENTS, parts.models, lambda: failures.append(None))
    for event in rows.events[:20]:
        keeping.emit(event)
    keeping._events.flush()
    with no_file_beyond(keeping._events.size + 10):
        keeping._flushed_s = 0.0  # a flush is due
        for event in rows.events[20:40]:
            keeping.emit(event)
    keeping.close()
    assert keeping.failure == "File too large"
    assert keeping.dropped_events == 20
    assert len(failures) == 1
    (line,) = [of.getMessage() for of in caplog.records if of.levelno == logging.WARNING]
    assert line.endswith("takes no more (File too large): the recording has ended, and what was written before is kept")
    session = Session.open(tmp_path / "session")
    assert list(session.events()) == rows.events[:20]
    assert session.manifest.ended is not None
    assert session.manifest.ended.reason == "File too large"


def test_a_part_without_room_leaves_those_before(parts: Parts, recording: Samples, tmp_path: Path) -> None:
    folder = tmp_path / "session"
    with no_file_beyond(20_000):  # of rows; events of so short a time take less
        keeping, events = record(folder, Kept.ROWS, parts, recording)
    assert keeping.failure == "File too large"
    assert keeping.dropped_events > 0
    before = list(Session.open(folder).events())
    assert before == events[: len(before)]
    assert not list(folder.rglob(".*"))  # drafts are removed


def test_other_models_begin_another_stream(parts: Parts, rows: Recorded, tmp_path: Path) -> None:
    """As the watch of models does it: observations of the new stream may come before the last events of the old."""
    keeping = recorder(tmp_path / "session", Kept.ROWS, parts.models)
    first, second = keeping.observer(parts.models), keeping.observer(parts.models[:1])
    first.open(hello())
    keeping.emit(hello())
    second.open(hello())
    for event in (last_of(7_000), hello(), last_of(2_000)):
        keeping.emit(event)
    keeping.close()
    session = Session.open(tmp_path / "session")
    assert [len(stream.models) for stream in session.manifest.streams] == [2, 1]
    assert keeping.seconds == 9.0
    assert session.offset_ms(1) >= 0


def last_of(t_end_ms: int) -> Event:
    return Event(seq=1, stream="live", t_start_ms=0, t_end_ms=t_end_ms)


class TestRefusals:
    def test_a_folder_that_is_there(self, rows: Recorded, parts: Parts) -> None:
        with pytest.raises(SessionError, match="is there already, and a session is never overwritten"):
            recorder(rows.folder, Kept.EVENTS, parts.models)

    def test_a_folder_that_cannot_be(self, tmp_path: Path, parts: Parts) -> None:
        (tmp_path / "file").write_bytes(b"")
        with pytest.raises(SessionError, match=r"cannot be written \(Not a directory\)"):
            recorder(tmp_path / "file" / "session", Kept.EVENTS, parts.models)

    def test_no_room_at_all_leaves_no_folder(self, tmp_path: Path, parts: Parts) -> None:
        with no_file_beyond(10), pytest.raises(SessionError, match=r"cannot be written \(File too large\)"):
            recorder(tmp_path / "session", Kept.EVENTS, parts.models)
        assert not (tmp_path / "session").exists()

    def test_rows_that_are_sound(self, tmp_path: Path) -> None:
        sound = FeatureSpec(features=(Feature.WAVEFORM,), frame_length=400, hop_length=400)
        card = tiny_card(name="hears_samples", features=sound)
        model = EmotionModel.load(write_model(tmp_path / "sound.onnx", card, bias=(0.0, 0.0, 0.0, 0.0)))
        with pytest.raises(
            SessionError, match="hears_samples reads the samples themselves: its rows would be the sound"
        ):
            recorder(tmp_path / "session", Kept.ROWS, [model])
        assert not (tmp_path / "session").exists()
        recorder(tmp_path / "session", Kept.SUMMARIES, [model]).close()


class TestObserver:
    def step(self, model: EmotionModel, number: int) -> Step:
        from emostream.features.windows import FeatureWindow

        grid = model.card.grid()
        end = number * grid.step_samples
        start, stop = grid.row_span(end)
        values = np.arange(start, stop, dtype=np.float32)[:, None]
        rows = np.repeat(values, model.card.features.dim, axis=1)
        return Step(end, (FeatureWindow(end, rows),), 8_000, 8_000, True, -20.0)

    def outputs(self, model: EmotionModel) -> ModelOutputs:
        return ModelOutputs(np.full((1, 4), 0.25, np.float32), (np.zeros(0, np.float32),))

    def test_what_finds_no_room_is_counted_and_the_next_window_is_whole(self, parts: Parts) -> None:
        model = parts.models[0]
        observations = Observations(capacity=2)
        observer = SessionObserver(observations, [model], Kept.ROWS)
        observer.open(hello())
        observer.start_segment(0.0)
        for number in range(2, 5):
            observer.push(self.step(model, number), self.outputs(model))
        assert observations.lost == 2  # the stream itself took a place
        taken = [observations.take() for _ in range(2)]
        assert [type(of).__name__ for of in taken] == ["OpenedStream", "Observed"]
        observer.push(self.step(model, 20), self.outputs(model))
        whole = observations.take()
        assert isinstance(whole, Observed)
        start, stop = model.card.grid().row_span(20 * model.card.grid().step_samples)
        assert whole.rows[0][:, 0].tolist() == list(range(start, stop))

    def test_models_that_want_the_same_rows_share_them(self, parts: Parts) -> None:
        model = parts.models[0]
        observations = Observations()
        observer = SessionObserver(observations, [model, model], Kept.ROWS)
        observer.open(hello())
        observer.start_segment(0.0)
        step = self.step(model, 4)
        observer.push(replace(step, windows=step.windows * 2), self.outputs(model))
        observations.take()
        observed = observations.take()
        assert isinstance(observed, Observed)
        assert len(observed.rows) == 1


def test_behind_a_queue_of_its_own_nothing_is_lost(rows: Recorded, parts: Parts, tmp_path: Path) -> None:
    keeping = recorder(tmp_path / "session", Kept.EVENTS, parts.models)
    sink = DetachedSink(keeping, close_timeout_s=60.0)
    for event in rows.events:
        sink.emit(msgspec.structs.replace(event))
    sink.close()
    assert sink.dropped_events == 0
    assert list(Session.open(tmp_path / "session").events()) == rows.events
