"""The vocabulary: what is written can be read, and nothing else is."""

import json
import os

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emostream.events import (
    PROTOCOL_VERSION,
    AnyEvent,
    Error,
    Estimate,
    Event,
    Gap,
    Health,
    Hello,
    ModelBrief,
    Summary,
    Utterance,
    UtteranceStart,
    VoiceMeasures,
    decode,
    encode,
)

TYPES: dict[str, type[Event]] = {
    "hello": Hello,
    "estimate": Estimate,
    "utterance_start": UtteranceStart,
    "utterance": Utterance,
    "gap": Gap,
    "health": Health,
    "error": Error,
    "summary": Summary,
}

finite = st.floats(allow_nan=False, allow_infinity=False)
text = st.text(st.characters(exclude_categories=["Cs"]))
whole = st.integers(-(2**53), 2**53)
common = {"seq": whole, "stream": text, "t_start_ms": whole, "t_end_ms": whole, "ts": st.none() | text}
probabilities = st.dictionaries(text, finite, max_size=6)
briefs = st.builds(ModelBrief, name=text, variant=text, version=text, licence=text)
voices = st.builds(
    VoiceMeasures,
    pitch_hz=finite,
    pitch_range_semitones=finite,
    loudness_dbfs=finite,
    syllables_per_s=finite,
    arousal=st.none() | finite,
)
events = st.one_of(
    st.builds(
        Hello,
        **common,
        labels=st.lists(text).map(tuple),
        window_ms=whole,
        step_ms=whole,
        models=st.lists(briefs, max_size=3).map(tuple),
        source=text,
    ),
    st.builds(
        Estimate,
        **common,
        p=probabilities,
        label=st.none() | text,
        confidence=finite,
        agreement=finite,
        speech=st.booleans(),
        level_dbfs=finite,
        latency_ms=st.none() | finite,
    ),
    st.builds(
        Utterance, **common, p=probabilities, label=st.none() | text, confidence=finite, voice=st.none() | voices
    ),
    st.builds(Gap, **common, lost_ms=finite),
    st.builds(
        Health,
        **common,
        source=text,
        source_ok=st.booleans(),
        lost_ms=finite,
        lag_ms=finite,
        clients=whole,
        dropped_events=whole,
    ),
    st.builds(Error, **common, code=text, message=text),
    st.builds(
        Summary,
        **common,
        source=text,
        p=probabilities,
        label=st.none() | text,
        confidence=finite,
        seconds=finite,
        speech_seconds=finite,
        share=probabilities,
    ),
)

LABEL = {"p": {}, "confidence": 0.0}
SMALLEST: dict[str, dict[str, object]] = {
    "hello": {"labels": (), "window_ms": 1, "step_ms": 1, "models": (), "source": ""},
    "estimate": {**LABEL, "agreement": 0.0, "speech": False, "level_dbfs": 0.0},
    "utterance_start": {},
    "utterance": LABEL,
    "gap": {"lost_ms": 0.0},
    "health": {"source": "", "source_ok": True, "lost_ms": 0.0, "lag_ms": 0.0},
    "error": {"code": "", "message": ""},
    "summary": {**LABEL, "source": "", "seconds": 0.0, "speech_seconds": 0.0, "share": {}},
}
STAMP = {"seq": 0, "stream": "a", "t_start_ms": 0, "t_end_ms": 0}
GAP = {"type": "gap", "v": 1, **STAMP, "lost_ms": 2.5}


@given(event=events)
@settings(max_examples=200)
def test_what_is_written_is_read_back_the_same(event: AnyEvent) -> None:
    line = encode(event)
    assert b"\n" not in line
    assert decode(line) == event
    assert decode(line.decode()) == event


def test_these_are_all_types() -> None:
    of_streams = {kind for kind in Event.__subclasses__() if kind.__module__ == Event.__module__}
    assert set(TYPES.values()) == of_streams == set(AnyEvent.__args__)
    assert set(SMALLEST) == set(TYPES)


@pytest.mark.parametrize("name", TYPES)
def test_every_event_says_its_version_type_number_stream_and_span(name: str) -> None:
    written = json.loads(encode(TYPES[name](**STAMP, **SMALLEST[name])))
    assert written["v"] == PROTOCOL_VERSION == 1
    assert written["type"] == name
    assert written.items() >= STAMP.items()


@pytest.mark.parametrize("name", ["estimate", "utterance", "summary"])
def test_an_abstention_is_written_as_null(name: str) -> None:
    written = json.loads(encode(TYPES[name](**STAMP, **SMALLEST[name])))
    assert written["label"] is None
    assert written["p"] == {}


def test_what_only_live_events_have_is_left_out_elsewhere() -> None:
    written = json.loads(encode(Estimate(**STAMP, **SMALLEST["estimate"])))
    assert "ts" not in written
    assert "latency_ms" not in written


def test_counts_of_nothing_are_written() -> None:
    written = json.loads(encode(Health(**STAMP, **SMALLEST["health"])))
    assert (written["clients"], written["dropped_events"]) == (0, 0)


def test_a_newer_sender_may_add_fields() -> None:
    assert decode(json.dumps({**GAP, "colour": {"of": ["the", "gap"]}})) == decode(json.dumps(GAP))


@pytest.mark.parametrize(
    "change",
    [
        {"type": "laughter"},
        {"type": 7},
        {"type": None},
        {"seq": "1"},
        {"seq": 1.5},
        {"seq": None},
        {"seq": True},
        {"lost_ms": "2"},
        {"lost_ms": None},
        {"stream": 3},
        {"t_end_ms": [0]},
        {"v": "1"},
        {"ts": 12},
    ],
    ids=str,
)
def test_a_wrong_value_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        decode(json.dumps({**GAP, **change}))


@pytest.mark.parametrize("name", ["type", "seq", "stream", "t_start_ms", "t_end_ms", "lost_ms"])
def test_a_missing_value_is_refused(name: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=name):
        decode(json.dumps({key: value for key, value in GAP.items() if key != name}))


HOSTILE = [
    b"",
    b" ",
    b"\x00",
    b"\xff\xfe",
    b"null",
    b"[]",
    b'"gap"',
    b"{",
    b"{}{}",
    b"[" * 100_000,
    b'{"type":"gap","x":' + b"[" * 100_000,
    b'{"type":"gap","x":' + b'{"x":' * 100_000,
    b'{"type":"gap","stream":"\xff"}',
    b'{"\xff":1}',
    b'{"type":"gap","lost_ms":1e999}',
    b'{"type":"gap","lost_ms":NaN}',
    b'{"type":"gap","seq":1' + b"0" * 5_000 + b"}",
    '{"type":"gap","stream":"\ud800"}',
    "\ud800",
]


@pytest.mark.parametrize("line", HOSTILE, ids=lambda line: repr(line)[:40])
def test_hostile_input_is_refused_with_msgspecs_errors_alone(line: bytes | str) -> None:
    with pytest.raises(msgspec.DecodeError) as caught:
        decode(line)
    assert "\n" not in str(caught.value)


@given(line=st.binary() | st.text() | st.recursive(st.none() | st.text(), st.lists).map(json.dumps))
def test_random_input_is_refused_with_msgspecs_errors_alone(line: bytes | str) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(line)


@given(event=events, data=st.data())
def test_a_line_cut_off_anywhere_is_refused(event: AnyEvent, data: st.DataObject) -> None:
    line = encode(event)
    with pytest.raises(msgspec.DecodeError):
        decode(line[: data.draw(st.integers(0, len(line) - 1))])


def test_events_are_frozen() -> None:
    with pytest.raises(AttributeError):
        decode(json.dumps(GAP)).seq = 2  # type: ignore[misc]


def test_a_name_of_any_bytes_is_exact_in_json() -> None:
    name = os.fsdecode(b"caf\xe9\xff/\x1b[31m\n.wav")
    hello = Hello(
        seq=0, stream=name, t_start_ms=0, t_end_ms=0, labels=(), window_ms=1, step_ms=1, models=(), source=name
    )
    line = encode(hello)
    assert b"\n" not in line
    fields = json.loads(line)
    assert os.fsencode(fields["stream"]) == b"caf\xe9\xff/\x1b[31m\n.wav"
    plain = msgspec.structs.replace(hello, stream="s", source="s")
    assert {**fields, "stream": "s", "source": "s"} == json.loads(encode(plain))
