"""ELAN's annotations, opened by pympi."""

from pathlib import Path
from xml.etree import ElementTree

import pympi

from emostream import assets
from emostream.timelines.eaf import write_eaf
from tests.support.timelines import NAMES, SPOKEN, made_up_timeline


def written(tmp_path: Path, source: str = "nowhere.wav") -> Path:
    path = tmp_path / "talk.eaf"
    with path.open("wb") as file:
        write_eaf(made_up_timeline(source), file)
    return path


def test_there_is_a_tier_each_and_a_confidence_belongs_to_its_label(tmp_path: Path) -> None:
    found = pympi.Eaf(str(written(tmp_path)))
    assert list(found.get_tier_names()) == ["label", "confidence", "speech", "gaps"]
    assert found.get_child_tiers_for("label") == ["confidence"]
    speech = sorted(found.get_annotation_data_for_tier("speech"))
    assert [annotation[:2] for annotation in speech] == [span[:2] for span in NAMES]
    confidences = sorted(found.get_annotation_data_for_tier("confidence"))
    assert [(start, end) for start, end, *_ in confidences] == [span[:2] for span in NAMES]
    assert [annotation[2] for annotation in confidences] == [
        f"{one.confidence:.4f}" if one.confidence else "" for one in SPOKEN
    ]


def test_every_identifier_is_there_once_and_slots_are_in_order_and_shared_by_none(tmp_path: Path) -> None:
    root = ElementTree.parse(written(tmp_path)).getroot()
    slots = [slot.attrib for slot in root.iter("TIME_SLOT")]
    times = [int(slot["TIME_VALUE"]) for slot in slots]
    assert times == sorted(times)
    used = [
        annotation.attrib[name]
        for annotation in root.iter("ALIGNABLE_ANNOTATION")
        for name in ("TIME_SLOT_REF1", "TIME_SLOT_REF2")
    ]
    assert sorted(used) == sorted(slot["TIME_SLOT_ID"] for slot in slots)
    identities = [element.attrib["ANNOTATION_ID"] for element in root.iter() if "ANNOTATION_ID" in element.attrib]
    assert len(set(identities)) == len(identities)
    assert root.findtext("HEADER/PROPERTY[@NAME='lastUsedAnnotationId']") == identities_last(identities)
    kinds = {kind.attrib["LINGUISTIC_TYPE_ID"] for kind in root.iter("LINGUISTIC_TYPE")}
    assert {tier.attrib["LINGUISTIC_TYPE_REF"] for tier in root.iter("TIER")} == kinds


def test_it_is_linked_to_the_recording_where_that_is_a_file(tmp_path: Path) -> None:
    (media,) = pympi.Eaf(str(written(tmp_path, str(assets.DEMO_RECORDING)))).media_descriptors
    assert media["MEDIA_URL"] == assets.DEMO_RECORDING.as_uri()
    assert "flac" in media["MIME_TYPE"]
    assert pympi.Eaf(str(written(tmp_path, "a microphone"))).media_descriptors == []


def identities_last(identities: list[str]) -> str:
    return str(max(int(identity.removeprefix("a")) for identity in identities))
