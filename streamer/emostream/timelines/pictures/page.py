"""A page that plays recordings beside their timelines: one HTML file, with its scripts and data, that loads nothing."""

import base64
import hashlib
import html
from collections.abc import Iterator, Sequence
from importlib import resources
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from emostream.events import encode_json
from emostream.sinks.palette import label_colours, label_letters
from emostream.sinks.printable import printable
from emostream.sinks.wording import verdict
from emostream.timelines.timeline import Timeline, TimelineUtterance
from emostream.timelines.wording import span_words

# Of the sound in one page, before base64 makes it a third more: an hour of it.
MOST_AUDIO_BYTES = 20_000_000
# One behind the other they are one script.
SCRIPTS = (
    "format.js",
    "recordings.js",
    "viewport.js",
    "player.js",
    "canvas.js",
    "curves.js",
    "drawing.js",
    "table.js",
    "pointers.js",
    "keys.js",
    "page.js",
)
_NO_PROBABILITY = 255


def write_page(timelines: Sequence[Timeline], file: BinaryIO) -> None:
    """The page of some recordings, of which one is shown at a time; with their sound where it was kept and has room."""
    style, template = _package_file("page.css"), _package_file("page.html")
    script = "\n".join(map(_package_file, SCRIPTS))
    labels = list(dict.fromkeys(label for timeline in timelines for label in timeline.labels))
    played = _played(timelines)
    data = {
        "colours": {printable(label): colour for label, colour in label_colours(labels).items()},
        "letters": {printable(label): printable(letter) for label, letter in label_letters(labels).items()},
        "recordings": [_recording(timeline, number in played) for number, timeline in enumerate(timelines)],
    }
    # What a browser may do with this page: show it and play what is in it, or what the visitor chooses.
    policy = (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; media-src blob:; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    values = {
        "policy": policy,
        "title": html.escape(_title(timelines)),
        "style": style,
        "script": script,
        # "<" would end the element that the data are in.
        "data": encode_json(data).replace(b"<", b"\\u003c").decode("utf-8"),
    }
    before, _, behind = template.partition("{{audio}}")
    file.write(_filled(before, values))
    for number in played:
        audio = timelines[number].audio
        assert audio is not None
        file.write(f'<script type="text/plain" id="audio-{number}" data-type="{audio.media_type}">'.encode())
        file.write(base64.b64encode(audio.data))
        file.write(b"</script>\n")
    file.write(_filled(behind, values))


def _played(timelines: Sequence[Timeline]) -> list[int]:
    """The numbers of the recordings whose sound is in the page: as many as have room, from the first on."""
    played, room = [], MOST_AUDIO_BYTES
    for number, timeline in enumerate(timelines):
        if timeline.audio is not None and len(timeline.audio.data) <= room:
            played.append(number)
            room -= len(timeline.audio.data)
    return played


def _recording(timeline: Timeline, is_played: bool) -> dict[str, Any]:
    summary = timeline.summary
    return {
        "name": printable(timeline.source or timeline.hello.stream),
        "verdict": printable(verdict(summary.label, summary.p)) if summary and summary.p else None,
        "lengthMs": timeline.length_ms,
        "speechMs": timeline.speech_ms,
        "lostMs": timeline.lost_ms,
        "began": timeline.hello.ts,
        "models": [f"{model.name}/{model.variant}" for model in timeline.hello.models],
        "labels": [printable(label) for label in timeline.labels],
        "hasAudio": is_played,
        "utterances": list(map(_utterance, timeline.utterances)),
        "gaps": [{"start": gap.start_ms, "end": gap.end_ms, "reason": gap.reason} for gap in timeline.gaps],
        "steps": _steps(timeline),
        "envelope": _envelope(timeline),
    }


def _utterance(utterance: TimelineUtterance) -> dict[str, Any]:
    found: dict[str, Any] = {
        "start": utterance.start_ms,
        "end": utterance.end_ms,
        "label": None if utterance.label is None else printable(utterance.label),
        "name": printable(utterance.name),
        "words": span_words(utterance),
        "confidence": utterance.confidence if utterance.p else None,
        "percent": f"{utterance.confidence:.0%}" if utterance.p else "",
    }
    if utterance.earlier:
        found["earlier"] = ", ".join(map(printable, utterance.earlier))
    if utterance.voice is not None:
        found["arousal"], found["pitch"] = utterance.voice.arousal, utterance.voice.pitch_hz
    return found


def _steps(timeline: Timeline) -> dict[str, str] | None:
    """The end of each step in ms (u32), and for each the probability of every label (u8, of 200; 255 for none)."""
    if timeline.steps is None or not len(timeline.steps):
        return None
    steps = timeline.steps.columns()
    known = steps["speech"][:, np.newaxis] & np.isfinite(steps["p"])
    p = np.where(known, np.round(200 * np.nan_to_num(steps["p"])), _NO_PROBABILITY)
    return {"ends": _base64(steps["end_ms"].astype("<u4")), "p": _base64(p.astype(np.uint8))}


def _envelope(timeline: Timeline) -> dict[str, Any] | None:
    """Low and high of each column (i8), 127 for the loudest sample."""
    envelope = timeline.envelope
    if envelope is None:
        return None
    scale = 127 / max(0.01, float(envelope.high.max()), -float(envelope.low.min()))
    low, high = (np.clip(np.round(part * scale), -127, 127).astype(np.int8) for part in (envelope.low, envelope.high))
    return {"columnMs": envelope.column_ms, "low": _base64(low), "high": _base64(high)}


def _base64(numbers: NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(numbers).tobytes()).decode("ascii")


def _title(timelines: Sequence[Timeline]) -> str:
    names = [printable(timeline.source or timeline.hello.stream) for timeline in timelines]
    return f"{names[0] if len(names) == 1 else f'{len(names)} recordings'} – emotion over time"


def _digest(text: str) -> str:
    """What a content security policy calls an inline script or style by."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}"


def _filled(text: str, values: dict[str, str]) -> bytes:
    """The text with each {{name}} replaced once: what is filled in is not looked at again."""
    return "".join(_parts(text, values)).encode("utf-8")


def _parts(text: str, values: dict[str, str]) -> Iterator[str]:
    first, *others = text.split("{{")
    yield first
    for other in others:
        name, _, rest = other.partition("}}")
        yield values[name]
        yield rest


def _package_file(name: str) -> str:
    return (resources.files(__package__) / "page_files" / name).read_text(encoding="utf-8")
