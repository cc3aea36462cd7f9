"""What an evaluation tells the daemon: how far to trust a probability, as ``reliability.json``."""

from collections.abc import Sequence
from pathlib import Path

from emostream.inference.card import ModelIdentity
from emostream.pipeline.reliability import Curve, CurvePoint, Reliability, encode_reliability
from emostream_trainer.evaluation.selective import Tally, curve

FILE = "reliability.json"
PROTOCOL = (
    "clips by speakers never heard in training, streamed by the networks of their fold with the weights of the other "
    "folds; coverage is of speaking time for estimates and of utterances for utterances"
)


def write_reliability(
    out: Path, models: Sequence[ModelIdentity], weights: Sequence[float], estimates: Tally, utterances: Tally
) -> None:
    """Write ``reliability.json`` of models that listen together; the tallies are of all folds."""
    reliability = Reliability(
        models=tuple(models),
        weights=tuple(round(weight, 4) for weight in weights),
        estimates=_curve(estimates),
        utterances=_curve(utterances),
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
