"""Scores behind noise."""

from collections.abc import Sequence
from pathlib import Path

from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.labels import LabelSet
from emostream_trainer.data.sampling import stratified_sample
from emostream_trainer.evaluation import plots
from emostream_trainer.evaluation.folds import FoldEnsembles
from emostream_trainer.evaluation.noise import KINDS, SNRS_DB, noise_for
from emostream_trainer.evaluation.report import Section, Table, percent, score, with_interval
from emostream_trainer.evaluation.result import Evaluation, StreamedEvaluation
from emostream_trainer.evaluation.streaming import evaluate
from emostream_trainer.metrics import NO_LABEL

RATIOS = ("clean", *(f"{snr_db} dB" for snr_db in SNRS_DB))


def noise(
    evaluation: StreamedEvaluation, ensembles: FoldEnsembles, labels: LabelSet, per_corpus: int, out: Path
) -> Section:
    """UAR of a sample of the clips of an evaluation, as it was and behind noise of each kind and strength."""
    wanted = evaluation.clips
    sample = stratified_sample(wanted, labels, per_corpus)
    of_path = dict(zip((clip.path for clip in wanted), evaluation.fold.tolist(), strict=True))
    clean = evaluation.of(evaluation.mask_of(sample))
    series, rows = {}, []
    for kind in KINDS:
        passes: list[Evaluation] = [clean]
        for snr_db in SNRS_DB:
            noises = {clip.path: noise_for(clip, kind, snr_db, _neighbours(clip, wanted, of_path)) for clip in sample}
            passes.append(evaluate(f"{kind}, {snr_db} dB", ensembles, sample, labels, noises=noises))
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
        f"UAR of {len(sample)} clips, at most {per_corpus} of each corpus, the same at every ratio. Babble is four "
        "other speakers of the same fold near by, cafe twelve in a room with noise of changing colour. Ratios are of "
        "the whole clip's power.",
        # Clean is the same for every kind.
        Table(columns, tuple(dict.fromkeys(rows))),
        picture,
    )
    numbers = {"clips": len(sample), "ratios": RATIOS, "UAR mean, low, high": series}
    return Section("noise", "Behind noise", body, numbers)


def _neighbours(clip: Clip, clips: Sequence[Clip], fold: dict[Path, int]) -> list[Clip]:
    """Who may babble behind a clip: whoever its models never heard either, or, where that is nobody else, anybody."""
    near = [other for other in clips if fold[other.path] == fold[clip.path]]
    return near if any(other.speaker != clip.speaker for other in near) else list(clips)


def _mean_and_interval(evaluation: Evaluation) -> tuple[float, float, float]:
    return evaluation.scores()["UAR mean"], *evaluation.intervals()["mean"]
