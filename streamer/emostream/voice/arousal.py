"""Arousal: how excited an utterance sounds, from what the networks say of it and from what no gain changes.

Loudness is left out on purpose: it says as much of the microphone's distance as of the voice.
"""

from collections.abc import Iterable, Mapping
from math import exp
from typing import Annotated

import msgspec

from emostream.errors import ModelError
from emostream.voice.speaker import RelativeVoice

SCHEMA = 1


class ArousalFormula(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A logistic function of the labels' probabilities and of two measures of the voice.

    arousal = 1 / (1 + exp(-z)), z = ``bias`` + sum of ``labels`` times p + ``pitch_per_semitone`` times how much higher
    the voice is than in the utterances before + ``tilt_per_db`` times how much steeper its spectrum falls than there.
    ``protocol`` says what the numbers were fitted to; ``python -m bench.arousal`` makes them.
    """

    labels: Annotated[dict[str, float], msgspec.Meta(min_length=1)]
    pitch_per_semitone: float
    tilt_per_db: float
    bias: float
    protocol: str
    schema: int = msgspec.field(default_factory=lambda: SCHEMA)

    def knows(self, labels: Iterable[str]) -> bool:
        """Whether each of these labels has a weight."""
        return all(label in self.labels for label in labels)

    def arousal(self, p: Mapping[str, float], relative: RelativeVoice) -> float:
        """0 (calm) to 1 (excited) of probabilities by label, which must be known ones."""
        z = (
            self.bias
            + sum(self.labels[label] * value for label, value in p.items())
            + self.pitch_per_semitone * relative.pitch_semitones
            + self.tilt_per_db * relative.tilt_db
        )
        return 1 / (1 + exp(-max(-50.0, min(z, 50.0))))


def encode_arousal(formula: ArousalFormula) -> bytes:
    """The formula as JSON, indented: it is read by people too."""
    return msgspec.json.format(msgspec.json.encode(formula), indent=1) + b"\n"


def decode_arousal(data: bytes, where: str) -> ArousalFormula:
    """The formula in some JSON; ``where`` names its place in errors. Raises ``ModelError``."""
    try:
        formula = msgspec.json.decode(data, type=ArousalFormula)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{where} cannot be used: {error}; make it with python -m bench.arousal") from error
    if formula.schema != SCHEMA:
        raise ModelError(
            f"{where} has schema {formula.schema}, this emostream reads schema {SCHEMA}: make it with "
            "python -m bench.arousal"
        )
    return formula
