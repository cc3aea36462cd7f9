"""The widget's texts: in the language of the page, from right to left, and in the page's own words."""

import json
import re
from importlib import resources

import msgspec
import pytest
from playwright.sync_api import expect

from emostream.events import Certainty
from emostream.server.server import Server
from tests.emostream.widget.conftest import Open
from tests.support.stream_events import LABELS, PATIENT_STEP_MS, VOICE, estimate, gap, hello, utterance
from tests.support.widget_page import meter, part

LANGUAGES = ("en", "de", "ru", "es", "zh")
READING = {
    "en": ("A voice is being read", "happy", "82 % likely90 % agreement of the networks", "0.4 s of audio lost"),
    "de": (
        "Eine Stimme wird gelesen",
        "fröhlich",
        "82 % wahrscheinlich90 % Übereinstimmung der Netze",
        "0,4 s Ton verloren",
    ),
    "ru": ("Голос анализируется", "радость", "вероятность 82 %согласие сетей 90 %", "потеряно 0,4 с звука"),
    "es": (
        "Se está leyendo una voz",
        "alegría",
        "82 % de probabilidad90 % de acuerdo entre las redes",
        "0,4 s de sonido perdidos",
    ),
    "zh": ("正在分析声音", "高兴", "可能性 82%网络一致性 90%", "丢失 0.4 秒音频"),
}
HEBREW = {"reading": "קול נקרא", "likely": "הסתברות *{p}*", "labels": {"happy": "שמח"}, "agreement": "הסכמה *{p}*"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_speaks_the_language_of_the_page(open_page: Open, sink: Server, language: str) -> None:
    page = open_page("?layout=card&theme=light")
    page.evaluate("language => { document.documentElement.lang = language }", f"{language}-XX")
    certainty = Certainty(be_right=0.8, confidence=0.67, right=0.79, coverage=0.29, unheard="corpora")
    sink.emit(msgspec.structs.replace(hello(step_ms=PATIENT_STEP_MS), certainty=certainty))
    sink.emit(gap(1))
    sink.emit(utterance(9, "sad", VOICE))
    sink.emit(estimate(10, "happy", top=0.82))
    notice, label, detail, losses = READING[language]
    expect(part(page, "notice")).to_have_text(notice)
    expect(part(page, "label")).to_have_text(label)
    expect(part(page, "detail")).to_have_text(detail)
    expect(part(page, "losses")).to_contain_text(losses)
    expect(part(page, "label")).to_have_attribute("lang", re.compile(f"^{language}"))
    expect(page.locator("#live .card")).to_have_attribute("lang", re.compile(f"^{language}"))
    expect(meter(page, label)).to_have_attribute("aria-valuenow", "82")
    shown = page.locator("#live .card").inner_text()
    assert not re.search(r"[{}*]|undefined|null", shown), shown


def test_every_table_has_every_text() -> None:
    """What a table lacks would be English in the midst of another language."""
    tables = {name: _keys(name) for name in LANGUAGES}
    may_be_english = {"percent", "seconds", "decibels", "hertz", "dbfs", "share"}
    for name, keys in tables.items():
        assert keys <= tables["en"], name
        assert tables["en"] - keys <= may_be_english, name


def test_every_text_has_the_values_of_the_english_one() -> None:
    english = _templates("en")
    for name in LANGUAGES:
        for key, values in _templates(name).items():
            assert values == english[key], (name, key)


def _script(name: str) -> str:
    return (resources.files("emostream") / "widget" / f"texts_{name}.js").read_text(encoding="utf-8")


def _keys(name: str) -> set[str]:
    """Names at the first level, and those of the second as ``labels.angry``; plural forms are of one text."""
    keys: set[str] = set()
    outer = ""
    for line in _script(name).splitlines():
        if found := re.match(r"  (\w+): (\{$)?", line):
            outer = found[1]
            keys.add(outer)
        elif found := re.match(r"    (\w+):", line):
            keys.add(f"{outer}.{found[1]}")
    return keys


def _templates(name: str) -> dict[str, set[str]]:
    found = re.findall(r'^  (\w+): "(.*)",$', _script(name), re.MULTILINE)
    return {key: set(re.findall(r"\{(\w+)\}", text)) for key, text in found}


def test_numbers_decide_the_form_of_a_word(open_page: Open, sink: Server) -> None:
    page = open_page("?layout=card&theme=light&lang=ru")
    sink.emit(hello(step_ms=PATIENT_STEP_MS))
    for seq, words in ((3, "пропущено 2 обновления"), (7, "пропущено 5 обновлений"), (23, "пропущено 20 обновлений")):
        sink.emit(estimate(seq))
        expect(part(page, "losses")).to_have_text(words)
    sink.emit(estimate(25))
    expect(part(page, "losses")).to_have_text("пропущено 21 обновление")


def test_from_right_to_left_numbers_and_bars_are_the_right_way_round(open_page: Open, sink: Server) -> None:
    page = open_page("?layout=card&theme=light", viewport={"width": 860, "height": 700}, reduced_motion="reduce")
    page.evaluate("() => Object.assign(document.documentElement, { dir: 'rtl', lang: 'he' })")
    sink.emit(hello(step_ms=PATIENT_STEP_MS))
    sink.emit(estimate(1, "happy", top=0.82))
    # No texts of ours: English, in the page's direction.
    expect(part(page, "notice")).to_have_text("A voice is being read")
    for words in page.locator("#live .share").all():
        expect(words).to_have_attribute("dir", "auto")  # or it would be "22- dB" and "% 82"
    label, bars = (page.locator(f"#live #{name}").bounding_box() for name in ("label", "bars"))
    assert label is not None
    assert bars is not None
    assert label["x"] > bars["x"] + bars["width"]
    track, fill = (meter(page, "happy"), meter(page, "happy").locator(".fill"))
    outer, inner = track.bounding_box(), fill.bounding_box()
    assert outer is not None
    assert inner is not None
    # Four fifths from the right: the rest of the fill is moved out of the track, beyond its right end.
    assert inner["x"] - outer["x"] == pytest.approx(0.18 * outer["width"], abs=2)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 860

    page.locator("#live").evaluate("(element, table) => { element.texts = table }", HEBREW)
    expect(part(page, "notice")).to_have_text("קול נקרא")
    expect(part(page, "label")).to_have_text("שמח")
    expect(part(page, "label")).to_have_attribute("lang", "he")
    expect(part(page, "detail")).to_have_attribute("dir", "rtl")
    expect(part(page, "detail").locator("b").first).to_have_text("\u206882 %\u2069")  # isolated from what is around it
    minus = "\u2212"
    expect(page.locator("#live .share").last).to_have_text(f"\u200e{minus}25 dB")


def test_a_page_has_its_own_words(open_page: Open, sink: Server) -> None:
    page = open_page("?layout=card&theme=light&lang=de")
    sink.emit(hello(step_ms=PATIENT_STEP_MS))
    sink.emit(estimate(1, "happy"))
    own = {"reading": "Hier wird *gelesen*", "labels": {"happy": "froh"}}
    page.locator("#live").evaluate("(element, json) => element.setAttribute('texts', json)", json.dumps(own))
    expect(part(page, "notice")).to_have_text("Hier wird gelesen")
    expect(page.locator("#live .name")).to_have_text(["wütend", "froh", "neutral", "traurig", "Pegel"])
    expect(part(page, "detail")).to_contain_text("wahrscheinlich")
    page.evaluate(
        """() => {
            document.querySelector("#live").remove();
            const element = Object.assign(document.createElement("emo-stream"), { id: "live", lang: "fr" });
            element.texts = { waitingForSpeech: "en attente", lang: "fr" };
            document.body.append(element);
        }"""
    )
    expect(part(page, "label")).to_have_text("happy")  # a late joiner sees the estimate at once
    sink.emit(hello(step_ms=PATIENT_STEP_MS))
    expect(part(page, "label")).to_have_text("en attente")


def test_a_label_that_no_table_names_stays_as_it_is(open_page: Open, sink: Server) -> None:
    labels = (*LABELS[:3], "gelassen")
    page = open_page("?layout=card&theme=light")
    sink.emit(hello(labels=labels, step_ms=PATIENT_STEP_MS))
    sink.emit(estimate(1, "gelassen", labels=labels))
    expect(part(page, "label")).to_have_text("gelassen")
    expect(part(page, "label")).to_have_attribute("lang", "")
    expect(part(page, "label")).to_have_attribute("dir", "auto")
    sink.emit(estimate(2, None, labels=labels))
    expect(part(page, "detail").locator("[lang='']")).to_have_text("gelassen")
