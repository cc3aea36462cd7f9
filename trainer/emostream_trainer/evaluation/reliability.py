"""What an evaluation tells the daemon: how far to trust a probability, as ``reliability.json``."""

from collections.abc import Sequence
from pathlib import Path

from emostream.inference.card import ModelIdentity
from emostream.pipeline.reliability import Curve, CurvePoint, Promise, Reliability, encode_reliability
from emostream_trainer.evaluation.selective import Tally, TargetResult, curve

FILE = "reliability.json"
PROTOCOL = (
    "clips by speakers never heard in training, streamed by the networks of their fold with the weights of the other "
    "folds; coverage is of speaking time for estimates and of utterances for utterances"
)


def write_reliability(
    out: Path,
    models: Sequence[ModelIdentity],
    weights: Sequence[float],
    tallies: tuple[Tally, Tally],
    results: Sequence[TargetResult],
) -> None:
    """Write ``reliability.json`` of models that listen together.

    The tallies, of live labels and of utterances, are of all folds; ``results`` are what came of asking, live labels.
    """
    estimates, utterances = tallies
    reliability = Reliability(
        models=tuple(models),
        weights=tuple(round(weight, 4) for weight in weights),
        estimates=_curve(estimates),
        utterances=_curve(utterances),
        promises=tuple(
            Promise(asked=result.target, right=round(result.right, 4), coverage=round(result.coverage, 4))
            for result in results
            if result.right is not None
        ),
        protocol=PROTOCOL,
    )
    (out / FILE).write_bytes(encode_reliability(reliability))


def _curve(tally: Tally) -> Curve:
    return Curve(
        points=tuple(
            CurvePoint(confidence=point.confidence, right=round(point.right, 4), coverage=round(point.coverage, 4))
            for point in curve(tally)
        )
    )
