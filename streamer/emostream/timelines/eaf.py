"""ELAN's annotation format (EAF 2.8): tiers for labels, confidences, speech and gaps, linked to the recording.

It is written piece by piece: a library that holds the document takes 165 MB for 30 hours of speech.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from emostream.timelines.links import media_file, media_type
from emostream.timelines.text_file import text_file
from emostream.timelines.tiers import CONFIDENCE, LABEL, Interval, tiers_of
from emostream.timelines.timeline import Timeline
from emostream.timelines.xml_document import XmlDocument

_VERSION = "2.8"
_DOCUMENT = {
    "AUTHOR": "emostream",
    "FORMAT": _VERSION,
    "VERSION": _VERSION,
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xsi:noNamespaceSchemaLocation": f"http://www.mpi.nl/tools/elan/EAFv{_VERSION}.xsd",
}
# Types of tiers: those with times of their own, and that of what belongs to an annotation of another tier.
_ALIGNABLE, _OF_LABEL = "span", "of-label"
_ASSOCIATION = {"STEREOTYPE": "Symbolic_Association", "DESCRIPTION": "1-1 association with a parent annotation"}
_TYPES = ((_ALIGNABLE, "true", None), (_OF_LABEL, "false", _ASSOCIATION["STEREOTYPE"]))


def write_eaf(timeline: Timeline, file: BinaryIO) -> None:
    """A confidence is a child of its label's annotation and moves with it; the other tiers stand for themselves."""
    tiers = tiers_of(timeline)
    confidences = tiers.pop(CONFIDENCE)
    times_ms, slots = _time_slots([interval for intervals in tiers.values() for interval in intervals])
    with text_file(file) as text:
        document = XmlDocument(text)
        with document.element("ANNOTATION_DOCUMENT", _DOCUMENT | {"DATE": datetime.now(UTC).isoformat("T", "seconds")}):
            _write_header(document, timeline, len(slots) + len(confidences))
            with document.element("TIME_ORDER"):
                for number, time_ms in enumerate(times_ms, start=1):
                    document.leaf("TIME_SLOT", {"TIME_SLOT_ID": f"ts{number}", "TIME_VALUE": time_ms})
            written = 0
            for name, intervals in tiers.items():
                _write_tier(document, name, intervals, slots[written:], written + 1)
                if name == LABEL:
                    _write_confidences(document, confidences, len(slots) + 1)
                written += len(intervals)
            for name, is_alignable, constraint in _TYPES:
                kind = {"LINGUISTIC_TYPE_ID": name, "GRAPHIC_REFERENCES": "false", "TIME_ALIGNABLE": is_alignable}
                document.leaf("LINGUISTIC_TYPE", kind | {"CONSTRAINTS": constraint})
            document.leaf("CONSTRAINT", _ASSOCIATION)


def _time_slots(intervals: Sequence[Interval]) -> tuple[list[int], NDArray[np.int64]]:
    """The times of all slots in order, and the numbers of each interval's two slots, counted from 1, of shape (n, 2).

    No two intervals share a slot: whoever moves one in ELAN must not move another.
    """
    times_ms = np.array([interval[:2] for interval in intervals], np.int64).reshape(-1)
    is_start = np.arange(len(times_ms)) % 2 == 0
    order = np.lexsort((is_start, times_ms))  # at one moment the end of an interval stands before the start of the next
    slots = np.empty_like(times_ms)
    slots[order] = np.arange(1, len(times_ms) + 1)
    return times_ms[order].tolist(), slots.reshape(-1, 2)


def _write_header(document: XmlDocument, timeline: Timeline, last_annotation: int) -> None:
    path = media_file(timeline)
    with document.element("HEADER", {"MEDIA_FILE": "", "TIME_UNITS": "milliseconds"}):
        if path is not None:
            document.leaf("MEDIA_DESCRIPTOR", {"MEDIA_URL": path.as_uri(), "MIME_TYPE": media_type(path)})
        document.leaf("PROPERTY", {"NAME": "lastUsedAnnotationId"}, str(last_annotation))


def _write_tier(
    document: XmlDocument, name: str, intervals: Sequence[Interval], slots: NDArray[np.int64], first_number: int
) -> None:
    with document.element("TIER", {"LINGUISTIC_TYPE_REF": _ALIGNABLE, "TIER_ID": name}):
        for number, interval in enumerate(intervals):
            first, last = slots[number]
            between = {"TIME_SLOT_REF1": f"ts{first}", "TIME_SLOT_REF2": f"ts{last}"}
            identity = {"ANNOTATION_ID": f"a{first_number + number}"}
            _write_annotation(document, "ALIGNABLE_ANNOTATION", identity | between, interval.text)


def _write_confidences(document: XmlDocument, confidences: Sequence[Interval], first_number: int) -> None:
    """Of the labels, whose annotations are the first of all."""
    tier = {"LINGUISTIC_TYPE_REF": _OF_LABEL, "PARENT_REF": LABEL, "TIER_ID": CONFIDENCE}
    with document.element("TIER", tier):
        for number, confidence in enumerate(confidences):
            identity = {"ANNOTATION_ID": f"a{first_number + number}", "ANNOTATION_REF": f"a{number + 1}"}
            _write_annotation(document, "REF_ANNOTATION", identity, confidence.text)


def _write_annotation(document: XmlDocument, kind: str, attributes: Mapping[str, str], words: str) -> None:
    with document.element("ANNOTATION"), document.element(kind, attributes):
        document.leaf("ANNOTATION_VALUE", words=words)
