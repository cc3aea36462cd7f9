"""One stream for all clips of a speaker: what the stream learns of the voice is kept from clip to clip."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from emostream.inference.vad import SAMPLE_RATE_HZ
from emostream.pipeline.config import StreamConfig
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.labels import LabelSet
from emostream_trainer.data.feature_cache import read_audio
from emostream_trainer.evaluation.folds import FoldEnsembles, fold_indices
from emostream_trainer.evaluation.result import ClipLog, StreamedEvaluation, log_of
from emostream_trainer.evaluation.streaming import evaluation_of, new_stream, push_apart
from emostream_trainer.parallel import parallel_map


def evaluate_sessions(
    name: str, ensembles: FoldEnsembles, clips: Sequence[Clip], labels: LabelSet
) -> StreamedEvaluation:
    """The same with one stream a speaker, which keeps what it learns of the voice from clip to clip.

    The clips come in a shuffled order that is always the same, each after a silence. A stream has one summary alone, so
    ``p`` is what the clip's utterances say. Raises as ``evaluate`` does.
    """
    wanted = [clip for clip in clips if labels.index(clip.emotion) is not None]
    fold = fold_indices(ensembles.sets, wanted, labels)
    shuffled = np.random.default_rng(0).permutation(len(wanted)).tolist()
    of_speaker: dict[tuple[str, int], list[int]] = {}
    for i in shuffled:
        of_speaker.setdefault((wanted[i].speaker, int(fold[i])), []).append(i)
    sessions = [
        (ensembles.sets[place], ensembles.weights.get(place, ()), [wanted[i].path for i in own])
        for (_, place), own in of_speaker.items()
    ]
    by_session = parallel_map(stream_session, sessions, f"{name}, {len(sessions)} sessions", chunk=1)
    logs = dict(zip(itertools.chain(*of_speaker.values()), itertools.chain(*by_session), strict=True))
    return evaluation_of(name, wanted, labels, fold, [logs[i] for i in range(len(wanted))])


def stream_session(session: tuple[tuple[Path, ...], tuple[float, ...], Sequence[Path]]) -> list[ClipLog]:
    """Stream clips one after the other through one stream of these models, so weighed; a log of each."""
    models, weights, clips = session
    stream = new_stream(models, SAMPLE_RATE_HZ, StreamConfig(weights=weights))
    logs = []
    for clip in clips:
        start_ms = stream.clock_ms
        events = push_apart(stream, read_audio(clip, SAMPLE_RATE_HZ))
        log = log_of(events, stream.labels, {}, start_ms)
        logs.append(replace(log, p=log.spoken_p))
    return logs
