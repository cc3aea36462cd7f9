"""Two sets of models on the rows of one session."""

from pathlib import Path

import pytest

from emostream.audio import Samples
from emostream.errors import SessionError, UsageError
from emostream.events import Utterance
from emostream.inference.model import EmotionModel
from emostream.pipeline.config import StreamConfig
from emostream.pipeline.factory import StreamFactory
from emostream.sessions.manifest import Kept
from emostream.sessions.session import Session
from emostream_trainer.evaluation.comparison import compare, name_of
from emostream_trainer.evaluation.comparison_picture import comparison_picture
from tests.support.recorded_sessions import LOST, record, silence
from tests.support.streams import HZ, Parts, of_type
from tests.support.tiny_models import tiny_card, write_model


@pytest.fixture(scope="module")
def session(parts: Parts, recording: Samples, tmp_path_factory: pytest.TempPathFactory) -> Session:
    folder = tmp_path_factory.mktemp("compared") / "session"
    record(folder, Kept.ROWS, parts, recording)
    return Session.open(folder)


def factory(parts: Parts, *indices: int) -> StreamFactory:
    return StreamFactory([parts.models[index] for index in indices], parts.vad_model, StreamConfig())


def test_the_same_models_agree_in_all(session: Session, parts: Parts) -> None:
    same = compare(session, factory(parts, 0, 1), factory(parts, 0, 1))
    assert same.changed == []
    assert (same.same_utterances, same.same_time, same.same_steps, same.distance) == (1.0, 1.0, 1.0, 0.0)
    live = [event for event in of_type(list(session.events()), Utterance) if event.p]
    assert [(of.start_ms, of.end_ms) for of in same.utterances] == [(of.t_start_ms, of.t_end_ms) for of in live]
    assert same.seconds == pytest.approx(35.16 + LOST / HZ, abs=0.25)


def test_other_models_do_not(session: Session, parts: Parts) -> None:
    other = compare(session, factory(parts, 0, 1), factory(parts, 1))
    assert 0 < len(other.changed) < len(other.utterances)
    assert other.same_utterances == 1 - len(other.changed) / len(other.utterances)
    assert 0 < other.distance < 1
    assert 0 < other.same_steps < 1
    assert sum(other.pairs().values()) == len(other.utterances)
    for judged in other.changed:
        assert name_of(judged.first) != name_of(judged.second)
    # In the other order the two change places.
    reverse = compare(session, factory(parts, 1), factory(parts, 0, 1))
    assert [of.first.p for of in reverse.utterances] == [of.second.p for of in other.utterances]


def test_the_picture_is_drawn(session: Session, parts: Parts, tmp_path: Path) -> None:
    comparison = compare(session, factory(parts, 0), factory(parts, 1))
    comparison_picture(tmp_path / "both.png", comparison, ("one", "the other"))
    assert (tmp_path / "both.png").read_bytes().startswith(b"\x89PNG")
    drawn = (tmp_path / "both.svg").read_text("utf-8")
    assert drawn.count("<!-- named otherwise -->") == 1
    for word in ("one", "the other", "unsure"):
        assert f"{word} -->" in drawn


def test_models_that_name_other_things_are_refused(session: Session, parts: Parts, tmp_path: Path) -> None:
    path = write_model(tmp_path / "three.onnx", tiny_card(labels=("angry", "happy", "sad")))
    three = StreamFactory([EmotionModel.load(path)], parts.vad_model, StreamConfig())
    with pytest.raises(UsageError, match="the two name different things, angry, happy, neutral, sad and angry, happy"):
        compare(session, factory(parts, 0), three)


def test_a_session_in_which_nobody_spoke(parts: Parts, tmp_path: Path) -> None:
    record(tmp_path / "session", Kept.ROWS, parts, silence(3))
    with pytest.raises(SessionError, match="has no utterance to compare: nobody spoke for long enough"):
        compare(Session.open(tmp_path / "session"), factory(parts, 0), factory(parts, 1))
