"""EmotionML 1.0 (W3C Recommendation): an ``emotion`` for each utterance, with the probability of every label."""

import re
from collections.abc import Sequence
from typing import BinaryIO

from emostream.timelines.links import stream_uri
from emostream.timelines.text_file import text_file
from emostream.timelines.timeline import Timeline, TimelineUtterance
from emostream.timelines.xml_document import XmlDocument

_DOCUMENT = {
    "version": "1.0",
    "xmlns": "http://www.w3.org/2009/10/emotionml",
    "category-set": "#labels",
    "dimension-set": "http://www.w3.org/TR/emotion-voc/xml#pad-dimensions",
}
# What EmotionML has no elements for.
_OURS = "urn:emostream:timeline"


def write_emotionml(timeline: Timeline, file: BinaryIO) -> None:
    """Times are milliseconds from the start of the recording; arousal is a dimension of its own.

    A category's ``confidence`` is its probability, and ``info`` has the verdict. An utterance without a verdict and a
    gap are no emotions: they stand in the document's ``info``.
    """
    names = dict(zip(timeline.labels, _tokens(timeline.labels), strict=True))
    uri = stream_uri(timeline)
    with text_file(file) as text:
        document = XmlDocument(text)
        with document.element("emotionml", _DOCUMENT):
            _write_info(document, timeline)
            with document.element("vocabulary", {"type": "category", "id": "labels"}):
                for label, name in names.items():
                    with document.element("item", {"name": name}):
                        document.leaf("info", words=label)
            for utterance in timeline.utterances:
                if utterance.p:
                    _write_emotion(document, utterance, names, uri)


def _write_info(document: XmlDocument, timeline: Timeline) -> None:
    with document.element("info"):
        recording = {"xmlns": _OURS, "source": timeline.source, "length-ms": timeline.length_ms}
        document.leaf("recording", recording | {"began": timeline.hello.ts})
        for utterance in timeline.utterances:
            if not utterance.p:
                span = {"xmlns": _OURS, "start-ms": utterance.start_ms, "end-ms": utterance.end_ms}
                document.leaf("speech", span | {"verdict": utterance.name})
        for gap in timeline.gaps:
            span = {"xmlns": _OURS, "start-ms": gap.start_ms, "end-ms": gap.end_ms}
            document.leaf("gap", span | {"reason": gap.reason, "lost-ms": gap.lost_ms})


def _write_emotion(document: XmlDocument, utterance: TimelineUtterance, names: dict[str, str], uri: str) -> None:
    when = {
        "time-ref-uri": uri,
        "offset-to-start": utterance.start_ms,
        "duration": utterance.end_ms - utterance.start_ms,
        "expressed-through": "voice",
    }
    with document.element("emotion", when):
        document.leaf("info", words=utterance.name)
        for label, p in utterance.p.items():
            document.leaf("category", {"name": names[label], "confidence": p})
        if utterance.voice is not None and utterance.voice.arousal is not None:
            document.leaf("dimension", {"name": "arousal", "value": utterance.voice.arousal})


def _tokens(labels: Sequence[str]) -> list[str]:
    """Labels as XML name tokens, no two of which are equal.

    >>> _tokens(("sad", "very sad", "very-sad"))
    ['sad', 'very-sad', 'very-sad-2']
    """
    tokens: list[str] = []
    for label in labels:
        token = plain = re.sub(r"[^\w.-]+", "-", label) or "-"
        number = 1
        while token in tokens:
            number += 1
            token = f"{plain}-{number}"
        tokens.append(token)
    return tokens
