"""MQTT against a real mosquitto, with Home Assistant's side of it beside."""

import gc
import logging
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from emostream.events import Estimate, Health, Hello, ModelBrief, Utterance, VoiceMeasures
from emostream.sinks.home_assistant import MqttTopics
from emostream.sinks.mqtt import MqttSink
from emostream.sinks.mqtt_link import MqttBroker, MqttLink, Will
from tests.support.certificates import make_certificate
from tests.support.home_assistant import HomeAssistant
from tests.support.mosquitto import Mosquitto
from tests.support.serving import until

AT = {"stream": "live", "t_start_ms": 0, "t_end_ms": 900}
MODEL = ModelBrief(name="whisper", variant="staged", version="1", licence="MIT")
HELLO = Hello(seq=0, labels=("angry", "sad"), window_ms=1, step_ms=1, models=(MODEL,), source="Yeti", **AT)
P = {"angry": 0.25, "sad": 0.75}
VOICE = VoiceMeasures(pitch_hz=200.0, pitch_range_semitones=3.0, loudness_dbfs=-20.0, syllables_per_s=4.0)
TOPICS = MqttTopics("emostream_desk")
FOREVER_S = 1e9


def estimate(label: str | None = "sad", *, speech: bool = True, level_dbfs: float = -30.0) -> Estimate:
    return Estimate(seq=1, p=P, label=label, confidence=0.75, agreement=1.0, speech=speech, level_dbfs=level_dbfs, **AT)


def utterance(seq: int, label: str | None = "sad") -> Utterance:
    return Utterance(seq=seq, p=P, label=label, confidence=0.75, voice=VOICE, ts="2026-11-28T06:42:12.000Z", **AT)


def health(*, source_ok: bool = True, **changes: Any) -> Health:
    return Health(seq=3, source="Yeti", source_ok=source_ok, lost_ms=1500.0, lag_ms=0.0, **changes, **AT)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path) as broker:
        yield broker


@pytest.fixture
def home(broker: Mosquitto) -> Iterator[HomeAssistant]:
    with HomeAssistant(broker.port) as home:
        yield home


Open = Callable[..., MqttSink]


@pytest.fixture
def opened() -> Iterator[Open]:
    sinks: list[MqttSink] = []

    def open_sink(port: int, **options: Any) -> MqttSink:
        at = options.pop("broker", None) or MqttBroker(host="127.0.0.1", port=port)
        topics = options.pop("topics", TOPICS)
        pause = options.pop("pause", lambda _: None)
        sinks.append(MqttSink(at, topics, "1.2.3", pause, every_s=FOREVER_S, longest_wait_s=1, **options))
        return sinks[-1]

    yield open_sink
    for sink in sinks:
        sink.close()


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


class TestHomeAssistant:
    def test_it_discovers_a_device_with_its_entities(
        self, broker: Mosquitto, home: HomeAssistant, opened: Open
    ) -> None:
        opened(broker.port).emit(HELLO)
        home.wait_for(lambda it: it.availability == ["online"])
        config = home.config
        assert config["dev"] == {
            "identifiers": ["emostream_desk"],
            "name": "emostream desk",
            "manufacturer": "emostream",
            "model": "whisper (staged)",
            "sw_version": "1.2.3",
        }
        assert config["o"]["name"] == "emostream"
        assert {name: entity["p"] for name, entity in config["cmps"].items()} == {
            "emotion": "sensor",
            "confidence": "sensor",
            "speech": "binary_sensor",
            "level": "sensor",
            "utterance": "event",
            "reading": "binary_sensor",
            "lost": "sensor",
            "paused": "switch",
        }
        identities = {entity["unique_id"] for entity in config["cmps"].values()}
        assert len(identities) == len(config["cmps"])
        assert config["cmps"]["emotion"]["default_entity_id"] == "sensor.emostream_desk_emotion"
        assert not any("object_id" in entity for entity in config["cmps"].values()), "gone with 2026.4"
        assert config["cmps"]["emotion"]["options"] == ["angry", "sad", "unsure", "silent"]

    def test_it_sees_what_is_read(self, broker: Mosquitto, home: HomeAssistant, opened: Open) -> None:
        sink = opened(broker.port)
        for event in (HELLO, health(), estimate()):
            sink.emit(event)
        home.wait_for(lambda it: it.states.get("emotion") == "sad" and len(it.states) == 7)
        assert home.states == {
            "emotion": "sad",
            "confidence": "75.0",
            "speech": "ON",
            "level": "-30.0",
            "reading": "ON",
            "lost": "1.5",
            "paused": "OFF",
        }
        assert home.attributes == {"emotion": P}
        sink.emit(estimate(None))
        home.wait_for(lambda it: it.states["emotion"] == "unsure")
        sink.emit(estimate(None, speech=False))
        home.wait_for(lambda it: (it.states["emotion"], it.states["speech"]) == ("silent", "OFF"))
        sink.emit(estimate())
        home.wait_for(lambda it: it.states["emotion"] == "sad")
        sink.emit(health(source_ok=False))
        home.wait_for(lambda it: it.states["reading"] == "OFF" and it.states["level"] == "None")
        assert home.states["emotion"] == "silent", "the last mood must not stay while nothing is read"

    def test_of_a_replay_it_sees_labels_but_no_microphone(
        self, broker: Mosquitto, home: HomeAssistant, opened: Open
    ) -> None:
        sink = opened(broker.port)
        for event in (msgspec.structs.replace(HELLO, recorded="2026-01-02T03:04:05Z"), health(), estimate()):
            sink.emit(event)
        home.wait_for(lambda it: it.states.get("emotion") == "sad" and len(it.states) == 7)
        assert home.states["reading"] == "OFF"

    def test_each_utterance_is_an_event(self, broker: Mosquitto, home: HomeAssistant, opened: Open) -> None:
        sink = opened(broker.port)
        sink.emit(HELLO)
        home.wait_for(lambda it: it.availability)
        until(lambda: sink.is_settled)
        for seq, label in ((5, "sad"), (6, None)):
            sink.emit(utterance(seq, label))
        home.wait_for(lambda it: len(it.events) == 2)
        first, second = home.events
        assert (first["event_type"], second["event_type"]) == ("sad", "unsure")
        assert first["id"] != second["id"]
        assert {name: first[name] for name in ("source", "confidence", "pitch_hz", "p", "ts")} == {
            "source": "Yeti",
            "confidence": 0.75,
            "pitch_hz": 200.0,
            "p": P,
            "ts": "2026-11-28T06:42:12.000Z",
        }
        assert TOPICS.utterance not in home.retained

    def test_its_switch_pauses(self, broker: Mosquitto, home: HomeAssistant, opened: Open) -> None:
        wishes: list[bool] = []
        sink = opened(broker.port, pause=wishes.append)
        sink.emit(HELLO)
        sink.emit(health())
        home.wait_for(lambda it: it.states.get("paused") == "OFF")
        home.switch("paused", "ON")
        until(lambda: wishes == [True])
        sink.emit(health(paused_by=("person",)))
        home.wait_for(lambda it: it.states["paused"] == "ON" and it.states["reading"] == "OFF")
        home.switch("paused", "nonsense")
        home.switch("paused", "OFF")
        until(lambda: wishes == [True, False])

    def test_what_it_has_forgotten_is_published_again_when_it_starts(
        self, broker: Mosquitto, home: HomeAssistant, opened: Open
    ) -> None:
        sink = opened(broker.port)
        sink.emit(HELLO)
        sink.emit(estimate())
        home.wait_for(lambda it: it.states.get("emotion") == "sad")
        until(lambda: sink.is_settled)
        home.states.clear()
        home.start()
        home.wait_for(lambda it: len(it.configs) == 2 and it.states.get("emotion") == "sad")
        assert home.configs[0] == home.configs[1]

    def test_an_orderly_end_says_offline_and_leaves_the_device(
        self, broker: Mosquitto, home: HomeAssistant, opened: Open
    ) -> None:
        sink = opened(broker.port)
        sink.emit(HELLO)
        home.wait_for(lambda it: it.availability == ["online"])
        sink.close()
        sink.close()
        home.wait_for(lambda it: it.availability == ["online", "offline"])
        assert len(home.configs) == 1
        assert sink.dropped_events == 0

    def test_without_discovery_there_are_the_topics_alone(
        self, broker: Mosquitto, home: HomeAssistant, opened: Open
    ) -> None:
        sink = opened(broker.port, topics=MqttTopics("desk", "voices", ""))
        sink.emit(HELLO)
        until(lambda: sink.is_settled)
        assert home.configs == []


class TestBrokerInTrouble:
    def test_one_that_comes_and_goes_gets_each_utterance_once_in_order(
        self, tmp_path: Path, opened: Open, caplog: pytest.LogCaptureFixture
    ) -> None:
        broker = Mosquitto(tmp_path, remembers=True)
        with broker, HomeAssistant(broker.port) as home:
            sink = opened(broker.port)
            sink.emit(HELLO)
            home.wait_for(lambda it: it.availability)
            until(lambda: sink.is_settled)
            for number in range(2):
                broker.end(signal.SIGTERM)
                until(lambda number=number: len(messages(caplog)) > number)
                for seq in range(100):
                    sink.emit(utterance(seq))
                broker.start()
                until(lambda: sink.is_settled)
            home.wait_for(lambda it: it.events and it.events[-1]["id"].endswith("-200"))
            told = messages(caplog)
        # The broker itself may give its client again what that had not confirmed: it has the same id.
        numbers = list(dict.fromkeys(int(event["id"].rpartition("-")[2]) for event in home.events))
        assert numbers == list(range(1, 201))
        assert sink.dropped_events == 0
        assert told == [f"MQTT mqtt://127.0.0.1:{broker.port} is away (the connection broke): it is tried again"] * 2

    def test_one_that_forgot_everything_is_told_everything_again(
        self, broker: Mosquitto, home: HomeAssistant, opened: Open, caplog: pytest.LogCaptureFixture
    ) -> None:
        sink = opened(broker.port)
        for event in (HELLO, estimate()):
            sink.emit(event)
        home.wait_for(lambda it: it.states.get("emotion") == "sad")
        broker.end()
        until(lambda: bool(messages(caplog)))
        sink.emit(estimate("angry"))
        home.states.clear()
        broker.start()
        home.wait_for(lambda it: it.states.get("emotion") == "angry" and len(it.configs) >= 2)
        until(lambda: sink.is_settled)

    def test_one_that_is_not_there_yet_is_waited_for(
        self, tmp_path: Path, opened: Open, caplog: pytest.LogCaptureFixture
    ) -> None:
        broker = Mosquitto(tmp_path)
        sink = opened(broker.port)
        for event in (HELLO, utterance(1)):
            sink.emit(event)
        until(lambda: bool(messages(caplog)))
        with broker:
            until(lambda: sink.is_settled)
        assert sink.dropped_events == 0
        assert messages(caplog)[0] == (
            f"MQTT mqtt://127.0.0.1:{broker.port} is away (Connection refused): it is tried again"
        )

    def test_one_that_hangs_delays_nobody_and_gets_the_latest_state_afterwards(
        self, broker: Mosquitto, home: HomeAssistant, opened: Open
    ) -> None:
        sink = opened(broker.port)
        sink.emit(HELLO)
        until(lambda: sink.is_settled)
        home.wait_for(lambda it: it.states.get("emotion") == "silent")
        broker.hang()
        big = {f"label {number}": 0.0 for number in range(2_000)}  # so that the socket's buffers fill
        for number in range(500):
            label = "sad" if number % 2 else "angry"
            sink.emit(
                Estimate(seq=1, p=big, label=label, confidence=0.5, agreement=1.0, speech=True, level_dbfs=-1.0, **AT)
            )
        assert not sink.is_settled
        sink.emit(estimate("angry", level_dbfs=-42.0))
        sink.emit(estimate("sad", level_dbfs=-43.0))
        broker.go_on()
        until(lambda: sink.is_settled)
        home.wait_for(lambda it: it.states["level"] == "-43.0")

    def test_what_waits_is_bounded_and_the_rest_is_refused(self, tmp_path: Path) -> None:
        at = MqttBroker(host="127.0.0.1", port=Mosquitto(tmp_path).port)
        link = MqttLink(at, Will("a", "b"), {}, client_name="test", capacity=10)
        assert [link.send("a", str(number)) for number in range(12)] == [True] * 10 + [False] * 2
        assert link.close() == 10
        assert link.close() == 0

    def test_what_was_not_delivered_at_the_end_is_counted(
        self, tmp_path: Path, opened: Open, caplog: pytest.LogCaptureFixture
    ) -> None:
        sink = opened(Mosquitto(tmp_path).port)
        for event in (HELLO, utterance(1), utterance(2)):
            sink.emit(event)
        sink.close()
        assert sink.dropped_events == 2
        assert messages(caplog)[-1].endswith("did not confirm the last 2 utterances before the end")


class TestAccess:
    def test_a_user_with_a_password_over_tls(self, tmp_path: Path, opened: Open) -> None:
        certificate = make_certificate(tmp_path)
        with Mosquitto(tmp_path, {"ada": "sesame"}, certificate) as broker:
            at = MqttBroker(
                host="localhost",
                port=broker.port,
                tls=True,
                authority=certificate.certificate,
                user="ada",
                password="sesame",
            )
            sink = opened(broker.port, broker=at)
            sink.emit(HELLO)
            until(lambda: sink.is_settled)
            sink.close()
        assert "sesame" not in repr(at)

    # The library leaves a socket whose certificate it does not trust to the garbage collector, which warns.
    @pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
    @pytest.mark.parametrize(
        ("password", "reason"), [("wrong", "it refuses: Not authorized"), ("sesame", "certificate verify failed")]
    )
    def test_one_that_is_not_let_in_says_why_once(
        self, tmp_path: Path, opened: Open, caplog: pytest.LogCaptureFixture, password: str, reason: str
    ) -> None:
        certificate = make_certificate(tmp_path)
        with Mosquitto(tmp_path, {"ada": "sesame"}, certificate) as broker:
            at = MqttBroker(
                host="localhost",
                port=broker.port,
                tls=True,
                authority=certificate.certificate if password == "wrong" else None,
                user="ada",
                password=password,
            )
            sink = opened(broker.port, broker=at)
            sink.emit(HELLO)
            until(lambda: bool(messages(caplog)))
            sink.close()
            # Within an attempt to connect its thread is left behind, and so may be the next one's socket.
            until(lambda: not any(thread.name.startswith("paho") for thread in threading.enumerate()))
            gc.collect()
        (line,) = messages(caplog)
        assert reason in line
        assert password not in caplog.text
