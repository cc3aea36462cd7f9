"""Audio in, over real sockets: a client's labels are those of ``emostream file``, whatever other clients send."""

import json
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.sync.client import ClientConnection

from emostream import assets
from emostream.audio import AudioBlock, Samples
from emostream.events import Error, Estimate, Event, Gap, Health, Hello, Summary, Utterance, UtteranceStart
from emostream.inference.batching import run_alone
from emostream.inference.model import EmotionModel
from emostream.inference.profile import ModelMean, SpeakerProfile, profile_with_moods
from emostream.inference.vad import VoiceActivityModel
from emostream.protocol import Flush, Mood, Profile, ServerEvent, Start, Stop
from emostream.server.client_audio import ClientAudio
from emostream.server.close_codes import RefusedError
from emostream.server.config import Limits
from emostream.server.server import Server
from tests.support.serving import client, raw_client, receive, receive_until, serve, until
from tests.support.streams import HZ, Parts, assert_same, of_type
from tests.support.tiny_models import LABELS, tiny_card

START = {"type": "start", "rate": HZ, "format": "f32le"}
SECONDS = 6


@pytest.fixture
def server(parts: Parts) -> Iterator[Server]:
    started = serve(parts)
    yield started
    started.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("emostream-")]


def answer_to(server: Server, audio: bytes, frame_bytes: int = 6400, **start: object) -> list[ServerEvent]:
    """All events that the server sends for some audio."""
    with client(server) as connection:
        connection.send(json.dumps({**START, **start}))
        for at in range(0, len(audio), frame_bytes):
            connection.send(audio[at : at + frame_bytes])
        connection.send('{"type":"stop"}')
        return receive_until(connection, Summary)


def predictions(events: list[ServerEvent] | list[Event]) -> list[Event]:
    kept = [event for event in events if isinstance(event, Estimate | UtteranceStart | Utterance)]
    return [msgspec.structs.replace(event, seq=0) for event in kept]


@pytest.mark.parametrize("frame_bytes", [28, 997, 64_000])
def test_labels_are_those_of_a_stream_alone_and_none_is_missing(
    server: Server, parts: Parts, recording: Samples, frame_bytes: int
) -> None:
    audio = recording[: SECONDS * HZ]
    events = answer_to(server, audio.tobytes(), frame_bytes)
    assert isinstance(events[0], Hello)
    assert [event.seq for event in events] == list(range(len(events)))
    assert_same(predictions(events), predictions(parts.whole(audio)))


@pytest.mark.parametrize("encoding", ["s16le", "f32le"])
@given(sizes=st.lists(st.integers(20, 60_000), min_size=1, max_size=6))
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_split_into_frames_gives_the_same_labels(
    server: Server, recording: Samples, encoding: str, sizes: list[int]
) -> None:
    samples = recording[: 3 * HZ]
    audio = (samples * 32_767).astype("<i2").tobytes() if encoding == "s16le" else samples.tobytes()
    frames: list[bytes] = []
    while audio:
        size = sizes[len(frames) % len(sizes)]
        frames.append(audio[:size])
        audio = audio[size:]
    with client(server) as connection:
        connection.send(json.dumps({**START, "format": encoding}))
        for frame in frames:
            connection.send(frame)
        connection.send('{"type":"stop"}')
        split = receive_until(connection, Summary)
    whole = answer_to(server, b"".join(frames), 64_000, format=encoding)
    assert_same(predictions(split), predictions(whole))


def test_many_at_once_get_what_each_would_get_alone(server: Server, parts: Parts, recording: Samples) -> None:
    pieces = [recording[at * HZ : (at + SECONDS) * HZ] for at in (0, 3, 7, 12)]
    received: list[list[ServerEvent]] = [[] for _ in pieces]

    def send(index: int) -> None:
        received[index] = answer_to(server, pieces[index].tobytes(), 3000 + 700 * index)

    threads = [threading.Thread(target=send, args=(index,)) for index in range(len(pieces))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for piece, events in zip(pieces, received, strict=True):
        assert_same(predictions(events), predictions(parts.whole(piece)))
    until(lambda: server.streams == 0)


def test_utterances_alone_have_no_hole(server: Server, recording: Samples) -> None:
    events = answer_to(server, recording[: SECONDS * HZ].tobytes(), labels="utterances")
    assert not of_type(events, Estimate)
    assert [event.seq for event in events] == list(range(len(events)))
    ends = [type(event) for event in events if isinstance(event, UtteranceStart | Utterance)]
    assert ends[:2] == [UtteranceStart, Utterance]


def test_s16le_at_another_rate_odd_frames_gaps_and_half_samples(server: Server, recording: Samples) -> None:
    audio = np.repeat(recording[: 2 * HZ], 3)
    with client(server) as connection:
        connection.send(json.dumps({"type": "start", "rate": 48_000, "format": "s16le"}))
        data = (audio * 32767).astype("<i2").tobytes()
        for at in range(0, len(data), 9_001):
            connection.send(data[at : at + 9_001])
        connection.send('{"type":"lost","samples":4800}')
        connection.send(b"\x01")
        connection.send('{"type":"flush"}')
        events = receive_until(connection, Summary)
        assert [event.lost_ms for event in of_type(events, Gap)] == [100]
        assert [event.code for event in of_type(events, Error)] == ["half_sample"]
        assert events[-1].t_end_ms == 2100
        assert of_type(events, Error)[0].t_end_ms == 2100, "it stands where the audio ended, not where it was read to"
        connection.send('{"type":"reset"}')
        assert receive_until(connection, Hello)[-1].seq == 0


def test_a_client_enrols_and_gives_its_profile_back(
    summarised_paths: list[Path], vad_model: VoiceActivityModel, recording: Samples
) -> None:
    parts = Parts([EmotionModel.load(path) for path in summarised_paths], vad_model)
    server = serve(parts)
    audio = recording[: SECONDS * HZ].tobytes()
    try:
        with client(server) as connection:
            connection.send(json.dumps(START))
            connection.send('{"type":"profile","name":"Ada"}')
            assert receive_until(connection, Error)[-1].code == "no_profile"
            for at in range(0, len(audio), 64_000):
                connection.send(audio[at : at + 64_000])
            connection.send('{"type":"profile","name":"Ada"}')
            profile = receive_until(connection, Profile)[-1].profile
        assert profile.seconds > 2
        given = msgspec.to_builtins(profile)
        assert answer_to(server, audio[:6400], profile=given)[0].speaker == "Ada"
        another = json.loads(json.dumps(given))
        another["models"][0]["model"]["split_hash"] = "another"
        for refused in (another, {**given, "schema": 2}, {**given, "seconds": "many"}):
            with client(server) as connection:
                connection.send(json.dumps({**START, "profile": refused}))
                assert receive(connection).code == "profile_refused"
                with pytest.raises(ConnectionClosed) as closed:
                    receive(connection)
                assert closed.value.rcvd.code == 1008
    finally:
        server.close()


@pytest.fixture
def mood_server(mood_paths: list[Path], vad_model: VoiceActivityModel) -> Iterator[Server]:
    started = serve(Parts([EmotionModel.load(path) for path in mood_paths], vad_model))
    yield started
    started.close()


def test_a_client_enrols_by_moods_as_from_recordings_of_them(
    mood_server: Server, mood_paths: list[Path], vad_model: VoiceActivityModel, recording: Samples
) -> None:
    spoken = {"neutral": recording[: 6 * HZ], "sad": recording[8 * HZ : 13 * HZ]}
    answers = []
    with client(mood_server) as connection:
        connection.send(json.dumps(START))
        assert receive(connection).moods == LABELS
        for mood, audio in spoken.items():
            connection.send(json.dumps({"type": "mood", "mood": mood}))
            answers.append(receive_until(connection, Mood)[-1])
            for at in range(0, len(audio), 2_000):
                connection.send(audio[at : at + 2_000].tobytes())
        connection.send('{"type":"mood","mood":null}')
        events = receive_until(connection, Mood)
        connection.send('{"type":"profile","name":"Ada"}')
        profile = receive_until(connection, Profile)[-1].profile
    assert [(answer.mood, set(answer.seconds)) for answer in (*answers, events[-1])] == [
        ("neutral", set()),
        ("sad", {"neutral"}),
        (None, {"neutral", "sad"}),
    ]
    expected = {}
    for mood, audio in spoken.items():
        stream = Parts([EmotionModel.load(path) for path in mood_paths], vad_model).stream()
        stream.push(AudioBlock(audio, HZ, 0))
        stream.flush()
        expected[mood] = stream.profile("Ada")
    assert profile.seconds_of_moods() == {mood: each.seconds for mood, each in expected.items()}
    for entry, other in zip(profile.models, profile_with_moods(expected).models, strict=True):
        for mine, theirs in zip(entry.moods, other.moods, strict=True):
            assert mine.mean == pytest.approx(theirs.mean, abs=1e-3)
    given = msgspec.to_builtins(profile)
    assert answer_to(mood_server, spoken["sad"].tobytes()[:6400], profile=given)[0].speaker == "Ada"


def test_what_is_no_mood_leaves_the_stream_as_it_is(mood_server: Server, recording: Samples) -> None:
    audio = recording[: SECONDS * HZ].tobytes()
    with client(mood_server) as connection:
        connection.send(json.dumps(START))
        connection.send('{"type":"mood","mood":"bored"}')
        error = receive_until(connection, Error)[-1]
        assert (error.code, "expected one of angry, happy, neutral, sad" in error.message) == ("no_mood", True)
        for at in range(0, len(audio), 64_000):
            connection.send(audio[at : at + 64_000])
        connection.send('{"type":"stop"}')
        events = receive_until(connection, Summary)
    assert_same(predictions(events), predictions(answer_to(mood_server, audio)))


def test_models_that_know_no_speaker_know_no_moods(server: Server) -> None:
    with client(server) as connection:
        connection.send(json.dumps(START))
        assert receive(connection).moods == ()
        connection.send('{"type":"mood","mood":"sad"}')
        assert receive_until(connection, Error)[-1].code == "no_profile"


def test_a_reset_forgets_the_moods(mood_server: Server, recording: Samples) -> None:
    with client(mood_server) as connection:
        connection.send(json.dumps(START))
        connection.send('{"type":"mood","mood":"sad"}')
        connection.send(recording[: 2 * HZ].tobytes()[: 120 * 1024])
        connection.send('{"type":"reset"}')
        connection.send('{"type":"mood","mood":null}')
        assert receive_until(connection, Mood)[-1].seconds == {}


def test_a_profile_of_all_moods_fits_into_a_start() -> None:
    rng = np.random.default_rng(0)
    sizes = [len(model.card.neutral_summary) for model in assets.load_models()]
    identity = tiny_card(name="n" * 20, variant="v" * 20, split_hash="h" * 16).identity()

    def one() -> SpeakerProfile:
        entries = [ModelMean(model=identity, mean=tuple(rng.normal(0, 1, size).tolist())) for size in [*sizes, 1_000]]
        return SpeakerProfile(name="Ada", seconds=3.0, models=tuple(entries))

    profile = profile_with_moods({label: one() for label in LABELS})
    start = Start(rate=192_000, format="f32le", profile=profile, publish="p" * 40, source="s" * 80)
    assert len(msgspec.json.encode(start)) < Limits().message_bytes, "with a third network beside those that ship"


def test_a_published_stream_is_followed_and_its_end_is_told(server: Server, recording: Samples) -> None:
    with client(server, "/ws?stream=desk") as follower:
        with client(server) as speaker:
            speaker.send(json.dumps({**START, "publish": "desk"}))
            until(lambda: server.streams == 1)
            speaker.send(recording[: 1 * HZ].tobytes())
            speaker.send('{"type":"flush"}')
            own = receive_until(speaker, Summary)
            followed = receive_until(follower, Summary)
            assert all(later.seq == earlier.seq + 1 + later.dropped for earlier, later in pairwise(followed))
            assert followed[-1] == own[-1]
            with client(server) as other:
                other.send(json.dumps({**START, "publish": "desk"}))
                assert receive(other).code == "name_taken"
        assert receive_until(follower, Error)[-1].code == "stream_ended"


def test_when_a_stop_is_answered_followers_know_the_name_is_free_and_nothing_old_is_shown(
    parts: Parts, recording: Samples
) -> None:
    server = serve(parts, Limits(streams=1))
    try:
        with client(server, "/ws?stream=desk") as follower, client(server) as speaker:
            for _ in range(3):
                speaker.send(json.dumps({**START, "publish": "desk"}))
                speaker.send(recording[:HZ].tobytes())
                speaker.send('{"type":"stop"}')
                receive_until(speaker, Summary)
                followed = receive_until(follower, Error)
                assert isinstance(followed[-2], Summary)
                assert (followed[-1].code, followed[-1].seq) == ("stream_ended", followed[-2].seq)
            with client(server, "/ws?stream=desk") as late, client(server) as other:
                other.send(json.dumps({**START, "publish": "desk"}))
                assert isinstance(receive(other), Hello), "the name and the place are free"
                assert isinstance(receive(late), Hello), "nothing of the stream before comes first"
    finally:
        server.close()


def test_health_of_a_clients_stream_has_the_servers_clients(server: Server, recording: Samples) -> None:
    with client(server), client(server) as speaker:
        until(lambda: server.clients == 2)
        speaker.send(json.dumps(START))
        speaker.send(recording[:HZ].tobytes())
        assert receive_until(speaker, Health)[-1].clients == 2


def test_who_joins_after_a_flush_gets_no_estimate_of_before(server: Server, recording: Samples) -> None:
    with client(server) as speaker:
        speaker.send(json.dumps({**START, "publish": "desk"}))
        speaker.send(recording[:HZ].tobytes())
        speaker.send('{"type":"flush"}')
        receive_until(speaker, Summary)
        with client(server, "/ws?stream=desk") as late:
            hello = receive(late)
            assert isinstance(hello, Hello)
            speaker.send(recording[HZ : 2 * HZ].tobytes())
            first = receive_until(late, Estimate)[-1]
            assert first.seq > hello.seq


def test_half_a_sample_stands_behind_the_audio_before_it_and_takes_no_number(parts: Parts, recording: Samples) -> None:
    audio = ClientAudio(Start(rate=HZ, format="s16le"), parts.stream(), 0.0)
    audio.put_audio((recording[: 2 * HZ] * 32767).astype("<i2").tobytes() + b"\1", 0.0)
    audio.put_control(Flush(), 0.0)
    events = audio.hello()
    while (item := audio.take()) is not None:
        events += run_alone(audio.requests(item, 0.0), parts.models)
    at = next(index for index, event in enumerate(events) if isinstance(event, Error))
    assert events[at].t_end_ms == 2000
    assert events[at].seq == events[at - 1].seq
    assert [event.seq for event in events if not isinstance(event, Error)] == list(range(len(events) - 1))


def test_channels_are_mixed_and_give_what_mono_gives(parts: Parts, recording: Samples) -> None:
    speech = (recording[: 3 * HZ] * 32767).astype("<i2")
    events = []
    for start, samples in (
        (Start(rate=HZ, format="s16le"), speech),
        (Start(rate=HZ, format="s16le", channels=2), np.repeat(speech, 2)),
    ):
        audio = ClientAudio(start, parts.stream(), 0.0)
        audio.put_audio(samples.tobytes()[:1001], 0.0)
        audio.put_audio(samples.tobytes()[1001:], 0.0)
        audio.put_control(Stop(), 0.0)
        found = audio.hello()
        while (item := audio.take()) is not None:
            found += run_alone(audio.requests(item, 0.0), parts.models)
        events.append([msgspec.structs.replace(event, ts=None) for event in found])
    assert events[0] == events[1]
    assert any(isinstance(event, Estimate) for event in events[0])


@pytest.mark.parametrize("rate", [8_000, HZ, 44_100, 48_000])
def test_at_any_rate_a_step_is_taken_as_soon_as_its_audio_is_there(parts: Parts, rate: int) -> None:
    audio = ClientAudio(Start(rate=rate, format="s16le"), parts.stream(rate), 0.0)
    estimates = 0
    for _ in range(5):
        assert not audio.is_due
        audio.put_audio(bytes(2 * (rate // 4)), 0.0)
        assert audio.is_due
        item = audio.take()
        assert item is not None
        estimates += len(of_type(run_alone(audio.requests(item, 0.0), parts.models), Estimate))
    assert estimates == 4, "at .5, .75, 1 and 1.25 s"


def put_all(audio: ClientAudio, *parts: bytes) -> None:
    for part in parts:
        audio.put_audio(part, 0.0)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (np.float32([0.5, 20_000]).tobytes(), "up to 20000: expected .* divide int16 by 32768"),
        (b"RIFF\0\0\0\0WAVEfmt ", "a file \\(WAV\\): expected raw PCM"),
        (b"\x1aE\xdf\xa3" + bytes(60), "a file \\(WebM or Matroska\\)"),
        (b"OggS" + bytes(60), "a file \\(Ogg\\)"),
    ],
    ids=["integers", "WAV", "WebM", "Ogg"],
)
@pytest.mark.parametrize("cut", [2, 7, 16])
def test_bytes_that_are_no_raw_pcm_are_refused_as_what_they_are(data: bytes, says: str, cut: int, parts: Parts) -> None:
    audio = ClientAudio(Start(rate=HZ, format="f32le"), parts.stream(), 0.0)
    with pytest.raises(RefusedError, match=says) as refused:
        put_all(audio, data[:cut], data[cut:])
    assert refused.value.code == "bad_audio"


def test_a_stream_begins_only_after_the_summary_of_the_one_before(
    server: Server, recording: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish = ClientAudio.finish

    def slow_finish(audio: ClientAudio, events: list[Event], now_s: float) -> list[Event]:
        if audio.ended:
            time.sleep(0.5)  # the summary is made and not yet sent: now the next start must wait
        return finish(audio, events, now_s)

    monkeypatch.setattr(ClientAudio, "finish", slow_finish)
    with client(server) as connection:
        for _ in range(2):
            connection.send(json.dumps(START))
            connection.send(recording[:HZ].tobytes())
            connection.send('{"type":"stop"}')
        for _ in range(2):
            events = receive_until(connection, Summary)
            assert isinstance(events[0], Hello)
            assert [event.seq for event in events] == list(range(len(events)))


def test_files_at_once_in_small_frames_and_large_ones_all_get_their_summary(parts: Parts, recording: Samples) -> None:
    server = serve(parts, Limits(messages_per_s=1, burst_messages=4))
    audio = recording[: 10 * HZ]
    expected = predictions(parts.whole(audio))
    received: list[list[ServerEvent]] = []

    def send(frame_bytes: int) -> None:
        received.append(answer_to(server, audio.tobytes(), frame_bytes))

    threads = [threading.Thread(target=send, args=(size,)) for size in (28, 1280, 1280, 6400, 128_000, 128_000)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        server.close()
    assert len(received) == len(threads)
    for events in received:
        assert_same(predictions(events), expected)


def test_a_client_is_not_cut_while_the_server_does_not_read_its_answer_to_a_ping(
    parts: Parts, recording: Samples
) -> None:
    server = serve(parts, Limits(stall_s=1.0))
    audio = np.tile(recording, 8).tobytes()

    def send(connection: ClientConnection) -> None:
        for at in range(0, len(audio), 64_000):
            connection.send(audio[at : at + 64_000])
        connection.send('{"type":"stop"}')

    try:
        with client(server) as connection:
            connection.send(json.dumps(START))
            sender = threading.Thread(target=send, args=(connection,))
            sender.start()
            events = receive_until(connection, Summary)
            sender.join()
        assert [event.seq for event in events] == list(range(len(events)))
        assert server.clients_cut == 0
    finally:
        server.close()


def test_a_client_with_audio_that_answers_no_ping_is_cut_in_the_end(parts: Parts) -> None:
    server = serve(parts, Limits(stall_s=2.0, idle_s=2.0))
    try:
        with raw_client(server) as sock:
            start = json.dumps(START).encode()
            sock.sendall(Frame(Opcode.TEXT, start).serialize(mask=True))
            until(lambda: server.streams == 1)
            stop = Frame(Opcode.TEXT, b'{"type":"stop"}').serialize(mask=True)
            sock.sendall(stop)
            until(lambda: server.clients_cut == 1)
        until(lambda: server.clients == 0)
    finally:
        server.close()


def test_beyond_the_limit_a_stream_is_refused_and_a_place_that_is_left_is_free(parts: Parts) -> None:
    server = serve(parts, Limits(streams=1))
    try:
        with client(server) as one:
            one.send(json.dumps(START))
            receive_until(one, Hello)
            until(lambda: server.streams == 1)
            with client(server) as two:
                two.send(json.dumps(START))
                assert receive(two).code == "overloaded"
        until(lambda: server.streams == 0)
        with client(server) as three:
            three.send(json.dumps(START))
            receive_until(three, Hello)
    finally:
        server.close()


def test_nothing_said_for_too_long_ends_a_stream_and_nan_is_no_audio(parts: Parts) -> None:
    server = serve(parts, Limits(idle_s=0.3))
    try:
        with client(server) as idle:
            idle.send(json.dumps(START))
            assert receive_until(idle, Error)[-1].code == "idle"
        with client(server) as broken:
            broken.send(json.dumps(START))
            broken.send(np.full(100, np.nan, np.float32).tobytes())
            assert receive_until(broken, Error)[-1].code == "bad_audio"
        until(lambda: server.streams == 0)
    finally:
        server.close()
