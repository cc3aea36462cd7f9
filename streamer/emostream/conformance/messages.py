"""The section "What a client may send": what each message does."""

import struct

import numpy as np

from emostream.conformance.rules import BrokenRuleError, NotApplicableError, require, rule
from emostream.conformance.target import RATE_HZ, Target, tag
from emostream.events import Error, Estimate, Hello, Utterance
from emostream.protocol import Mood, Profile, ServerEvent

SECTION = "What a client may send"
ROUNDING = 0.002


@rule(SECTION, "'start' is answered by 'hello' of the stream 'audio', or of the name in 'publish'")
def start(target: Target) -> None:
    for publish in (None, target.new_name()):
        stream = publish or "audio"
        with target.connect() as peer:
            peer.start(publish=publish, source="somebody")
            hello = peer.until("hello")[0]
            require(hello.stream == stream, f"stream {hello.stream!r}", repr(stream))
            require(isinstance(hello, Hello) and hello.source == "somebody", "another source", "'somebody'")


@rule(SECTION, "rates of 8000 and 192000 Hz and 32 channels are taken")
def start_limits(target: Target) -> None:
    for fields in ({"rate": 8_000}, {"rate": 192_000}, {"channels": 32}, {"source": "x" * 80}, {"publish": "x" * 40}):
        with target.connect() as peer:
            peer.start(**fields)
            peer.until("hello")


@rule(SECTION, "'labels' 'utterances' leaves out 'estimate'")
def start_utterances(target: Target) -> None:
    events, _ = target.events_of(target.speech, labels="utterances")
    require(not any(isinstance(event, Estimate) for event in events), "'estimate'", "utterances alone")
    require(any(isinstance(event, Utterance) for event in events), "no 'utterance'", "some")


@rule(SECTION, "labels are the same however the audio is cut into frames, odd numbers of bytes too")
def any_frames(target: Target) -> None:
    for frame_bytes in (777, 100_000):
        events, _ = target.events_of(target.speech, frame_bytes)
        _require_same(events, target.told[0], f"frames of {frame_bytes} bytes")


@rule(SECTION, "'f32le' of full scale 1 is read as the same audio in 's16le'")
def float_format(target: Target) -> None:
    samples = np.frombuffer(target.speech, "<i2").astype("<f4") / 32768
    events, _ = target.events_of(samples.tobytes(), 6400, format="f32le")
    _require_same(events, target.told[0], "f32le")


@rule(SECTION, "'channels' are interleaved and mixed by their mean")
def channels(target: Target) -> None:
    mono = np.frombuffer(target.speech, "<i2")
    stereo = np.repeat(mono, 2).astype("<i2")
    events, _ = target.events_of(stereo.tobytes(), 6400, channels=2)
    _require_same(events, target.told[0], "two equal channels")


@rule(SECTION, "'flush' ends the utterance and is answered by 'summary'; audio may follow")
def flush(target: Target) -> None:
    with target.connect() as peer:
        peer.start()
        for _ in range(2):
            peer.send(target.speech, {"type": "flush"})
            peer.until("summary")
        ends_ms = [event.t_end_ms for event in peer.events if isinstance(event, Estimate)]
        require(
            ends_ms == sorted(ends_ms) and ends_ms[-1] > 10_000,
            f"estimates up to {ends_ms[-1]} ms",
            "a clock that goes on",
        )


@rule(SECTION, "'reset' forgets all audio and is answered by 'hello' with 'seq' 0")
def reset(target: Target) -> None:
    with target.connect() as peer:
        peer.start()
        peer.send(target.speech, {"type": "reset"})
        peer.until("hello")
        hello = peer.until("hello")[-1]
        require(hello.seq == 0, f"seq {hello.seq}", "0")
        seen = len(peer.events)
        peer.send(target.speech, {"type": "stop"})
        peer.until("summary")
        again = [event for event in peer.events[seen - 1 :] if tag(event) != "health"]
        _require_same(again, target.told[0], "the audio after 'reset'")


@rule(SECTION, "the 'summary' that answers 'stop' is the stream's last event, and 'start' may follow")
def stop(target: Target) -> None:
    with target.connect() as peer:
        for _ in range(2):
            peer.start()
            peer.send(target.speech[:RATE_HZ], {"type": "stop"})
            peer.until("summary")
        peer.nothing_comes("the stream has ended")


@rule(SECTION, "audio and messages take effect in the order in which they are sent")
def order(target: Target) -> None:
    second = target.speech[: 2 * RATE_HZ]
    with target.connect() as peer:
        peer.start()
        peer.send(second, {"type": "flush"}, second, {"type": "lost", "samples": RATE_HZ}, {"type": "stop"})
        peer.until("summary")
        peer.until("summary")
        told = [tag(event) for event in peer.events if tag(event) in ("hello", "summary", "gap")]
        require(told == ["hello", "summary", "gap", "summary"], f"{told}", "hello, summary, gap, summary")


@rule(
    SECTION,
    "'mood' is answered by 'mood' with the seconds heard of each; another name is 'no_mood', and the stream goes on",
)
def mood(target: Target) -> None:
    label = _moods(target)[0]
    with target.connect() as peer:
        peer.start()
        peer.send({"type": "mood", "mood": label}, target.speech, {"type": "mood", "mood": None})
        peer.until("mood")
        answer = peer.until("mood")[-1]
        assert isinstance(answer, Mood)
        require(answer.mood is None, f"mood {answer.mood!r}", "null, as was asked")
        require(answer.seconds.get(label, 0) > 1, f"seconds {answer.seconds}", f"more than 1 s of {label!r}")
        peer.send({"type": "mood", "mood": "no such mood"})
        _stays_open(peer.until("error")[-1], "no_mood")
        peer.is_open()


@rule(SECTION, "'profile' is answered by 'profile', which a later 'start' takes; without speech by 'no_profile'")
def profile(target: Target) -> None:
    _moods(target)
    with target.connect() as peer:
        peer.start()
        peer.send({"type": "profile", "name": "Ada"})
        _stays_open(peer.until("error")[-1], "no_profile")
        peer.send(target.speech, {"type": "flush"}, {"type": "profile", "name": "Ada"})
        peer.until("profile")
        require(isinstance(peer.events[-1], Profile), "no profile", "one")
        kept = peer.raw[-1]["profile"]
    with target.connect() as peer:
        peer.start(profile=kept)
        hello = peer.until("hello")[-1]
        require(isinstance(hello, Hello) and hello.speaker == "Ada", "a hello without speaker", "'Ada'")


@rule("Errors and close codes", "a profile that is damaged or of other models is 'profile_refused'")
def profile_refused(target: Target) -> None:
    _moods(target)
    model = {"name": "another", "variant": "x", "split_hash": "0"}
    others = {"name": "Ada", "seconds": 9.0, "models": [{"model": model, "mean": [0.0] * 4}], "schema": 1}
    for given in (others, {"name": "Ada"}):
        with target.connect() as peer:
            peer.start(profile=given)
            peer.refused("profile_refused", 1008)


@rule("Errors and close codes", "audio that ends within a sample is 'half_sample', and the stream goes on")
def half_sample(target: Target) -> None:
    with target.connect() as peer:
        peer.start()
        peer.send(struct.pack("<hB", 0, 0), {"type": "flush"})
        _stays_open(peer.until("error")[-1], "half_sample")
        peer.until("summary")


def _stays_open(event: ServerEvent, code: str) -> None:
    require(isinstance(event, Error) and event.code == code, f"the error {getattr(event, 'code', None)!r}", repr(code))


def _moods(target: Target) -> tuple[str, ...]:
    hello = target.told[0][0]
    if not isinstance(hello, Hello) or not hello.moods:
        raise NotApplicableError("the server's models know no speakers: its hello has no moods")
    return hello.moods


def _require_same(ours: list[ServerEvent], theirs: list[ServerEvent], what: str) -> None:
    """Require the same events, up to rounding, apart from wall clock and latency."""
    require([tag(event) for event in ours] == [tag(event) for event in theirs], f"other events for {what}", "the same")
    for event, other in zip(ours, theirs, strict=True):
        require(
            (event.t_start_ms, event.t_end_ms) == (other.t_start_ms, other.t_end_ms),
            f"another span for {what}",
            "the same",
        )
        if isinstance(event, Estimate | Utterance) and isinstance(other, Estimate | Utterance):
            close = all(abs(event.p.get(label, 0) - share) <= ROUNDING for label, share in other.p.items())
            if not close or event.label != other.label:
                raise BrokenRuleError(f"found {event.p} at {event.t_end_ms} ms for {what}, expected {other.p}")
