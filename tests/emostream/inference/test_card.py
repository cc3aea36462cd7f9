"""The card in a model file: data only, and refused with one line when it cannot be used."""

import json

import msgspec
import pytest

from emostream.errors import ModelError
from emostream.features import Feature, FeatureSpec
from emostream.features.windows import WindowGrid
from emostream.inference.card import METADATA_KEY, ModelCard, from_metadata, to_metadata
from tests.support.tiny_models import MFCC_SPEC, TINY_CARD, tiny_card

OPTIONAL = {"attribution", "every_steps", "schema", "neutral_summary", "speech_summary", "label_summaries"}


def with_field(name: str, value: object) -> dict[str, str]:
    return {METADATA_KEY: json.dumps({**json.loads(to_metadata(TINY_CARD)[METADATA_KEY]), name: value})}


def refusal(metadata: dict[str, str]) -> str:
    with pytest.raises(ModelError) as caught:
        from_metadata(metadata, "some/model.onnx")
    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith("some/model.onnx: ")
    assert "export" in line, "the line says what to do"
    return line


@pytest.mark.parametrize("card", [TINY_CARD, tiny_card(features=MFCC_SPEC, attribution="thanks", scores={})])
def test_a_card_survives_the_metadata(card: ModelCard) -> None:
    assert from_metadata(to_metadata(card), "here") == card
    assert from_metadata({"producer": "someone", **to_metadata(card)}, "here") == card


def test_a_card_is_text_and_states_every_field() -> None:
    (text,) = to_metadata(TINY_CARD).values()
    assert set(json.loads(text)) == set(ModelCard.__struct_fields__)


@pytest.mark.parametrize(("metadata", "found"), [({}, "no metadata"), ({"b": "1", "a": "2"}, "found a, b")])
def test_a_file_without_a_card_is_refused(metadata: dict[str, str], found: str) -> None:
    line = refusal(metadata)
    assert found in line
    assert METADATA_KEY in line


@pytest.mark.parametrize("schema", [0, 2, "1", None, 1.0, [1]])
def test_another_schema_is_refused_before_anything_else_is_read(schema: object) -> None:
    line = refusal({METADATA_KEY: json.dumps({"schema": schema, "something": "new"})})
    assert f"has schema {json.dumps(schema)}" in line
    assert "reads schema 1" in line


def test_a_card_without_a_schema_is_refused() -> None:
    assert "has schema null" in refusal({METADATA_KEY: "{}"})


@pytest.mark.parametrize("name", [name for name in ModelCard.__struct_fields__ if name not in OPTIONAL])
def test_a_missing_field_is_named(name: str) -> None:
    fields = json.loads(to_metadata(TINY_CARD)[METADATA_KEY])
    del fields[name]
    assert f"missing required field `{name}`" in refusal({METADATA_KEY: json.dumps(fields)})


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("window_ms", "3000", "Expected `int`, got `str` - at `$.window_ms`"),
        ("window_ms", 0, "$.window_ms"),
        ("window_ms", 10**400, "$.window_ms"),
        ("window_ms", 10_000_000, "$.window_ms"),
        ("step_ms", -250, "$.step_ms"),
        ("every_steps", 0, "$.every_steps"),
        ("temperature", 0, "$.temperature"),
        ("labels", ["happy"], "$.labels"),
        ("labels", ["happy", "sad", "happy"], "labels must differ"),
        ("labels", {"happy": 1}, "$.labels"),
        ("scores", {"uar": "high"}, "$.scores"),
        ("shortest_window_ms", 3001, "a window must hold a frame"),
        ("shortest_window_ms", 20, "a window must hold a frame"),
        ("code", "import os", "unknown field `code`"),
        ("features", {"features": ["mfcc"], "n_mfcc": 200}, "n_mfcc must be 1 to n_mels"),
        ("features", {"features": ["mfcc"], "contrast_bands": 10**400}, "contrast_bands must be"),
        ("features", {"features": ["mfcc"], "sample_rate_hz": 10**400}, "sample_rate_hz must be"),
        ("features", {"features": ["mfcc"], "frame_length": 10**400}, "frame_length must be"),
        ("features", {"features": ["pitch"]}, "Invalid enum value 'pitch'"),
        ("features", {"features": ["mfcc"], "window": "hamming"}, "unknown field `window`"),
    ],
)
def test_a_value_that_cannot_be_is_refused_where_it_stands(name: str, value: object, said: str) -> None:
    assert said in refusal(with_field(name, value))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "1", "\x00", '{"schema": 1} x', '{"x":' + "[" * 100_000], ids=repr
)
def test_text_that_is_no_card_is_refused(text: str) -> None:
    refusal({METADATA_KEY: text})


def test_the_grid_is_in_samples_at_the_models_rate() -> None:
    assert TINY_CARD.grid() == WindowGrid(
        TINY_CARD.features, length_samples=48_000, step_samples=4_000, shortest_samples=8_000
    )
    spec = FeatureSpec(features=(Feature.MFCC,), sample_rate_hz=22_050)
    assert tiny_card(features=spec).grid().step_samples == 5_512


def test_the_mean_summaries_are_two_of_one_length() -> None:
    card = tiny_card(neutral_summary=(0.5, -1.0), speech_summary=(0.25, 0.0))
    assert from_metadata(to_metadata(card), "here") == card
    assert "neutral_summary and speech_summary must be of one length, got 1 and 0" in refusal(
        with_field("neutral_summary", [0.5])
    )
    assert "$.speech_summary[0]" in refusal(with_field("speech_summary", ["much"]))
    assert "label_summaries must be 4 of 0 numbers each, one a label: got lengths [2]" in refusal(
        with_field("label_summaries", [[0.5, 1]])
    )


def test_the_identity_says_which_network_was_trained_on_whom() -> None:
    identity = TINY_CARD.identity()
    assert msgspec.to_builtins(identity) == {"name": "tiny", "variant": "test", "split_hash": "0"}
    assert str(identity) == "tiny/test (0)"
    assert tiny_card(version="2", licence="other").identity() == identity
    assert tiny_card(split_hash="1").identity() != identity


def test_the_brief_is_what_clients_see() -> None:
    assert msgspec.to_builtins(TINY_CARD.brief()) == {
        "name": "tiny",
        "variant": "test",
        "version": "0.0.1",
        "licence": "MIT",
    }
