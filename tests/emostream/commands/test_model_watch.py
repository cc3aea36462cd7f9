"""Models that change under a running stream: a good one comes between two estimates, a bad one changes nothing."""

import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from emostream.commands.model_watch import LOOK_EVERY_S, ModelWatch
from emostream.errors import ModelError
from emostream.events import Estimate, Hello
from emostream.inference.model import EmotionModel
from emostream.inference.vad import VoiceActivityModel
from emostream.pipeline.config import StreamConfig
from emostream.pipeline.factory import StreamFactory
from emostream.pipeline.stream import EmotionStream
from tests.support.processes import Running
from tests.support.serving import until
from tests.support.streams import HZ, of_type
from tests.support.tiny_models import tiny_card, write_model
from tests.support.virtual_microphone import VirtualMicrophone


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def make_watch(
    tmp_path: Path, tiny_models: list[EmotionModel], vad_model: VoiceActivityModel
) -> Callable[[], ModelWatch]:
    """A watch over a file, whose text says what loading it gives; ``clock`` is its clock."""

    def load() -> StreamFactory:
        if "bad" in (tmp_path / "model.onnx").read_text():
            raise ModelError("it is no model")
        return StreamFactory(tiny_models, vad_model, StreamConfig())

    def make_stream(factory: StreamFactory) -> EmotionStream:
        return factory.stream(HZ, stream="live", source="test")

    (tmp_path / "model.onnx").write_text("good")
    return lambda: ModelWatch([tmp_path / "model.onnx"], load, make_stream, clock)


clock = Clock()


def look(watch: ModelWatch) -> EmotionStream | None:
    clock.now_s += LOOK_EVERY_S
    return watch.take()


def test_a_file_is_read_once_it_stands_still(make_watch: Callable[[], ModelWatch], tmp_path: Path) -> None:
    watch = make_watch()
    assert look(watch) is None
    (tmp_path / "model.onnx").write_text("half of a ")
    assert look(watch) is None  # it has changed, and may be changing
    (tmp_path / "model.onnx").write_text("whole and good one")
    assert look(watch) is None
    taken: list[EmotionStream] = []
    until(lambda: bool((stream := look(watch)) and not taken.append(stream)))
    assert len(taken) == 1
    assert look(watch) is None


def test_a_bad_one_is_said_and_changes_nothing(
    make_watch: Callable[[], ModelWatch], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    watch = make_watch()
    (tmp_path / "model.onnx").write_text("a bad one")
    until(lambda: look(watch) is None and "the models of before go on: it is no model" in caplog.text)
    (tmp_path / "model.onnx").unlink()
    assert look(watch) is None


def test_it_is_read_anew_when_asked(make_watch: Callable[[], ModelWatch]) -> None:
    watch = make_watch()
    watch.reload()
    until(lambda: watch.take() is not None)


def test_a_running_stream_takes_the_new_model(microphone: VirtualMicrophone, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    write_model(folder / "one.onnx", tiny_card(name="first"), seed=1)
    other = write_model(tmp_path / "other.onnx", tiny_card(name="second", labels=("calm", "tense")), seed=2)
    options = ("--format", "jsonl", "--log-level", "info", "--model", folder)
    with Running("listen", "--serve", "--port", 0, *options, env=microphone.env) as running:
        running.wait_for(lambda it: it.received(Estimate))
        (folder / "one.onnx").write_bytes(b"no model at all")
        running.wait_for(lambda it: "the models of before go on" in it.messages)
        count = len(running.received(Estimate))
        running.wait_for(lambda it: len(it.received(Estimate)) > count + 2)
        assert len(running.received(Hello)) == 1
        shutil.copy(other, folder / "one.tmp")
        (folder / "one.tmp").rename(folder / "one.onnx")
        running.wait_for(lambda it: len(it.received(Hello)) == 2 and isinstance(it.events[-1], Estimate))
        hello = of_type(running.events, Hello)[1]
        assert [model.name for model in hello.models] == ["second"]
        assert hello.labels == ("calm", "tense")
        behind = running.events[running.events.index(hello) :]
        assert [event.seq for event in behind] == list(range(len(behind)))
        running.process.send_signal(signal.SIGHUP)
        running.wait_for(lambda it: len(it.received(Hello)) == 3)
        running.interrupt()
