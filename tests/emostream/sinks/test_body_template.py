"""What a template makes of an event: JSON stays JSON whatever stands in the event, text stays text."""

import json

import pytest

from emostream.errors import UsageError
from emostream.events import Gap, Utterance, VoiceMeasures
from emostream.sinks.body_template import BodyTemplate, fields_of

AT = {"stream": "live", "t_start_ms": 0, "t_end_ms": 900}
VOICE = VoiceMeasures(pitch_hz=200.0, pitch_range_semitones=3.0, loudness_dbfs=-20.0, syllables_per_s=4.0)
NAMED = Utterance(seq=3, p={"très triste": 0.25, 'a"b': 0.75}, label='a"b', confidence=0.75, voice=VOICE, **AT)
UNSURE = Utterance(seq=4, p={"sad": 0.5}, confidence=0.5, **AT)
TYPES = ["utterance", "gap"]


def rendered(text: str, event: Utterance | Gap = NAMED, source: str = "Yeti") -> str:
    return BodyTemplate(text, TYPES, "t.json").render(fields_of(event, source)).decode()


def test_a_string_that_is_one_placeholder_has_the_fields_type() -> None:
    text = '{"label": "${label}", "c": "${confidence}", "p": "${p}", "hz": "${voice.pitch_hz}", "n": [1, "${percent}"]}'
    made = json.loads(rendered(text))
    assert made == {"label": 'a"b', "c": 0.75, "p": NAMED.p, "hz": 200.0, "n": [1, 75]}
    made = json.loads(rendered(text, UNSURE))
    assert made == {"label": None, "c": 0.5, "p": {"sad": 0.5}, "hz": None, "n": [1, 50]}


def test_within_a_string_fields_are_text() -> None:
    text = '{"text": "${source}: ${label}, ${p.très triste} of $1 ${voice.arousal}${ts}"}'
    assert json.loads(rendered(text)) == {"text": 'Yeti: a"b, 0.25 of $1 '}
    assert json.loads(rendered(text, UNSURE)) == {"text": "Yeti: unsure,  of $1 "}


def test_the_whole_event() -> None:
    made = json.loads(rendered('{"event": "${event}"}', Gap(seq=5, lost_ms=2.5, **AT)))
    assert made["event"] == {"type": "gap", "seq": 5, **AT, "v": 1, "lost_ms": 2.5, "source": "Yeti"}


def test_text_that_is_no_json() -> None:
    assert rendered("${type} of ${source}: ${label} ${percent} %, $${label}") == 'utterance of Yeti: a"b 75 %, ${label}'


def test_a_name_that_is_not_utf_8_stays_one_body() -> None:
    assert json.loads(rendered('{"s": "${source}"}', source="caf\udce9")) == {"s": "caf\udce9"}
    assert rendered("${source}", source="caf\udce9") == "caf?"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"label": ${label}}', "t.json begins as JSON and is none"),
        ("${labl}", r"found \$\{labl\} in t.json, expected p.LABEL or some of .*label"),
        ('{"a": ["${voice.hz}"]}', r"found \$\{voice.hz\}"),
        ("${level_dbfs}", r"found \$\{level_dbfs\}"),
    ],
)
def test_a_wrong_template_is_one_line(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        BodyTemplate(text, TYPES, "t.json")
    assert "\n" not in str(caught.value)
