"""How often a shown label is right on strangers, and where to fall silent so that it is right often enough.

The figures are measured on speakers or on whole corpora that the networks never heard; for other voices, rooms and
moods they are a guide.
"""

from collections.abc import Iterable
from itertools import pairwise
from typing import Annotated

import msgspec
import numpy as np

from emostream.errors import ModelError, UsageError
from emostream.events import Certainty, Unheard
from emostream.inference.card import ModelIdentity

SCHEMA = 3

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class CurvePoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of the labels shown at or above ``confidence`` the share ``right`` was; ``coverage`` is the share still shown."""

    confidence: Share
    right: Share
    coverage: Share


class Curve(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What being surer costs: points sorted by confidence, no two alike."""

    points: Annotated[tuple[CurvePoint, ...], msgspec.Meta(min_length=1)]

    def __post_init__(self) -> None:
        if any(after.confidence <= before.confidence for before, after in pairwise(self.points)):
            raise ValueError("a curve's points must be sorted by confidence, no two alike")

    def threshold(self, be_right: float) -> CurvePoint:
        """The least confidence at which the share ``be_right`` was right.

        Where none is, that at which most were: its ``right`` is then below ``be_right``.
        """
        for point in self.points:
            if point.right >= be_right:
                return point
        return max(self.points, key=lambda point: point.right)


class Promise(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What came of asking for the share ``asked`` of right labels: ``right`` and ``coverage`` on speakers who had no
    part in choosing the confidence."""

    asked: Share
    right: Share
    coverage: Share


class Reliability(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was measured of some models together: of each step's label and of each utterance's.

    ``weights``, one a model, are those of ``logarithmic_pool``. A confidence is chosen on the curves; what comes of it
    is in ``promises``, of the labels of steps, sorted by what is asked: the shares that some fold reached, none where
    nothing was. ``unheard`` is what the models that judged had never heard of a clip: its speaker alone, or its corpus
    too, as it is in every user's room. ``protocol`` says what was measured and how.
    """

    models: Annotated[tuple[ModelIdentity, ...], msgspec.Meta(min_length=1)]
    weights: tuple[Annotated[float, msgspec.Meta(ge=0)], ...]
    estimates: Curve
    utterances: Curve
    promises: tuple[Promise, ...]
    unheard: Unheard
    protocol: str
    schema: int = msgspec.field(default_factory=lambda: SCHEMA)

    def __post_init__(self) -> None:
        if len(self.weights) != len(self.models) or not any(self.weights):
            raise ValueError(f"expected a weight for each of {len(self.models)} models, one at least above 0")
        if any(after.asked <= before.asked for before, after in pairwise(self.promises)):
            raise ValueError("promises must be sorted by what is asked, no two alike")

    def weights_of(self, models: Iterable[ModelIdentity]) -> tuple[float, ...]:
        """The weights of these models in their order, which may be another than that of the figures."""
        of_model = dict(zip(self.models, self.weights, strict=True))
        return tuple(of_model[model] for model in models)

    def require_models(self, models: Iterable[ModelIdentity], where: str) -> None:
        """Raise ``ModelError`` unless these are the models that were measured; ``where`` names the figures' place."""
        given = set(models)
        if given != set(self.models):
            raise ModelError(
                f"{where} was measured with {_listed(self.models)}, expected {_listed(given)}: name the file that "
                "belongs to these models with --reliability, or evaluate them again"
            )

    def certainty(self, be_right: float) -> Certainty:
        """What comes of asking for ``be_right`` in the labels of single steps, between two promises in proportion.

        Raises ``UsageError`` for more than any fold has reached.
        """
        asked = [promise.asked for promise in self.promises]
        if not asked or be_right > asked[-1]:
            best = max(self.promises, key=lambda promise: promise.right, default=None)
            most = f"; the most was {best.right:.0%}, when {best.asked:.0%} was asked for" if best else ""
            raise UsageError(
                f"found {be_right:g} for --be-right, expected a share that labels of {self.unheard} never heard have "
                f"reached{most}: ask for less"
            )
        right, coverage = (
            float(np.interp(be_right, asked, [getattr(promise, of) for promise in self.promises]))
            for of in ("right", "coverage")
        )
        confidence = self.estimates.threshold(be_right).confidence
        return Certainty(be_right=be_right, confidence=confidence, right=right, coverage=coverage, unheard=self.unheard)


def encode_reliability(reliability: Reliability) -> bytes:
    """The figures as JSON, indented: they are read by people too."""
    return msgspec.json.format(msgspec.json.encode(reliability), indent=1) + b"\n"


def decode_reliability(data: bytes, where: str) -> Reliability:
    """The figures in some JSON; ``where`` names its place in errors. Raises ``ModelError``."""
    try:
        schema = bytes(msgspec.json.decode(data, type=dict[str, msgspec.Raw]).get("schema", msgspec.Raw(b"null")))
        if schema != str(SCHEMA).encode():
            raise ModelError(
                f"{where} has schema {schema.decode(errors='replace')}, this emostream reads schema {SCHEMA}: "
                "evaluate the models again"
            )
        return msgspec.json.decode(data, type=Reliability)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{where} cannot be used: {error}; evaluate the models again") from error


def cost(certainty: Certainty) -> str:
    """What came of asking for a certainty, and what that costs, as one line for people."""
    return (
        f"asked for {certainty.be_right:.0%} right: {certainty.right:.0%} were, on {certainty.unheard} never heard; "
        f"a label for {certainty.coverage:.0%} of speech"
    )


def _listed(models: Iterable[ModelIdentity]) -> str:
    return " and ".join(sorted(map(str, models)))
