"""The formula of arousal, and the file that it comes in."""

import msgspec
import pytest

from emostream import assets
from emostream.errors import ModelError
from emostream.voice.arousal import ArousalFormula, decode_arousal, encode_arousal
from emostream.voice.speaker import RelativeVoice

FORMULA = ArousalFormula(
    labels={"angry": 2.0, "sad": -1.0},
    pitch_per_semitone=0.5,
    tilt_per_db=-0.25,
    bias=0.0,
    protocol="none",
)


def test_it_is_a_logistic_function_of_a_sum() -> None:
    assert FORMULA.arousal({"angry": 0.0, "sad": 0.0}, RelativeVoice()) == 0.5
    found = FORMULA.arousal({"angry": 0.75, "sad": 0.25}, RelativeVoice(pitch_semitones=2, tilt_db=4))
    assert found == pytest.approx(1 / (1 + 2.718281828 ** -(1.5 - 0.25 + 1.0 - 1.0)))


@pytest.mark.parametrize(("semitones", "expected"), [(1e6, 1.0), (-1e6, 0.0)])
def test_it_stays_within_0_and_1(semitones: float, expected: float) -> None:
    assert FORMULA.arousal({}, RelativeVoice(pitch_semitones=semitones)) == pytest.approx(expected)


def test_it_knows_its_own_labels() -> None:
    assert FORMULA.knows(("sad",))
    assert FORMULA.knows(("angry", "sad"))
    assert not FORMULA.knows(("sad", "bored"))


def test_it_comes_back_from_its_file() -> None:
    assert decode_arousal(encode_arousal(FORMULA), "here") == FORMULA


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{" * 100_000,
        encode_arousal(FORMULA).replace(b'"bias"', b'"bia"'),
        encode_arousal(msgspec.structs.replace(FORMULA, schema=2)),
        encode_arousal(msgspec.structs.replace(FORMULA, labels={})),
        encode_arousal(FORMULA).replace(b'"bias": 0', b'"bias": "much"'),
    ],
)
def test_another_file_is_refused_in_one_line(data: bytes) -> None:
    with pytest.raises(ModelError, match=r"^here [^\n]*bench\.arousal$"):
        decode_arousal(data, "here")


def test_the_shipped_formula_has_the_order_that_is_accepted() -> None:
    formula = assets.load_arousal()
    even = dict.fromkeys(formula.labels, 0.0)
    of_label = {label: formula.arousal({**even, label: 1.0}, RelativeVoice()) for label in even}
    assert of_label["angry"] > of_label["happy"] > of_label["sad"] > of_label["neutral"]
    p = dict.fromkeys(formula.labels, 0.25)
    higher = formula.arousal(p, RelativeVoice(pitch_semitones=4))
    darker = formula.arousal(p, RelativeVoice(tilt_db=4))
    assert higher > formula.arousal(p, RelativeVoice()) > darker
