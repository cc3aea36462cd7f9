"""Readers of timelines' files that are not ours: what each format says of utterances and of gaps."""

import html
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import pandas
import parselmouth
import pympi
import srt
import webvtt
from parselmouth.praat import call

from tests.support.timelines import Span

Found = tuple[list[Span], list[Span]]
EMOTIONML = "{http://www.w3.org/2009/10/emotionml}"
OURS = "{urn:emostream:timeline}"
_GAP = re.compile(r"\[(lost|paused)\]")
# NIST's Rich Transcription 2009: type, file, channel, begin, duration, orthography, subtype, name, confidence, SLAT.
_RTTM = re.compile(
    r"(SPEAKER|NOSCORE) (\S+) 1 (\d+\.\d+) (\d+\.\d+) <NA> <NA> (\S+) (0\.\d+|1\.0+|<NA>) <NA>", re.ASCII
)


def read_csv(path: Path) -> Found:
    return _of_rows(pandas.read_csv(path, encoding="utf-8").to_dict("records"))


def read_parquet(path: Path) -> Found:
    query = duckdb.sql(f"SELECT * FROM read_parquet('{path}')")
    return _of_rows([dict(zip(query.columns, row, strict=True)) for row in query.fetchall()])


def read_json(path: Path) -> Found:
    found = json.loads(path.read_bytes())
    names = [(one["label"] or "unsure") if one["p"] else "too short" for one in found["utterances"]]
    spoken = [Span(one["start_ms"], one["end_ms"], name) for one, name in zip(found["utterances"], names, strict=True)]
    return spoken, [Span(gap["start_ms"], gap["end_ms"], gap["reason"]) for gap in found["gaps"]]


def read_srt(path: Path) -> Found:
    cues = srt.parse(path.read_text(encoding="utf-8"), ignore_errors=False)
    return _of_cues((_ms(cue.start.total_seconds()), _ms(cue.end.total_seconds()), cue.content) for cue in cues)


def read_vtt(path: Path) -> Found:
    cues = webvtt.read(str(path), strict=True)
    return _of_cues(
        (cue.start_time.in_milliseconds(), cue.end_time.in_milliseconds(), html.unescape(cue.text)) for cue in cues
    )


def read_audacity(path: Path) -> Found:
    """By its manual: start and end in seconds, and the label, with tabs between them."""
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    return _of_cues((_ms(float(start)), _ms(float(end)), words) for start, end, words in rows)


def read_rttm(path: Path) -> Found:
    spoken, gaps = [], []
    for line in path.read_text(encoding="utf-8").splitlines():
        fields = _RTTM.fullmatch(line)
        assert fields, line
        kind, _, start, duration, name, _ = fields.groups()
        span = Span(_ms(float(start)), _ms(float(start)) + _ms(float(duration)), name.replace("_", " "))
        (spoken if kind == "SPEAKER" else gaps).append(span)
    return spoken, gaps


def read_textgrid(path: Path) -> Found:
    """By Praat itself."""
    grid = parselmouth.read(str(path))
    tiers = {call(grid, "Get tier name", number): _intervals(grid, number) for number in (1, 2, 3, 4)}
    return tiers["label"], tiers["gaps"]


def read_eaf(path: Path) -> Found:
    found = pympi.Eaf(str(path))
    return _spans(found.get_annotation_data_for_tier("label")), _spans(found.get_annotation_data_for_tier("gaps"))


def read_emotionml(path: Path) -> Found:
    root = ElementTree.parse(path).getroot()
    spoken = [
        Span(
            int(emotion.attrib["offset-to-start"]),
            int(emotion.attrib["offset-to-start"]) + int(emotion.attrib["duration"]),
            emotion.findtext(f"{EMOTIONML}info", ""),
        )
        for emotion in root.iter(f"{EMOTIONML}emotion")
    ]
    spoken += [_of_info(one, "verdict") for one in root.iter(f"{OURS}speech")]
    return sorted(spoken), [_of_info(one, "reason") for one in root.iter(f"{OURS}gap")]


READERS: dict[str, Callable[[Path], Found]] = {
    "csv": read_csv,
    "json": read_json,
    "srt": read_srt,
    "vtt": read_vtt,
    "audacity": read_audacity,
    "rttm": read_rttm,
    "textgrid": read_textgrid,
    "eaf": read_eaf,
    "emotionml": read_emotionml,
    "parquet": read_parquet,
}
# These have words in place of labels.
WORDED = ("srt", "vtt", "audacity")


def _of_rows(rows: Iterable[dict[str, object]]) -> Found:
    spoken, gaps = [], []
    for row in rows:
        times = _ms(row["start_s"]), _ms(row["end_s"])
        if row["type"] == "gap":
            gaps.append(Span(*times, str(row["reason"])))
        elif pandas.isna(row["confidence"]):
            spoken.append(Span(*times, str(row["reason"])))
        else:
            spoken.append(Span(*times, "unsure" if pandas.isna(row["label"]) else str(row["label"])))
    return spoken, gaps


def _of_cues(cues: Iterable[tuple[int, int, str]]) -> Found:
    spans = [Span(*cue) for cue in cues]
    return [cue for cue in spans if not _GAP.fullmatch(cue.text)], [cue for cue in spans if _GAP.fullmatch(cue.text)]


def _of_info(element: ElementTree.Element, name: str) -> Span:
    return Span(int(element.attrib["start-ms"]), int(element.attrib["end-ms"]), element.attrib[name])


def _intervals(grid: object, tier: int) -> list[Span]:
    """The intervals of a tier that have a text."""
    found = [
        (
            call(grid, "Get start time of interval", tier, number),
            call(grid, "Get end time of interval", tier, number),
            call(grid, "Get label of interval", tier, number),
        )
        for number in range(1, call(grid, "Get number of intervals", tier) + 1)
    ]
    return [Span(_ms(start), _ms(end), text) for start, end, text in found if text]


def _spans(annotations: Iterable[tuple[object, ...]]) -> list[Span]:
    return sorted(Span(*annotation[:3]) for annotation in annotations)


def _ms(seconds: object) -> int:
    return round(1000 * float(str(seconds)))
