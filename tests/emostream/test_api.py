"""The public API: what the commands give, from Python."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import msgspec
import numpy as np
import pytest
import soundfile
import soxr

import emostream
from emostream import assets
from emostream.audio import Samples
from emostream.events import Error, Estimate, Event, Gap, Health, Hello, Summary, Utterance
from tests.support.processes import emostream as run_command
from tests.support.processes import environment, events_of
from tests.support.streams import HZ, assert_same
from tests.support.timeline_readers import READERS
from tests.support.tiny_models import tiny_card, write_model
from tests.support.virtual_microphone import VirtualMicrophone

DEMO = assets.DEMO_RECORDING


@pytest.fixture(scope="module")
def reading() -> emostream.Reading:
    return emostream.read(DEMO)


def without_source(events: tuple[Event, ...] | list[Event]) -> list[Event]:
    """The events as they are of any source."""
    kept = []
    for event in events:
        changes = {"stream": "s", **({"source": "s"} if isinstance(event, Hello | Summary) else {})}
        kept.append(msgspec.structs.replace(event, **changes))
    return kept


def test_a_file_reads_as_the_command_reads_it(reading: emostream.Reading) -> None:
    said = run_command("file", "--format", "jsonl", DEMO)
    assert without_source(events_of(said.stdout)) == without_source(reading.events)
    assert reading.label == reading.summary.label
    assert reading.confidence == reading.summary.confidence
    assert reading.trouble is None
    assert len(reading.estimates) == 140
    assert [type(event) for event in reading.utterances] == [Utterance] * len(reading.utterances)


def test_it_prints_what_the_command_prints(reading: emostream.Reading) -> None:
    said = run_command("file", DEMO, env={"COLUMNS": "100"})
    assert str(reading).split() == said.stdout.split()
    assert "whole file" in str(reading)
    assert "\x1b" not in str(reading)
    assert repr(reading).startswith(f"<Reading of {DEMO}: ")


def test_an_array_reads_as_the_file(reading: emostream.Reading, recording: Samples) -> None:
    same = emostream.read(recording, HZ)
    assert_same(same.events[1:-1], reading.events[1:-1])
    int16 = (recording * 32768).astype(np.int16)
    assert_same(emostream.read(int16, HZ).events[1:-1], reading.events[1:-1])
    stereo = np.column_stack([recording, recording])
    assert_same(emostream.read(stereo, HZ).events[1:-1], reading.events[1:-1])


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((np.zeros(HZ),), TypeError, "float64"),
        ((np.zeros(HZ), HZ), TypeError, "float64"),
        ((np.zeros(HZ, np.float32),), TypeError, "needs its sample_rate_hz"),
        ((np.zeros(HZ, np.float32), 0), ValueError, "0 Hz"),
        ((np.zeros(HZ, np.float32), 16_000.5), ValueError, "16000.5 Hz"),
        ((np.zeros(HZ, np.float32), float("inf")), ValueError, "inf Hz"),
        ((np.zeros(HZ, np.float32), float("nan")), ValueError, "nan Hz"),
        ((np.zeros(HZ, np.float32), "16000"), TypeError, "'16000' for sample_rate_hz"),
        ((None,), TypeError, "NoneType"),
        (("nowhere.wav",), emostream.EmostreamError, "nowhere.wav does not exist"),
        ((DEMO, HZ), emostream.EmostreamError, "says its own rate"),
    ],
)
def test_what_is_no_audio_is_refused_by_name(arguments: tuple[object, ...], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        emostream.read(*arguments)  # type: ignore[arg-type]


def test_nobody_who_is_not_enrolled_and_no_wish_that_cannot_be_had() -> None:
    with pytest.raises(emostream.EmostreamError, match="be-right"):
        emostream.read(DEMO, be_right=2)
    with pytest.raises(emostream.EmostreamError, match="not enrolled"):
        emostream.open_stream(HZ, speaker="Nobody of this name")


def test_one_model_may_be_named_by_itself_and_is_read_anew_when_its_file_changes(tmp_path: Path) -> None:
    path, audio = tmp_path / "mine.onnx", np.zeros(HZ, np.float32)
    for version in ("1", "2"):
        write_model(path, tiny_card(version=version))
        os.utime(path, ns=(0, int(version)))  # the clock of a file system may stand still for a moment
        hello = emostream.read(audio, HZ, models=str(path)).events[0]
        assert isinstance(hello, Hello)
        assert [model.version for model in hello.models] == [version]
    with pytest.raises(emostream.EmostreamError, match="no such model file"):
        emostream.read(audio, HZ, models=[path, tmp_path / "none.onnx"])


def test_a_recording_weighs_what_its_utterances_weigh(reading: emostream.Reading, recording: Samples) -> None:
    first, second = reading.utterances[:2]
    between_s = (first.t_end_ms + second.t_start_ms) / 2000
    alone = emostream.read(recording[: round(between_s * HZ)], HZ)
    assert len(alone.utterances) == 1
    assert alone.summary.p == alone.utterances[0].p == first.p
    assert alone.summary.label == first.label


def test_silence_is_no_speech() -> None:
    silent = emostream.read(np.zeros(2 * HZ, np.int16), HZ)
    assert (silent.label, silent.confidence, silent.utterances) == (None, 0.0, [])
    assert "no speech" in str(silent)
    assert "no speech" in repr(silent)
    assert emostream.read(np.zeros(0, np.float32), HZ).events[-1].t_end_ms == 0


def test_a_file_that_is_cut_off_warns_and_is_read_as_far_as_it_goes(tmp_path: Path, recording: Samples) -> None:
    whole, cut = tmp_path / "whole.wav", tmp_path / "cut.wav"
    soundfile.write(whole, recording[: 4 * HZ], HZ)
    cut.write_bytes(whole.read_bytes()[: 2 * 2 * HZ])
    with pytest.warns(UserWarning, match="missing"):
        found = emostream.read(cut)
    assert found.trouble
    assert found.trouble in str(found)
    assert found.summary.seconds == pytest.approx(2, abs=0.01)


def test_pushes_of_any_size_give_the_events_of_the_whole(reading: emostream.Reading, recording: Samples) -> None:
    stream = emostream.open_stream(HZ)
    rng, events, at = np.random.default_rng(0), [], 0
    while at < len(recording):
        size = int(rng.integers(0, 9000))
        events += stream.push(recording[at : at + size])
        at += size
    events += stream.flush()
    assert isinstance(events[0], Hello)
    assert_same(events[1:], reading.events[1:-1])
    assert stream.summary().label == reading.label


def test_lost_audio_is_a_gap_and_reset_equals_new(recording: Samples) -> None:
    stream = emostream.open_stream(HZ)
    first = (
        stream.push(recording[: 2 * HZ]) + stream.lost(HZ) + stream.push(recording[2 * HZ : 3 * HZ]) + stream.flush()
    )
    assert [event.lost_ms for event in first if isinstance(event, Gap)] == [1000]
    assert first[-1].t_end_ms <= 4000
    stream.reset()
    again = (
        stream.push(recording[: 2 * HZ]) + stream.lost(HZ) + stream.push(recording[2 * HZ : 3 * HZ]) + stream.flush()
    )
    assert again == first
    with pytest.raises(ValueError, match="1 or more"):
        stream.lost(0)
    with pytest.raises(TypeError, match="float64"):
        stream.push(recording.astype(np.float64))
    with pytest.raises(TypeError, match="bytes"):
        stream.push(recording.tobytes())


def test_a_reading_is_written_in_the_format_of_the_name(reading: emostream.Reading, tmp_path: Path) -> None:
    spans = [(one.start_ms, one.end_ms, one.name) for one in reading.timeline.utterances]
    for name in ("talk.textgrid", "talk.EAF", "talk.csv"):
        reading.write(tmp_path / name)
        assert READERS[name.rpartition(".")[2].lower()](tmp_path / name) == (spans, [])
    reading.write(tmp_path / "talk.csv", steps=True)
    assert len((tmp_path / "talk.csv").read_text().splitlines()) == 1 + len(reading.estimates)
    with pytest.raises(emostream.EmostreamError, match="ends with no format's suffix"):
        reading.write("talk.doc")


def test_the_package_is_light_and_knows_its_names() -> None:
    code = (
        "import sys, emostream; print(sorted({'numpy', 'onnxruntime', 'rich', 'soundfile'} & set(sys.modules)));"
        "print(emostream.__version__, callable(emostream.read), 'read' in dir(emostream))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment({})
    )
    assert shown.stdout == f"[]\n{emostream.__version__} True True\n"
    with pytest.raises(AttributeError, match="no attribute 'raed'"):
        emostream.raed  # noqa: B018


@pytest.fixture
def spoken(microphone_here: VirtualMicrophone, recording: Samples) -> VirtualMicrophone:
    resampled = soxr.resample(recording[: 9 * HZ], HZ, microphone_here.sample_rate_hz)
    microphone_here.play(np.asarray(np.round(resampled * 32767), np.int16))
    return microphone_here


def test_listening_gives_live_events_and_ends_when_it_is_closed(spoken: VirtualMicrophone) -> None:
    events = emostream.listen()
    heard: list[Event] = []
    for event in events:
        heard.append(event)
        if isinstance(event, Estimate) and event.speech:
            break
    events.close()
    assert isinstance(heard[0], Hello)
    assert all(event.ts for event in heard)
    assert [event for event in heard if isinstance(event, Health)]
    assert heard[-1].latency_ms is not None  # type: ignore[attr-defined]
    assert not [event for event in heard if isinstance(event, Error)]
    assert "microphone" not in {thread.name for thread in threading.enumerate()}
