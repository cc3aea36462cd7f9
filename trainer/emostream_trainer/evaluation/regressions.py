"""What a network has to beat: logistic regressions on the published features, averaged over the whole clip."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from emostream.features import Feature, FeatureSpec
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.labels import LabelSet
from emostream_trainer.data.feature_cache import feature_rows, read_audio
from emostream_trainer.data.splits import folds
from emostream_trainer.evaluation.result import Evaluation
from emostream_trainer.parallel import parallel_map

Indices = Sequence[int] | NDArray[np.int64]

SPEC = FeatureSpec(features=(Feature.MFCC, Feature.CENTROID, Feature.CONTRAST), n_mfcc=50)
MEANS = "logistic regression, 52 means"
DEVIATIONS = "logistic regression, means and deviations"
LEAKY = f"{DEVIATIONS}, clips split at random"
LEAKY_FOLDS = 5


def regressions(clips: Sequence[Clip], labels: LabelSet, *, leaky: bool = False) -> list[Evaluation]:
    """On the 52 published features (50 MFCC, centroid, lowest contrast); on all bands with their deviations (116).

    With ``leaky`` the latter is there once more, last and named ``LEAKY``: on folds that clips were dealt into at
    random, balanced by label, so that nearly every speaker is on both sides. No score, but what a careless split would
    have called one.
    """
    wanted = labels.keep(clips)
    statistics = np.stack(parallel_map(_statistics, wanted, f"baselines on {len(wanted)} clips"))
    means, deviations = statistics[:, : SPEC.dim], statistics[:, SPEC.dim :]
    published = means[:, :52]  # of the contrast bands, which come last, the lowest alone
    both = np.column_stack([means, deviations])
    place = {clip.path: i for i, clip in enumerate(wanted)}
    by_speaker = [
        ([place[clip.path] for clip in split.train], [place[clip.path] for clip in split.test])
        for split in folds(wanted)
    ]
    evaluations = [
        _evaluate(MEANS, published, by_speaker, wanted, labels),
        _evaluate(DEVIATIONS, both, by_speaker, wanted, labels),
    ]
    if leaky:
        truth = labels.indices(wanted)
        count = int(min(LEAKY_FOLDS, np.bincount(truth).min()))
        at_random = StratifiedKFold(count, shuffle=True, random_state=0).split(both, truth)
        evaluations.append(_evaluate(LEAKY, both, at_random, wanted, labels))
    return evaluations


def _statistics(clip: Clip) -> NDArray[np.float32]:
    rows = feature_rows(read_audio(clip.path, SPEC.sample_rate_hz), SPEC)
    return np.concatenate([rows.mean(axis=0), rows.std(axis=0)])


def _evaluate(
    name: str,
    x: NDArray[np.float32],
    splits: Iterable[tuple[Indices, Indices]],
    clips: list[Clip],
    labels: LabelSet,
) -> Evaluation:
    truth = labels.indices(clips)
    p = np.zeros((len(clips), len(labels.labels)))
    for train, test in splits:
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=3000)).fit(x[train], truth[train])
        p[test] = model.predict_proba(x[test])
    return Evaluation(name, labels.labels, tuple(clips), truth, p)
