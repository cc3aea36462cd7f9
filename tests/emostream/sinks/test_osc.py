"""Open Sound Control over a real UDP socket."""

import msgspec
import pytest

from emostream.events import Estimate, Health, Hello, Utterance, VoiceMeasures
from emostream.sinks.osc import OscSink
from emostream.sinks.osc_address import addresses_of
from tests.support.osc_receiver import OscReceiver

AT = {"stream": "live", "t_start_ms": 0, "t_end_ms": 900}
HELLO = Hello(seq=0, labels=("angry", "sad"), window_ms=1, step_ms=1, models=(), source="Yeti", **AT)
P = {"angry": 0.25, "sad": 0.75}
ESTIMATE = Estimate(seq=1, p=P, label="sad", confidence=0.75, agreement=1.0, speech=True, level_dbfs=-30.0, **AT)
VOICE = VoiceMeasures(pitch_hz=200.0, pitch_range_semitones=3.0, loudness_dbfs=-20.0, syllables_per_s=4.0, arousal=0.5)
UTTERANCE = Utterance(seq=2, p=P, label="sad", confidence=0.75, voice=VOICE, **AT)
HEALTH = Health(seq=3, source="Yeti", source_ok=True, lost_ms=0.0, lag_ms=0.0, **AT)
AWAY = Health(seq=4, source="Yeti", source_ok=False, lost_ms=0.0, lag_ms=0.0, **AT)


def test_each_value_has_its_address_and_the_lamp_goes_out_at_the_end() -> None:
    with OscReceiver() as receiver:
        sink = OscSink("localhost", receiver.port, addresses_of([]))
        for event in (HELLO, HEALTH, ESTIMATE, UTTERANCE):
            sink.emit(event)
        receiver.wait_for("/emostream/arousal", 0.5)
        said = dict(receiver.received)
        sink.close()
        sink.close()
        receiver.wait_for("/emostream/sad", 0.0)
        receiver.wait_for("/emostream/microphone", 0)
    assert said == {
        "/emostream/microphone": (1,),
        "/emostream/label": ("sad",),
        "/emostream/label_index": (2,),
        "/emostream/angry": (0.25,),
        "/emostream/sad": (0.75,),
        "/emostream/confidence": (0.75,),
        "/emostream/speech": (1,),
        "/emostream/level_dbfs": (-30.0,),
        "/emostream/level": (0.5,),
        "/emostream/utterance": ("sad",),
        "/emostream/utterance_index": (2,),
        "/emostream/arousal": (0.5,),
    }
    assert sink.dropped_events == 0


def test_an_avatar_gets_its_parameters_without_text_and_true_as_true() -> None:
    with OscReceiver() as receiver:
        sink = OscSink("127.0.0.1", receiver.port, addresses_of([], vrchat=True))
        for event in (HELLO, HEALTH, ESTIMATE, UTTERANCE):
            sink.emit(event)
        receiver.wait_for("/avatar/parameters/EmostreamArousal", 0.5)
        sink.close()
        receiver.wait_for("/avatar/parameters/EmostreamMicrophone", False)
    assert receiver.values("/avatar/parameters/EmostreamMicrophone")[0] is True
    assert receiver.values("/avatar/parameters/EmostreamSpeech")[0] is True
    assert not any(isinstance(value, str) for _, (value, *_) in receiver.received)


def test_a_microphone_that_is_not_read_leaves_no_mood_behind() -> None:
    with OscReceiver() as receiver:
        sink = OscSink("127.0.0.1", receiver.port, addresses_of([]))
        for event in (HELLO, ESTIMATE, AWAY):
            sink.emit(event)
        receiver.wait_for("/emostream/sad", 0.0)
        sink.close()
    assert receiver.values("/emostream/label")[:2] == ["sad", ""]
    assert receiver.values("/emostream/level")[:2] == [0.5, 0.0]


def test_in_a_replay_no_microphone_is_read_and_the_mood_stays() -> None:
    replay = msgspec.structs.replace(HELLO, recorded="2026-01-02T03:04:05Z")
    with OscReceiver() as receiver:
        sink = OscSink("127.0.0.1", receiver.port, addresses_of([]))
        for event in (replay, ESTIMATE, HEALTH):
            sink.emit(event)
        receiver.wait_for("/emostream/microphone", False)
        assert receiver.values("/emostream/label") == ["sad"]
        sink.close()


def test_a_name_that_is_not_known_is_counted_and_said_once(caplog: pytest.LogCaptureFixture) -> None:
    sink = OscSink("nowhere.invalid", 9000, addresses_of([]))
    for event in (HELLO, HEALTH, ESTIMATE, UTTERANCE):
        sink.emit(event)
    sink.close()
    assert sink.dropped_events == 3
    (record,) = caplog.records
    assert record.getMessage().startswith("OSC nowhere.invalid:9000 cannot be sent to (")


def test_an_address_for_a_value_that_there_is_not_is_said(caplog: pytest.LogCaptureFixture) -> None:
    with OscReceiver() as receiver:
        sink = OscSink("127.0.0.1", receiver.port, addresses_of(["happy=/x", "sad=/y"]))
        sink.emit(HELLO)
        sink.close()
    assert [record.getMessage() for record in caplog.records] == [
        f"OSC 127.0.0.1:{receiver.port}: there is no value happy to send"
    ]


def test_nobody_there_is_no_failure() -> None:
    with OscReceiver() as gone:
        port = gone.port
    sink = OscSink("127.0.0.1", port, addresses_of([]))
    for event in (HELLO, HEALTH, ESTIMATE, UTTERANCE):
        sink.emit(event)
    sink.close()
    assert sink.dropped_events == 0
