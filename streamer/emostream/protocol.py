"""Protocol 1, the socket's side of the vocabulary: what clients may say, and the answers that are for one client alone.

``docs/protocol.md`` is for those who write clients; ``docs/protocol.schema.json`` is generated from these types
(``python -m emostream.protocol``).
"""

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from emostream.events import AnyEvent, Event
from emostream.inference.speaker import SpeakerProfile

VERSIONS = ("emostream.v1",)

Rate = Annotated[int, msgspec.Meta(ge=8_000, le=192_000)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
Token = Annotated[str, msgspec.Meta(max_length=512)]


class Message(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type"):
    """What all messages of clients share: a ``type``, and no field that is not known."""


class Authenticate(Message, frozen=True, kw_only=True, tag="authenticate"):
    """The first message where a token is needed and no ``Authorization`` header could be sent."""

    token: Token


class Subscribe(Message, frozen=True, kw_only=True, tag="subscribe"):
    """Send the events of this stream, now or as soon as there is one; null for no stream. One at a time."""

    stream: Name | None


class Start(Message, frozen=True, kw_only=True, tag="start"):
    """The client's own audio begins: binary frames of mono PCM at ``rate`` Hz follow.

    ``labels`` says whether every step is wanted or utterances alone. ``profile`` is what a ``profile`` event gave
    before. With ``publish`` other clients may subscribe to the stream under that name; ``source`` is for people.
    """

    rate: Rate
    format: Literal["s16le", "f32le"]
    labels: Literal["steps", "utterances"] = "steps"
    profile: SpeakerProfile | None = None
    publish: Name | None = None
    source: Title = "a client"


class Lost(Message, frozen=True, kw_only=True, tag="lost"):
    """So many samples were lost before the next binary frame: the clock moves on over them."""

    samples: Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]


class Flush(Message, frozen=True, kw_only=True, tag="flush"):
    """What was sent is all for now: read the rest of it, end the utterance, and answer with a ``summary``."""


class Reset(Message, frozen=True, kw_only=True, tag="reset"):
    """Forget all audio: a new ``hello`` follows, and the stream is as new."""


class Stop(Message, frozen=True, kw_only=True, tag="stop"):
    """The audio has ended: as ``flush``, and the ``summary`` is the stream's last event."""


class AskProfile(Message, frozen=True, kw_only=True, tag="profile"):
    """Give what was heard of this voice so far as a profile, under the name of the person who spoke."""

    name: Title


class Profile(Event, frozen=True, kw_only=True, tag="profile"):
    """How somebody speaks, as numbers without sound: to be kept by the client and given back in ``start``."""

    profile: SpeakerProfile


AnyMessage = Authenticate | Subscribe | Start | Lost | Flush | Reset | Stop | AskProfile
ServerEvent = AnyEvent | Profile

_messages = msgspec.json.Decoder(AnyMessage)
_events = msgspec.json.Decoder(ServerEvent)


def decode_message(text: str | bytes) -> AnyMessage:
    """A client's message. Raises ``ValueError`` that says what is wrong with it."""
    try:
        message: AnyMessage = _messages.decode(text)
    except RecursionError as error:
        raise ValueError("JSON is nested too deeply") from error
    return message


def decode_event(text: str | bytes) -> ServerEvent:
    """What a server sent. Raises ``ValueError`` that says what is wrong with it."""
    try:
        event: ServerEvent = _events.decode(text)
    except RecursionError as error:
        raise ValueError("JSON is nested too deeply") from error
    return event


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12): ``#/$defs/Message`` is what clients send, ``#/$defs/Event`` what servers do."""
    (messages, events), definitions = msgspec.json.schema_components(
        (AnyMessage, ServerEvent), ref_template="#/$defs/{name}"
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "emostream, protocol 1",
        "anyOf": [{"$ref": "#/$defs/Message"}, {"$ref": "#/$defs/Event"}],
        "$defs": {"Message": messages, "Event": events, **definitions},
    }


def schema_text() -> str:
    """The schema as it stands in ``docs/protocol.schema.json``."""
    return msgspec.json.format(msgspec.json.encode(schema(), order="deterministic"), indent=1).decode() + "\n"


if __name__ == "__main__":
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(schema_text(), encoding="utf-8")
    else:
        sys.stdout.write(schema_text())
