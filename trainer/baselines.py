"""What a network has to beat: logistic regressions on the published features, averaged over the whole clip."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from streamer.features import Feature, FeatureSpec
from trainer.bank import feature_rows, read_audio
from trainer.corpora.clip import Clip
from trainer.corpora.labels import LabelSet
from trainer.evaluation import Evaluation
from trainer.parallel import each
from trainer.splits import folds

SPEC = FeatureSpec(features=(Feature.MFCC, Feature.CENTROID, Feature.CONTRAST), n_mfcc=50)
MEANS = "logistic regression, 52 means"
DEVIATIONS = "logistic regression, means and deviations"


def baselines(clips: Sequence[Clip], labels: LabelSet) -> list[Evaluation]:
    """On the 52 published features (50 MFCC, centroid, mean contrast); on all bands with their deviations (116)."""
    wanted = labels.keep(clips)
    statistics = np.stack(each(_statistics, wanted, f"baselines on {len(wanted)} clips"))
    means, deviations = statistics[:, : SPEC.dim], statistics[:, SPEC.dim :]
    published = np.column_stack([means[:, :51], means[:, 51:].mean(axis=1)])
    return [
        _evaluate(MEANS, published, wanted, labels),
        _evaluate(DEVIATIONS, np.column_stack([means, deviations]), wanted, labels),
    ]


def _statistics(clip: Clip) -> NDArray[np.float32]:
    rows = feature_rows(read_audio(clip.path, SPEC.sample_rate_hz), SPEC)
    return np.concatenate([rows.mean(axis=0), rows.std(axis=0)])


def _evaluate(name: str, x: NDArray[np.float32], clips: list[Clip], labels: LabelSet) -> Evaluation:
    truth = labels.indices(clips)
    place = {clip.path: i for i, clip in enumerate(clips)}
    p = np.zeros((len(clips), len(labels.labels)))
    for split in folds(clips):
        train, test = ([place[clip.path] for clip in side] for side in (split.train, split.test))
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=3000)).fit(x[train], truth[train])
        p[test] = model.predict_proba(x[test])
    return Evaluation(name, labels.labels, tuple(clips), truth, p)
