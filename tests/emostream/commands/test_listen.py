"""``emostream listen`` on a real sound server's microphone, against what ``emostream file`` says of the same sound."""

import socket
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from numpy.typing import NDArray

from emostream import assets
from emostream.assets import DEMO_RECORDING
from emostream.audio import AudioBlock, Samples
from emostream.daemon import Daemon
from emostream.errors import UNAVAILABLE, USAGE
from emostream.events import AnyEvent, Error, Estimate, Gap, Health, Hello, Utterance
from emostream.inference.vad import VoiceActivityModel
from emostream.pipeline.config import StreamConfig
from emostream.pipeline.stream import EmotionStream
from emostream.sources.microphone import MicrophoneSource
from tests.support.processes import Running, assert_log_lines, assert_one_line, emostream, file_events, judged
from tests.support.sinks import CollectingSink
from tests.support.streams import HZ, assert_same, of_type
from tests.support.virtual_microphone import MICROPHONE_HZ, VirtualMicrophone

INTERRUPTED = 130
CUT_S = 9
PATIENCE_S = 60  # of audio, for a sound that does not arrive whole
CHUNK_MS = 32  # the speech gate's
STEP_MS = 250
QUIET_DBFS = -60.0
# Where the sound began in the stream is known from the levels of its steps, to a millisecond or so, by which chunks and
# windows fall elsewhere. Seen with the shipped networks at 60 beginnings, each off by up to a millisecond: boundaries
# within a chunk, p of an utterance within 0.06 and of estimates within 0.01 in the median, nine labels of ten the same.
BOUNDARY_MS = 1.1 * CHUNK_MS
P_TOLERANCE = 0.1
SAME_LABELS = 0.8


class TestRefusals:
    def test_a_port_in_use(self, model_arguments: list[str]) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            ended = emostream("listen", "-", "--serve", "--port", port, *model_arguments, stdin=bytes(100))
        assert (ended.returncode, ended.stdout) == (UNAVAILABLE, "")
        assert_one_line(ended.stderr, f"port {port} on 127.0.0.1 is in use by another program: choose another")

    def test_a_port_that_cannot_be(self, model_arguments: list[str]) -> None:
        ended = emostream("listen", "-", "--serve", "--port", 70_000, *model_arguments, stdin=bytes(100))
        assert (ended.returncode, ended.stdout) == (USAGE, "")
        assert_one_line(ended.stderr, "port 70000 does not exist: expected 1 to 65535")

    def test_a_file_that_is_no_model(self) -> None:
        ended = emostream("listen", "-", "--model", DEMO_RECORDING)
        assert (ended.returncode, ended.stdout) == (1, "")
        assert_one_line(ended.stderr, str(DEMO_RECORDING), "not an ONNX model")

    def test_a_model_without_a_card(self) -> None:
        ended = emostream("listen", "-", "--model", "models/silero_vad.onnx")
        assert (ended.returncode, ended.stdout) == (1, "")
        assert_one_line(ended.stderr, "models/silero_vad.onnx: no model card")

    def test_no_microphone(self, model_arguments: list[str]) -> None:
        ended = emostream("listen", *model_arguments)
        assert (ended.returncode, ended.stdout) == (UNAVAILABLE, "")
        assert_one_line(ended.stderr, "no input device was found: plug in a microphone")


def test_without_a_microphone_the_demo_is_played_until_ctrl_c(model_arguments: list[str]) -> None:
    with Running("listen", "--or-demo", *model_arguments) as running:
        running.wait_for(lambda it: it.received(Estimate))
        assert running.interrupt() == INTERRUPTED
    assert_one_line(running.messages, "no input device was found", "; playing the bundled recording instead")
    (hello,) = of_type(running.events, Hello)
    assert hello.source == str(DEMO_RECORDING)
    assert {event.latency_ms is None for event in of_type(running.events, Estimate)[:1]} == {False}
    assert isinstance(running.events[-1], Health)


@pytest.fixture(scope="module")
def sound(recording: Samples) -> NDArray[np.int16]:
    """The first sentences of the demo recording at the microphone's rate."""
    resampled = soxr.resample(recording[: CUT_S * HZ], HZ, MICROPHONE_HZ)
    return np.asarray(np.round(resampled * 32767), np.int16)


class RecordedMicrophone:
    """A microphone whose blocks are kept; it ends once ``sound`` and a second of silence after it were heard."""

    def __init__(self, microphone: VirtualMicrophone, sound: NDArray[np.int16]) -> None:
        self._source = MicrophoneSource("pulse")
        self._microphone = microphone
        self._sound = sound
        self._playing = False
        self.tape: list[AudioBlock] = []
        self.name = self._source.name
        self.sample_rate_hz = self._source.sample_rate_hz

    @property
    def trouble(self) -> str | None:
        return self._source.trouble

    @property
    def samples(self) -> Samples:
        return np.concatenate([block.samples for block in self.tape])

    def blocks(self) -> Iterator[AudioBlock]:
        left, silent = np.count_nonzero(self._sound), 0
        for block in self._source.blocks():
            if len(block.samples) and not self._playing:  # an empty block means that it is not open yet
                self._microphone.play(self._sound)
                self._playing = True
            self.tape.append(block)
            yield block
            left -= np.count_nonzero(block.samples)
            silent += len(block.samples) if left <= 0 else 0
            if silent > self.sample_rate_hz or block.first_sample > PATIENCE_S * self.sample_rate_hz:
                self._source.close()

    def close(self) -> None:
        self._source.close()


class TestMicrophone:
    def test_live_equals_offline(
        self,
        microphone_here: VirtualMicrophone,
        sound: NDArray[np.int16],
        vad_model: VoiceActivityModel,
        model_arguments: list[str],
        tmp_path: Path,
    ) -> None:
        """What a microphone's every sample leads to live, the same samples lead to as a file: each estimate."""
        source, sink = RecordedMicrophone(microphone_here, sound), CollectingSink()
        models = assets.load_models([Path(word) for word in model_arguments if word != "--model"])
        reliability = assets.load_reliability(models, assets.RELIABILITY)
        config = StreamConfig(weights=reliability.weights_of(model.card.identity() for model in models))
        Daemon(source, EmotionStream(models, vad_model, source.sample_rate_hz, config=config), [sink]).run()
        assert sum(block.lost_samples for block in source.tape) == 0
        recorded = source.samples
        start = int(np.flatnonzero(recorded)[0]) - int(np.flatnonzero(sound)[0])
        assert np.array_equal(recorded[start : start + len(sound)] * 32768, sound)
        path = tmp_path / "tape.wav"
        soundfile.write(path, recorded, source.sample_rate_hz, subtype="FLOAT")
        offline = file_events(path, model_arguments)
        assert len(of_type(offline, Utterance)) == 2
        assert_same(judged(sink.events), judged(offline))

    def test_it_says_the_same_as_the_file_and_survives_an_unplug(
        self, microphone: VirtualMicrophone, sound: NDArray[np.int16], tmp_path: Path, model_arguments: list[str]
    ) -> None:
        command = ("listen", "--format", "jsonl", "--device", "pulse", *model_arguments)
        with Running(*command, env=microphone.env) as running:
            running.wait_for(lambda it: it.received(Estimate))
            microphone.play(sound)
            running.wait_for(lambda it: len(it.received(Utterance)) >= 2)
            live = list(running.events)
            assert not of_type(live, Gap)
            assert_agrees_with_the_file(live, sound, tmp_path, model_arguments)

            microphone.unplug()
            running.wait_for(lambda it: it.received(Error))
            microphone.plug_in()
            running.wait_for(lambda it: it.received(Gap))
            back = of_type(running.events, Gap)[0]
            running.wait_for(lambda it: it.received(Estimate)[-1].t_start_ms >= back.t_end_ms)
            assert running.interrupt() == INTERRUPTED, running.messages
        assert_log_lines(
            running.messages, "warning daemon: pulse "
        )  # it has gone; and where it is slow to play, it is silent
        assert [event.seq for event in running.events] == list(range(len(running.events)))
        error = of_type(running.events, Error)[0]
        assert (error.code, "pulse has gone" in error.message) == ("source", True)
        at_unplug = running.events[running.events.index(error) + 1]
        assert isinstance(at_unplug, Health)
        assert not at_unplug.source_ok
        last = of_type(running.events, Health)[-1]
        assert (last.source, last.source_ok) == ("pulse", True)
        assert last.lost_ms == pytest.approx(back.lost_ms, abs=1)
        assert back.lost_ms > 100


def silence_before(sound: NDArray[np.int16], live: list[AnyEvent]) -> int:
    """How many samples of silence the stream had before ``sound``: where its steps have the levels that were heard."""
    steps = {event.t_end_ms: max(event.level_dbfs, QUIET_DBFS) for event in of_type(live, Estimate)}
    levels_dbfs = np.array([steps[ends] for ends in sorted(steps)])
    ends = np.array(sorted(steps)) * MICROPHONE_HZ // 1000
    step = STEP_MS * MICROPHONE_HZ // 1000
    power = np.concatenate([[0.0], np.cumsum((sound / 32768) ** 2)])

    def apart(silence: int) -> float:
        until = np.clip(ends - silence, 0, len(sound))
        mean = (power[until] - power[np.clip(ends - step - silence, 0, len(sound))]) / step
        levels = np.maximum(10 * np.log10(np.maximum(mean, 1e-12)), QUIET_DBFS)
        return float(np.abs(levels - levels_dbfs).mean())

    return min(range(0, int(ends[-1]), MICROPHONE_HZ // 1000), key=apart)


def assert_agrees_with_the_file(
    live: list[AnyEvent], sound: NDArray[np.int16], folder: Path, model_arguments: list[str]
) -> None:
    """A file of the sound with as much silence before it as the stream had gives the same, to what a shift gives."""
    silence, second = np.zeros(silence_before(sound, live), np.int16), np.zeros(MICROPHONE_HZ, np.int16)
    soundfile.write(folder / "aligned.wav", np.concatenate([silence, sound, second]), MICROPHONE_HZ)
    file = file_events(folder / "aligned.wav", model_arguments)
    for live_event, file_event in zip(of_type(live, Utterance), of_type(file, Utterance), strict=True):
        assert abs(live_event.t_start_ms - file_event.t_start_ms) <= BOUNDARY_MS
        assert abs(live_event.t_end_ms - file_event.t_end_ms) <= BOUNDARY_MS
        assert live_event.p == pytest.approx(file_event.p, abs=P_TOLERANCE)
        if abs(file_event.confidence - StreamConfig().smoothing.on_threshold) > P_TOLERANCE:
            assert live_event.label == file_event.label
    at = {event.t_end_ms: event for event in of_type(file, Estimate)}
    pairs = [(event, at[event.t_end_ms]) for event in of_type(live, Estimate) if event.t_end_ms in at]
    assert np.mean([live_event.label == file_event.label for live_event, file_event in pairs]) >= SAME_LABELS
    speaking = [
        (live_event, file_event)
        for live_event, file_event in pairs
        if live_event.speech and file_event.speech and live_event.p and file_event.p
    ]
    assert len(speaking) >= 0.9 * sum(file_event.speech for _, file_event in pairs) >= 18
    apart = [
        abs(live_event.p[label] - file_event.p[label]) for live_event, file_event in speaking for label in file_event.p
    ]
    assert np.median(apart) <= P_TOLERANCE
