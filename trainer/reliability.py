"""What an evaluation tells the daemon: how far to trust a probability, as ``reliability.json``."""

from pathlib import Path
from typing import NamedTuple

import msgspec

from trainer.abstention import Tally, curve

FILE = "reliability.json"
SCHEMA = 1
PROTOCOL = (
    "fitted on clips by speakers never heard in training, streamed; the temperature divides the logarithm of the "
    "models' mean "
    "probabilities as events carry them, after smoothing or the mean over an utterance; rows are the probability "
    "from which "
    "on a label is named, the share right of what is named, the share named (of speaking time, of utterances)"
)


class Identity(NamedTuple):
    """A network, and by its hash the split that its folds were judged on."""

    name: str
    variant: str
    split_hash: str


def write_reliability(
    out: Path, models: list[Identity], temperature: float, estimates: Tally, utterances: Tally
) -> None:
    """Write ``reliability.json`` of models that listen together; the tallies are of all folds, so tempered."""
    facts = {
        "schema": SCHEMA,
        "models": models,
        "temperature": round(temperature, 4),
        "estimates": _rows(estimates),
        "utterances": _rows(utterances),
        "protocol": PROTOCOL,
    }
    (out / FILE).write_bytes(msgspec.json.format(msgspec.json.encode(facts), indent=2))


def _rows(tally: Tally) -> list[tuple[float, float, float]]:
    return [(point.confidence, round(point.right, 4), round(point.coverage, 4)) for point in curve(tally)]
