"""Scores behind noise."""

from functools import partial
from pathlib import Path

from emostream_trainer.corpora.labels import LabelSet
from emostream_trainer.evaluation import plots
from emostream_trainer.evaluation.folds import FoldEnsembles
from emostream_trainer.evaluation.noise import KINDS, SNRS_DB, noise_for
from emostream_trainer.evaluation.report import Section, Table, percent, score, with_interval
from emostream_trainer.evaluation.result import Evaluation, StreamedEvaluation
from emostream_trainer.evaluation.sample import Sample
from emostream_trainer.metrics import NO_LABEL

RATIOS = ("clean", *(f"{snr_db} dB" for snr_db in SNRS_DB))


def noise(
    evaluation: StreamedEvaluation, ensembles: FoldEnsembles, labels: LabelSet, per_corpus: int, out: Path
) -> Section:
    """UAR of a sample of the clips of an evaluation, as it was and behind noise of each kind and strength."""
    sample = Sample.of(evaluation, ensembles, labels, per_corpus)
    clean = sample.clean
    series, rows = {}, []
    for kind in KINDS:
        passes: list[Evaluation] = [clean]
        for snr_db in SNRS_DB:
            behind = partial(noise_for, kind=kind, snr_db=snr_db)
            passes.append(sample.disturbed(f"{kind}, {snr_db} dB", behind))
        series[kind] = [_mean_and_interval(each) for each in passes]
        for ratio, each in zip(RATIOS, passes, strict=True):
            by_corpus = each.uar_by_corpus().values()
            mean, low, high = _mean_and_interval(each)
            without_label = float((each.predicted == NO_LABEL).mean())
            cells = (with_interval(mean, (low, high)), *(score(uar) for uar in by_corpus))
            rows.append((f"{kind}, {ratio}" if ratio != RATIOS[0] else ratio, *cells, percent(without_label)))
    picture = out / "noise.png"
    plots.noise_picture(picture, RATIOS, series, 1 / len(labels.labels))
    columns = ("", "mean", *clean.uar_by_corpus(), "no verdict")
    body = (
        f"UAR of {len(clean.clips)} clips, at most {per_corpus} of each corpus, the same at every ratio. Babble is "
        "four other speakers of the same fold near by, cafe twelve in a room with noise of changing colour. Ratios are "
        "of the whole clip's power.",
        # Clean is the same for every kind.
        Table(columns, tuple(dict.fromkeys(rows))),
        picture,
    )
    numbers = {"clips": len(clean.clips), "ratios": RATIOS, "UAR mean, low, high": series}
    return Section("noise", "Behind noise", body, numbers)


def _mean_and_interval(evaluation: Evaluation) -> tuple[float, float, float]:
    return evaluation.scores()["UAR mean"], *evaluation.intervals()["mean"]
