"""Protocol 1: the messages that clients send, and the events that are for one client alone.

``docs/protocol.md`` is for authors of clients; ``docs/protocol.schema.json`` is generated from these types
(``python -m emostream.protocol``), and so is ``docs/protocol.asyncapi.json`` beside it.
"""

import sys
from inspect import cleandoc
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from emostream.errors import ProfileError
from emostream.events import AnyEvent, Event
from emostream.inference.profile import SpeakerProfile, check_schema

VERSIONS = ("emostream.v1",)

Rate = Annotated[int, msgspec.Meta(ge=8_000, le=192_000)]
Channels = Annotated[int, msgspec.Meta(ge=1, le=32)]
# In Python "$" is also before a newline at the end; in JSON Schema it is not, and the rest says so to both.
_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$(?!\n)"
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=40, pattern=_NAME)]
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
Token = Annotated[str, msgspec.Meta(max_length=512)]


class Message(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type"):
    """The base of all messages of clients: they have a ``type``, and an unknown field is an error."""


class Authenticate(Message, frozen=True, kw_only=True, tag="authenticate"):
    """The token, as the first message, from a client that cannot send an ``Authorization`` header."""

    token: Token


class Subscribe(Message, frozen=True, kw_only=True, tag="subscribe"):
    """Follow this stream, now or as soon as it begins; null for none. A client follows one stream at a time."""

    stream: Name | None


class Start(Message, frozen=True, kw_only=True, tag="start"):
    """The client's own audio begins: binary frames of PCM at ``rate`` Hz follow, interleaved ``channels`` that
    are mixed by their mean.

    ``labels`` selects estimates of every step or utterances alone. ``profile`` comes from an earlier ``profile`` event.
    With ``publish`` other clients may subscribe to the stream under that name. ``source`` is a name for users to read.
    """

    rate: Rate
    format: Literal["s16le", "f32le"]
    channels: Channels = 1
    labels: Literal["steps", "utterances"] = "steps"
    profile: SpeakerProfile | None = None
    publish: Name | None = None
    source: Title = "a client"


class Lost(Message, frozen=True, kw_only=True, tag="lost"):
    """``samples`` samples were lost before the next binary frame: the stream's clock advances by their duration."""

    samples: Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]


class Flush(Message, frozen=True, kw_only=True, tag="flush"):
    """The audio pauses here: process all of it, end the utterance, and send a ``summary``."""


class Reset(Message, frozen=True, kw_only=True, tag="reset"):
    """Discard all audio and begin anew: a ``hello`` follows."""


class Stop(Message, frozen=True, kw_only=True, tag="stop"):
    """The audio ends here: as ``flush``, and the ``summary`` is the stream's last event."""


class SetMood(Message, frozen=True, kw_only=True, tag="mood"):
    """What follows is spoken in this mood, one of the stream's ``labels``, for the profile; null for no mood.

    The audio so far is processed and its utterance ended, as by ``flush``, but the answer is a ``mood``. A mood that
    was spoken before is forgotten: it is spoken anew.
    """

    mood: Title | None


class AskProfile(Message, frozen=True, kw_only=True, tag="profile"):
    """Send a profile of the speech so far, under the name of the person who spoke: of that of the moods, if any."""

    name: Title


class Mood(Event, frozen=True, kw_only=True, tag="mood"):
    """The answer to ``mood``: what follows is spoken in ``mood``, or in none where it is null.

    ``seconds`` says how much speech was heard of each mood so far.
    """

    mood: str | None
    seconds: dict[str, float]


class Profile(Event, frozen=True, kw_only=True, tag="profile"):
    """A speaker's profile: numbers, no sound. The client keeps it and sends it in a later ``start``."""

    profile: SpeakerProfile


AnyMessage = Authenticate | Subscribe | Start | Lost | Flush | Reset | Stop | SetMood | AskProfile
ServerEvent = AnyEvent | Mood | Profile

_AUDIO = "audio"
_ABOUT = "Emotion in voices: labels out, audio in, over one WebSocket. docs/protocol.md says what goes with what."

_messages = msgspec.json.Decoder(AnyMessage)
_events = msgspec.json.Decoder(ServerEvent)
# Where msgspec's error says that the fault is. No other message has a field of this name with fields in it.
_IN_PROFILE = "at `$.profile"


def decode_message(text: str | bytes) -> AnyMessage:
    """A client's message. Raises ``ValueError`` that says what is wrong with it.

    Where that is the profile in ``start``, damaged or of another emostream, ``ProfileError`` says so.
    """
    try:
        message: AnyMessage = _messages.decode(text)
    except RecursionError as error:
        raise ValueError("JSON is nested too deeply") from error
    except msgspec.ValidationError as error:
        if _IN_PROFILE in str(error):
            raise ProfileError(f"the profile cannot be used: {error}; enrol again") from error
        raise
    if isinstance(message, Start) and message.profile is not None:
        check_schema(message.profile)
    return message


def decode_event(text: str | bytes) -> ServerEvent:
    """An event that a server sent. Raises ``ValueError`` that says what is wrong with it."""
    try:
        event: ServerEvent = _events.decode(text)
    except RecursionError as error:
        raise ValueError("JSON is nested too deeply") from error
    return event


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12): ``#/$defs/Message`` is what clients send, ``#/$defs/Event`` what servers do."""
    (messages, events), definitions = _components("#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "emostream, protocol 1",
        "anyOf": [{"$ref": "#/$defs/Message"}, {"$ref": "#/$defs/Event"}],
        "$defs": {"Message": messages, "Event": events, **definitions},
    }


def asyncapi() -> dict[str, Any]:
    """An AsyncAPI document (3.0): the socket, what a server receives and what it sends, with the same schemas."""
    (messages, events), definitions = _components("#/components/schemas/{name}")
    received = [_schema_name(one) for one in messages["anyOf"]]
    sent = [_schema_name(one) for one in events["anyOf"]]
    described = {
        name: {"name": name, "contentType": "application/json", "payload": {"$ref": f"#/components/schemas/{name}"}}
        for name in (*received, *sent)
    }
    described[_AUDIO] = {
        "name": _AUDIO,
        "summary": "PCM, little-endian, as 'start' says: binary frames of any length",
        "contentType": "application/octet-stream",
        "payload": {"type": "string", "format": "binary"},
    }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "emostream", "version": VERSIONS[0].rpartition(".v")[2], "description": _ABOUT},
        "defaultContentType": "application/json",
        "servers": {"local": {"host": "127.0.0.1:8765", "protocol": "ws"}},
        "channels": {
            "socket": {
                "address": "/ws",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in described},
                "bindings": {"ws": {"query": {"type": "object", "properties": {"stream": {"type": "string"}}}}},
            }
        },
        "operations": {
            "receive": _operation("receive", [*received, _AUDIO]),
            "send": _operation("send", sent),
        },
        "components": {"messages": described, "schemas": definitions},
    }


def _operation(action: str, names: list[str]) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": "#/channels/socket"},
        "messages": [{"$ref": f"#/channels/socket/messages/{name}"} for name in names],
    }


def _components(ref_template: str) -> tuple[tuple[dict[str, Any], ...], dict[str, Any]]:
    """The schemas of messages and of events, and those of all types that they refer to."""
    roots, definitions = msgspec.json.schema_components((AnyMessage, ServerEvent), ref_template=ref_template)
    for definition in definitions.values():
        if "description" in definition:  # Python 3.13 takes the indentation out of docstrings, earlier ones leave it
            definition["description"] = cleandoc(definition["description"])
    return roots, definitions


def _schema_name(reference: dict[str, Any]) -> str:
    return str(reference["$ref"]).rpartition("/")[2]


def schema_text() -> str:
    """The schema as it stands in ``docs/protocol.schema.json``."""
    return _text(schema())


def asyncapi_text() -> str:
    """The AsyncAPI document as it stands in ``docs/protocol.asyncapi.json``."""
    return _text(asyncapi())


def _text(document: dict[str, Any]) -> str:
    return msgspec.json.format(msgspec.json.encode(document, order="deterministic"), indent=1).decode() + "\n"


if __name__ == "__main__":
    if len(sys.argv) > 1:
        schema_path = Path(sys.argv[1])
        schema_path.write_text(schema_text(), encoding="utf-8")
        schema_path.with_name("protocol.asyncapi.json").write_text(asyncapi_text(), encoding="utf-8")
    else:
        sys.stdout.write(schema_text())
