"""The one vocabulary of emostream: what goes to the terminal, to JSONL, to WebSocket clients and to Python code.

Every event carries the protocol version ``v``, its ``type``, a number ``seq`` that counts up by one within a stream,
the name of its ``stream``, and the span ``t_start_ms`` to ``t_end_ms`` on that stream's own clock: milliseconds of
audio since the stream began, lost audio included. Live events also carry ``ts``, the wall clock as RFC 3339.
"""

import json
from typing import Literal, TypedDict, get_args

import msgspec

PROTOCOL_VERSION = 1


class Stamp(TypedDict):
    """The fields that every event of a stream has: its number, the stream's name, a span on the stream's clock."""

    seq: int
    stream: str
    t_start_ms: int
    t_end_ms: int


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """What all events share; ``seq`` starts at 0 with a stream's ``hello``.

    ``dropped`` is how many events just before this one were left out for this receiver, who was too slow for them.
    """

    seq: int
    stream: str
    t_start_ms: int
    t_end_ms: int
    v: int = msgspec.field(default_factory=lambda: PROTOCOL_VERSION)
    ts: str | None = None
    dropped: int = 0


class ModelBrief(msgspec.Struct, frozen=True, kw_only=True):
    """A model card in short: enough to know which network is speaking."""

    name: str
    variant: str
    version: str
    licence: str


# Why audio is not there.
GapReason = Literal["lost", "paused"]
LOST: GapReason = "lost"
PAUSED: GapReason = "paused"
# What models had never heard of the clips that they were measured on.
Unheard = Literal["speakers", "corpora"]


class Certainty(msgspec.Struct, frozen=True, kw_only=True):
    """How sure a label must be to be shown, and what that costs, as measured (shares, 0 to 1).

    ``be_right`` was asked for, and labels of steps are shown at ``confidence`` or more. On clips that had no part in
    choosing that confidence the share ``right`` of them was, which may be less than was asked for; ``coverage`` is the
    share of speech that got a label. ``unheard`` says which promise that is: of speakers never heard, whose recordings
    were of a kind that the models know, or of whole corpora never heard, as a user's room is.
    """

    be_right: float
    confidence: float
    right: float
    coverage: float
    unheard: Unheard = "speakers"


class Hello(Event, frozen=True, kw_only=True, tag="hello"):
    """The first event of a stream: how to read the ones that follow.

    ``speaker`` names the enrolled person whose own way of speaking is taken into account, ``certainty`` says from
    where on labels are shown when that was asked for, ``moods`` has those of the labels in which a voice can be
    enrolled: all, or ``neutral`` alone. ``notice`` is what whoever runs this wants people to know who are read.
    ``recorded`` is when a session began that is shown again now, RFC 3339: nobody is read then. Each is left out
    without.
    """

    labels: tuple[str, ...]
    window_ms: int
    step_ms: int
    models: tuple[ModelBrief, ...]
    source: str
    speaker: str | None = None
    certainty: Certainty | None = None
    moods: tuple[str, ...] = ()
    notice: str | None = None
    recorded: str | None = None


class Estimate(Event, frozen=True, kw_only=True, tag="estimate"):
    """What the voice carried in the window from ``t_start_ms`` to ``t_end_ms``, one per step.

    ``p`` maps each label to its calibrated, smoothed probability; it is empty while no speech has been heard.
    ``label`` is null when nobody speaks or the probabilities are too even to name one (it abstains).
    ``confidence`` is the probability of the likeliest label, ``agreement`` in [0, 1] is one minus the total variation
    distance between the two networks that differ most, ``speech`` says whether somebody speaks at the window's end,
    ``level_dbfs`` is the RMS of the last step.
    ``latency_ms``, live only, runs from the capture of the window's last sample to this event.
    """

    p: dict[str, float]
    label: str | None = msgspec.field(default_factory=lambda: None)
    confidence: float
    agreement: float
    speech: bool
    level_dbfs: float
    latency_ms: float | None = None


class UtteranceStart(Event, frozen=True, kw_only=True, tag="utterance_start"):
    """Somebody began to speak at ``t_start_ms``, which was known at ``t_end_ms``; an ``utterance`` ends it."""


class VoiceMeasures(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How an utterance was spoken, beside what emotion it carries: loud is not angry.

    ``pitch_hz`` is the median fundamental frequency, 60 to 600 Hz, ``pitch_range_semitones`` that from its 10th to its
    90th percentile. ``loudness_dbfs`` is the mean power of speech, pauses left out, in dB re full scale; it depends on
    the microphone and its distance, the others do not. ``syllables_per_s`` is the speech rate, pauses included: peaks
    of the intensity that are voiced, which are fewer than the syllables of a text. ``arousal`` goes from 0 (calm) to 1
    (excited), .5 between them; it is left out where the models have labels that it was not fitted to.
    """

    pitch_hz: float
    pitch_range_semitones: float
    loudness_dbfs: float
    syllables_per_s: float
    arousal: float | None = None


class Utterance(Event, frozen=True, kw_only=True, tag="utterance"):
    """One stretch of speech, from its first to its last voiced moment, with the prediction over all of it.

    ``voice`` is left out where less than 0.2 s of it had a pitch, as when somebody whispers.
    """

    p: dict[str, float]
    label: str | None = msgspec.field(default_factory=lambda: None)
    confidence: float
    voice: VoiceMeasures | None = None


class Gap(Event, frozen=True, kw_only=True, tag="gap"):
    """Audio that is not there: the clock moves on from ``t_start_ms`` to ``t_end_ms``, and no window spans it.

    ``reason`` is ``lost``, for audio that never arrived, or ``paused``, for time in which somebody had paused: then
    nothing is lost, and ``lost_ms`` is 0.
    """

    lost_ms: float
    reason: GapReason = LOST


class Health(Event, frozen=True, kw_only=True, tag="health"):
    """How the daemon itself is doing, every few seconds of a live stream. Losses are totals since it started.

    ``lost_ms`` and ``lag_ms`` are the stream's; ``clients`` are those connected to the server, ``dropped_events`` the
    events that clients of it have missed, whatever they follow. ``paused_by`` says who keeps the stream paused, so that
    nothing is read: a ``person``, the ``schedule`` of quiet hours, or both; it is left out while audio is read.
    ``network_interval`` is 1 usually; 2, 4 or 8 where this stream's networks run so many times more rarely, because the
    server has more voices than it can read.
    """

    source: str
    source_ok: bool
    lost_ms: float
    lag_ms: float
    clients: int = msgspec.field(default_factory=lambda: 0)
    dropped_events: int = msgspec.field(default_factory=lambda: 0)
    network_interval: int = msgspec.field(default_factory=lambda: 1)
    paused_by: tuple[Literal["person", "schedule"], ...] = ()


class Error(Event, frozen=True, kw_only=True, tag="error"):
    """Something went wrong that the receiver should know of; ``message`` is one line for a person."""

    code: str
    message: str


class Summary(Event, frozen=True, kw_only=True, tag="summary"):
    """A whole file, or all that a client has sent: the prediction over its speech, each label's share of the time."""

    source: str
    p: dict[str, float]
    label: str | None = msgspec.field(default_factory=lambda: None)
    confidence: float
    seconds: float
    speech_seconds: float
    share: dict[str, float]


AnyEvent = Hello | Estimate | UtteranceStart | Utterance | Gap | Health | Error | Summary
# The classes by the ``type`` of their events.
TYPES: dict[str, type[Event]] = {str(kind.__struct_config__.tag): kind for kind in get_args(AnyEvent)}

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(AnyEvent)


def encode(event: Event) -> bytes:
    """One event as a JSON object on one line, UTF-8, without a line end.

    A file's name that is not UTF-8 has ``\\udc80`` to ``\\udcff`` for its bytes, as ``os.fsdecode`` has them (PEP 383):
    ``os.fsencode`` of the string is the name.
    """
    return encode_json(event)


def encode_json(value: object) -> bytes:
    """A value as JSON, UTF-8; strings that are not UTF-8 as in ``encode``."""
    try:
        return _encoder.encode(value)
    except UnicodeEncodeError:
        return json.dumps(msgspec.to_builtins(value), separators=(",", ":")).encode("ascii")


def decode(line: bytes | str) -> AnyEvent:
    """The event in one JSON object. Raises ``msgspec.DecodeError`` that says what is wrong with it."""
    try:
        event: AnyEvent = _decoder.decode(line)
    except msgspec.DecodeError as error:
        if "surrogate" not in str(error):
            raise
        event = _decode_surrogates(line)
    except UnicodeError as error:
        raise msgspec.DecodeError(f"JSON is not UTF-8: {error}") from error
    except RecursionError as error:
        raise msgspec.DecodeError("JSON is nested too deeply") from error
    return event


def _decode_surrogates(line: bytes | str) -> AnyEvent:
    """As ``decode``, for what ``encode`` makes of names that are not UTF-8, which msgspec does not read."""
    try:
        event: AnyEvent = msgspec.convert(json.loads(line), AnyEvent)
    except RecursionError as error:
        raise msgspec.DecodeError("JSON is nested too deeply") from error
    except ValueError as error:
        raise msgspec.DecodeError(f"JSON is malformed: {error}") from error
    return event
