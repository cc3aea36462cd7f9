"""What an evaluation tells the daemon: how far to trust a probability, as ``reliability.json``."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from emostream.events import Unheard
from emostream.inference.card import ModelIdentity
from emostream.pipeline.reliability import Curve, CurvePoint, Promise, Reliability, encode_reliability
from emostream_trainer.evaluation.selective import Tally, TargetResult, curve

FILE = "reliability.json"
COVERAGE = "coverage is of speaking time for estimates and of utterances for utterances"
PROTOCOLS: dict[Unheard, str] = {
    "speakers": "clips by speakers never heard in training, streamed by the networks of their fold with the weights of "
    f"the other folds; {COVERAGE}",
    "corpora": "clips of corpora never heard in training, streamed by networks that heard others alone, with weights "
    f"as sure as these others ask for; {COVERAGE}",
}


@dataclass(frozen=True)
class Measured:
    """What was measured of models on clips whose speaker or corpus (``unheard``) they had never heard.

    ``tallies``, of live labels and of utterances, are of all parts; ``results`` are what came of asking, live labels.
    """

    tallies: tuple[Tally, Tally]
    results: Sequence[TargetResult]
    unheard: Unheard


def write_reliability(out: Path, models: Sequence[ModelIdentity], weights: Sequence[float], measured: Measured) -> None:
    """Write ``reliability.json`` of models that listen together."""
    estimates, utterances = measured.tallies
    reliability = Reliability(
        models=tuple(models),
        weights=tuple(round(weight, 4) for weight in weights),
        estimates=_curve(estimates),
        utterances=_curve(utterances),
        promises=tuple(
            Promise(asked=result.target, right=round(result.right, 4), coverage=round(result.coverage, 4))
            for result in measured.results
            if result.right is not None
        ),
        unheard=measured.unheard,
        protocol=PROTOCOLS[measured.unheard],
    )
    (out / FILE).write_bytes(encode_reliability(reliability))


def _curve(tally: Tally) -> Curve:
    return Curve(
        points=tuple(
            CurvePoint(confidence=point.confidence, right=round(point.right, 4), coverage=round(point.coverage, 4))
            for point in curve(tally)
        )
    )
