"""Protocol 1: the schema is that of the types, and what is really said and sent is what the schema says."""

import json
import re
from pathlib import Path

import jsonschema
import msgspec
import pytest

from emostream.audio import Samples
from emostream.errors import ProfileError
from emostream.events import Summary, encode
from emostream.inference.profile import SpeakerProfile
from emostream.protocol import (
    AskProfile,
    Flush,
    Lost,
    Message,
    Reset,
    SetMood,
    Start,
    Stop,
    Subscribe,
    asyncapi_text,
    decode_message,
    schema_text,
)
from tests.support.serving import client, receive_until, serve
from tests.support.stream_events import estimate, gap, hello, utterance
from tests.support.streams import HZ, Parts

SCHEMA = Path(__file__).parents[2] / "docs" / "protocol.schema.json"
ASYNCAPI = SCHEMA.with_name("protocol.asyncapi.json")
PROFILE = SpeakerProfile(name="Ada", seconds=1.0, models=())


def valid(kind: str) -> jsonschema.Draft202012Validator:
    whole = json.loads(SCHEMA.read_text())
    return jsonschema.Draft202012Validator({"$ref": f"#/$defs/{kind}", "$defs": whole["$defs"]})


def test_the_schema_in_the_documents_is_that_of_the_types() -> None:
    assert SCHEMA.read_text() == schema_text(), "run python -m emostream.protocol docs/protocol.schema.json"
    assert ASYNCAPI.read_text() == asyncapi_text(), "run python -m emostream.protocol docs/protocol.schema.json"


def test_each_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    document = json.loads(ASYNCAPI.read_text())
    references = set(re.findall(r'"\$ref": "#/([^"]+)"', ASYNCAPI.read_text()))
    assert len(references) > 30
    for reference in references:
        found = document
        for part in reference.split("/"):
            found = found[part]
        assert found
    for operation, type_name in (("receive", "Start"), ("receive", "audio"), ("send", "Estimate")):
        assert {"$ref": f"#/channels/socket/messages/{type_name}"} in document["operations"][operation]["messages"]


@pytest.mark.parametrize("event", [hello(), estimate(1), utterance(2), gap(3)])
def test_events_fit_the_schema(event: msgspec.Struct) -> None:
    valid("Event").validate(json.loads(encode(event)))


@pytest.mark.parametrize(
    "message",
    [
        Start(rate=48_000, format="s16le", profile=PROFILE, publish="desk", labels="utterances"),
        Start(rate=8_000, format="f32le"),
        Subscribe(stream=None),
        Lost(samples=1),
        Flush(),
        Reset(),
        Stop(),
        SetMood(mood="sad"),
        SetMood(mood=None),
        AskProfile(name="Ada"),
    ],
)
def test_messages_fit_the_schema_and_are_understood(message: Message) -> None:
    text = msgspec.json.encode(message)
    valid("Message").validate(json.loads(text))
    assert decode_message(text) == message


@pytest.mark.parametrize(
    "text",
    [
        '{"type":"start","rate":7999,"format":"s16le"}',
        '{"type":"start","rate":16000}',
        '{"type":"flush","x":1}',
        '{"type":"subscribe","stream":"desk\\n"}',
        "[]",
        "",
    ],
)
def test_what_does_not_fit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        decode_message(text)


@pytest.mark.parametrize("change", [{"schema": 2}, {"schema": 2, "new": 1}, {"seconds": "many"}, {"models": None}])
def test_a_profile_that_is_damaged_or_of_another_version_is_told_from_a_bad_message(change: dict[str, object]) -> None:
    start = {"type": "start", "rate": HZ, "format": "f32le", "profile": {**msgspec.to_builtins(PROFILE), **change}}
    with pytest.raises(ProfileError, match="enrol again"):
        decode_message(json.dumps(start))


def test_what_is_really_sent_fits_the_schema(parts: Parts, recording: Samples) -> None:
    server = serve(parts)
    try:
        with client(server) as connection:
            connection.send(msgspec.json.encode(Start(rate=HZ, format="f32le")), text=True)
            connection.send(recording[: 2 * HZ].tobytes()[: 120 * 1024])
            connection.send('{"type":"lost","samples":800}')
            connection.send(b"\0")
            connection.send('{"type":"flush"}')
            sent = receive_until(connection, Summary)
            for event in sent:
                valid("Event").validate(json.loads(encode(event)))
        assert {type(event).__name__ for event in sent} >= {"Hello", "Estimate", "Gap", "Health", "Error", "Summary"}
    finally:
        server.close()
