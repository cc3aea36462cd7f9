"""EmotionML 1.0, held to the rules of the W3C Recommendation of 22 May 2014 that can be broken here."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from emostream import assets
from emostream.timelines.emotionml import write_emotionml
from tests.support.stream_events import VOICE
from tests.support.timeline_readers import EMOTIONML, OURS
from tests.support.timelines import LABELS, LENGTH_MS, SPOKEN, made_up_timeline, probabilities

NMTOKEN = re.compile(r"[\w.:·-]+")


@pytest.fixture
def root(tmp_path: Path) -> ElementTree.Element:
    path = tmp_path / "talk.emotionml"
    with path.open("wb") as file:
        write_emotionml(made_up_timeline(str(assets.DEMO_RECORDING)), file)
    return ElementTree.parse(path).getroot()


def test_the_document_is_as_the_recommendation_has_it(root: ElementTree.Element) -> None:
    assert root.tag == f"{EMOTIONML}emotionml"
    assert root.attrib["version"] == "1.0"
    # Info first, then vocabularies and emotions; nothing else.
    assert root[0].tag == f"{EMOTIONML}info"
    assert {child.tag for child in root} == {f"{EMOTIONML}{name}" for name in ("info", "vocabulary", "emotion")}
    (vocabulary,) = root.iter(f"{EMOTIONML}vocabulary")
    assert root.attrib["category-set"] == f"#{vocabulary.attrib['id']}"
    assert vocabulary.attrib["type"] == "category"
    items = [item.attrib["name"] for item in vocabulary.iter(f"{EMOTIONML}item")]
    assert len(set(items)) == len(LABELS)
    assert all(NMTOKEN.fullmatch(item) for item in items)
    for info in root.iter(f"{EMOTIONML}info"):
        assert all(not child.tag.startswith(EMOTIONML) for child in info)
    for emotion in root.iter(f"{EMOTIONML}emotion"):
        kinds = [child.tag.removeprefix(EMOTIONML) for child in emotion]
        assert kinds in (["info"] + ["category"] * 4 + ["dimension"], ["info"] + ["category"] * 4)
        names = [category.attrib["name"] for category in emotion.iter(f"{EMOTIONML}category")]
        assert names == items
        shares = [float(one.attrib["confidence"]) for one in emotion.iter(f"{EMOTIONML}category")]
        assert all(0 <= share <= 1 for share in shares)


def test_probabilities_arousal_and_the_recording_are_in_it(root: ElementTree.Element) -> None:
    emotions = list(root.iter(f"{EMOTIONML}emotion"))
    judged = [one for one in SPOKEN if one.confidence]
    for emotion, spoken in zip(emotions, judged, strict=True):
        assert emotion.attrib["time-ref-uri"] == assets.DEMO_RECORDING.as_uri()
        assert emotion.attrib["expressed-through"] == "voice"
        shares = [float(one.attrib["confidence"]) for one in emotion.iter(f"{EMOTIONML}category")]
        assert shares == list(probabilities(spoken).values())
        arousal = [float(one.attrib["value"]) for one in emotion.iter(f"{EMOTIONML}dimension")]
        assert arousal == ([VOICE.arousal] if spoken.label else [])
    (recording,) = root.iter(f"{OURS}recording")
    assert recording.attrib["length-ms"] == str(LENGTH_MS)
    items = root.iter(f"{EMOTIONML}item")
    assert [item.findtext(f"{EMOTIONML}info") for item in items] == list(LABELS)
