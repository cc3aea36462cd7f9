"""Scores of what microphones, telephones, headsets and rooms do to clips, against the clips as they are."""

from functools import partial
from pathlib import Path

from emostream_trainer.corpora.labels import LabelSet
from emostream_trainer.evaluation import plots
from emostream_trainer.evaluation.disturbance import HEADSET, OFFSET, QUIET, ROOM, TELEPHONE, WHITE, disturbance_for
from emostream_trainer.evaluation.folds import FoldEnsembles
from emostream_trainer.evaluation.noise import BABBLE, CAFE
from emostream_trainer.evaluation.report import Section, Table, change, percent, score
from emostream_trainer.evaluation.result import StreamedEvaluation
from emostream_trainer.evaluation.sample import Sample
from emostream_trainer.metrics import NO_LABEL

NAMES = {
    TELEPHONE: "telephone",
    HEADSET: "headset",
    OFFSET: "offset of .05",
    QUIET: "30 dB lower",
    WHITE: "white noise, 20 dB",
    BABBLE: "babble, 10 dB",
    CAFE: "cafe, 10 dB",
    ROOM: "a room, .5 s",
}
# How far UAR may fall; None where no bound is set.
MOST_FALL: dict[str, float | None] = {
    TELEPHONE: 0.04,
    HEADSET: None,
    OFFSET: 0.005,
    QUIET: 0.02,
    WHITE: 0.05,
    BABBLE: 0.08,
    CAFE: 0.05,
    ROOM: None,
}
ABOUT = (
    "The telephone is 300 to 3400 Hz at 8 kHz in mu-law (G.711); the headset the same band in CVSD of 64 kbit/s, "
    "Bluetooth's narrow-band codec; the offset a constant, of full scale; 30 dB lower is in 16 bits. Babble is four "
    "other speakers near by, cafe twelve in a room with noise; ratios are of the whole clip's power. The room "
    "reverberates for .5 s."
)


def disturbed(
    evaluation: StreamedEvaluation, ensembles: FoldEnsembles, labels: LabelSet, per_corpus: int, out: Path
) -> Section:
    """UAR of a sample of the clips of an evaluation under each disturbance, and how far it falls."""
    sample = Sample.of(evaluation, ensembles, labels, per_corpus)
    rows = [_row("clean", sample.clean, "–", "–")]
    numbers: dict[str, object] = {"clips": len(sample.clean.clips), "clean": {"scores": sample.clean.scores()}}
    falls = {}
    for kind, name in NAMES.items():
        found = sample.disturbed(name, partial(disturbance_for, kind=kind))
        fall, low, high = falls[name] = found.fall_from(sample.clean)
        rows.append(_row(name, found, change(fall, (low, high)), score(MOST_FALL[kind])))
        numbers[name] = {"scores": found.scores(), "fall": fall, "interval": (low, high), "most": MOST_FALL[kind]}
    picture = out / "disturbed.png"
    plots.falls_picture(picture, falls, {NAMES[kind]: most for kind, most in MOST_FALL.items() if most is not None})
    body = (
        f"UAR of {len(sample.clean.clips)} clips, at most {per_corpus} of each corpus, the same in each row. The fall "
        "is against clean, with the 95 % interval of the difference over speakers: each draw has the same speakers in "
        f"both. {ABOUT}",
        Table(("", "mean", "fall", "fall at most", *sample.clean.uar_by_corpus(), "no verdict"), tuple(rows)),
        picture,
    )
    return Section("disturbed", "Telephones, headsets, rooms", body, numbers)


def _row(name: str, found: StreamedEvaluation, fall: str, most: str) -> tuple[str, ...]:
    without_label = percent(float((found.predicted == NO_LABEL).mean()))
    by_corpus = found.uar_by_corpus().values()
    return name, score(found.scores()["UAR mean"]), fall, most, *(score(uar) for uar in by_corpus), without_label
