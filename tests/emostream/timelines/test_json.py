"""Timelines as JSON."""

import io
import json
import os

from emostream.timelines.json import SCHEMA, write_json
from tests.support.stream_events import VOICE
from tests.support.timelines import LABELS, LENGTH_MS, N_STEPS, SOURCE, SPOKEN, made_up_timeline, probabilities


def test_it_holds_all_that_is_known() -> None:
    file = io.BytesIO()
    write_json(made_up_timeline(), file)
    found = json.loads(file.getvalue())
    assert (found["schema"], found["length_ms"], found["labels"]) == (SCHEMA, LENGTH_MS, list(LABELS))
    assert os.fsencode(found["source"]) == os.fsencode(SOURCE)
    assert found["speech_ms"] == sum(one.end_ms - one.start_ms for one in SPOKEN)
    assert found["lost_ms"] == 2_499
    assert found["summary"] == {
        "label": "angry",
        "confidence": 0.82,
        "p": probabilities(SPOKEN[0]),
        "share": dict.fromkeys(LABELS, 0.25),
    }
    assert [model["name"] for model in found["models"]] == ["first", "second"]
    assert found["utterances"][0] == {
        "start_ms": 1_000,
        "end_ms": 3_200,
        "label": "angry",
        "p": probabilities(SPOKEN[0]),
        "confidence": 0.82,
        "voice": {name: getattr(VOICE, name) for name in VOICE.__struct_fields__},
        "earlier": ["שמח"],
        "ts": None,
        "is_ended": True,
    }
    assert "steps" not in found


def test_steps_come_along_where_they_are_wanted() -> None:
    file = io.BytesIO()
    write_json(made_up_timeline(with_steps=True), file)
    found = json.loads(file.getvalue())
    assert len(found["steps"]) == N_STEPS
    assert found["steps"][0]["p"] == {}
    assert found["steps"][7]["p"] == probabilities(SPOKEN[0])
    assert len(found["utterances"]) == len(SPOKEN)
