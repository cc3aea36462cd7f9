"""JSON: one object with all that is known of a recording."""

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from emostream.events import encode_json
from emostream.timelines.timeline import Timeline

SCHEMA = 1


def write_json(timeline: Timeline, file: BinaryIO) -> None:
    """An utterance, a gap or a step is a line of its own, so that also a long recording can be looked at."""
    hello, summary = timeline.hello, timeline.summary
    head = {
        "schema": SCHEMA,
        "source": timeline.source,
        "stream": hello.stream,
        "began": hello.ts,
        "labels": hello.labels,
        "models": hello.models,
        "speaker": hello.speaker,
        "certainty": hello.certainty,
        "length_ms": timeline.length_ms,
        "speech_ms": timeline.speech_ms,
        "lost_ms": timeline.lost_ms,
        "dropped_events": timeline.dropped,
        "summary": summary and {name: getattr(summary, name) for name in ("label", "confidence", "p", "share")},
    }
    file.write(b"{")
    for name, value in head.items():
        file.write(encode_json(name) + b": " + encode_json(value) + b",\n ")
    _write_list("utterances", timeline.utterances, file)
    file.write(b",\n ")
    _write_list("gaps", timeline.gaps, file)
    if timeline.steps is not None:
        file.write(b",\n ")
        _write_list("steps", timeline.steps, file)
    file.write(b"}\n")


def _write_list(name: str, items: Iterable[object], file: BinaryIO) -> None:
    file.write(encode_json(name) + b": [")
    for line in _separated(map(encode_json, items)):
        file.write(line)
    file.write(b"]")


def _separated(lines: Iterable[bytes]) -> Iterator[bytes]:
    for index, line in enumerate(lines):
        yield (b",\n  " if index else b"\n  ") + line
