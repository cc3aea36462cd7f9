"""Scores through the live path: each clip streamed as the daemon reads it, by models not trained on its speaker."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emostream import assets
from emostream.audio import AudioBlock, Samples
from emostream.events import Event
from emostream.inference.model import EmotionModel
from emostream.inference.profile import SpeakerProfile, profile_with_moods
from emostream.inference.vad import SAMPLE_RATE_HZ, VoiceActivityModel
from emostream.pipeline.config import StreamConfig
from emostream.pipeline.stream import EmotionStream
from emostream.sources.file import FileSource
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.labels import LabelSet
from emostream_trainer.data.feature_cache import read_audio
from emostream_trainer.evaluation.disturbance import Disturbance
from emostream_trainer.evaluation.enrolment import Enrolment
from emostream_trainer.evaluation.folds import FoldEnsembles, fold_indices
from emostream_trainer.evaluation.result import ClipLog, StreamedEvaluation, log_of
from emostream_trainer.parallel import parallel_map

BLOCK_S = 5.0


# Longer than the gate waits for speech to go on.
SILENCE_S = 0.5


@dataclass(frozen=True)
class ClipJob:
    """One clip to be streamed: through which models, disturbed by what, after whose enrolment.

    ``weights`` are those of the models in the pool, the same for all where there are none.
    """

    models: tuple[Path, ...]
    clip: Path
    disturbance: Disturbance | None = None
    enrolment: Enrolment | None = None
    weights: tuple[float, ...] = ()


def evaluate(
    name: str,
    ensembles: FoldEnsembles,
    clips: Sequence[Clip],
    labels: LabelSet,
    *,
    disturbances: Mapping[Path, Disturbance] | None = None,
    enrolments: Mapping[Path, Enrolment] | None = None,
) -> StreamedEvaluation:
    """Stream every clip through the models that never heard its speaker.

    Disturbances and enrolments are by a clip's path.

    Raises ``UsageError`` where labels differ, and where a speaker is in the training of all sets or of too few.
    """
    wanted = [clip for clip in clips if labels.index(clip.emotion) is not None]
    fold = fold_indices(ensembles.sets, wanted, labels)
    jobs = [
        ClipJob(
            ensembles.sets[place],
            clip.path,
            disturbance=(disturbances or {}).get(clip.path),
            enrolment=(enrolments or {}).get(clip.path),
            weights=ensembles.weights.get(place, ()),
        )
        for place, clip in zip(fold.tolist(), wanted, strict=True)
    ]
    logs = parallel_map(stream_clip, jobs, f"{name}, {len(jobs)} clips")
    return evaluation_of(name, wanted, labels, fold, logs)


def stream_clip(job: ClipJob) -> ClipLog:
    """Stream one clip from its beginning to its end."""
    profile = profile_of(job.models, job.enrolment) if job.enrolment else None
    config = StreamConfig(weights=job.weights)
    if job.disturbance is None:
        source = FileSource(job.clip, block_s=BLOCK_S)
        stream = new_stream(job.models, source.sample_rate_hz, config, profile)
        return _log(stream, source.blocks())
    block = job.disturbance.apply(read_audio(job.clip, SAMPLE_RATE_HZ))
    return _log(new_stream(job.models, block.sample_rate_hz, config, profile), [block])


@lru_cache(maxsize=8)
def profile_of(models: tuple[Path, ...], enrolment: Enrolment) -> SpeakerProfile:
    """The profile that these models make of the enrolment; clips of a speaker come together, so few are kept."""
    stream = new_stream(models, SAMPLE_RATE_HZ)
    if enrolment.moods:
        by_label = {}
        disturbances = enrolment.disturbances or (None,) * len(enrolment.clips)
        for label in dict.fromkeys(enrolment.moods):
            stream.reset()
            for clip, mood, disturbance in zip(enrolment.clips, enrolment.moods, disturbances, strict=True):
                if mood == label:
                    audio = read_audio(clip, SAMPLE_RATE_HZ)
                    push_apart(stream, disturbance.apply(audio).samples if disturbance else audio)
            by_label[label] = stream.profile(enrolment.speaker)
        return profile_with_moods(by_label)
    left = round(enrolment.seconds * SAMPLE_RATE_HZ)
    for clip in enrolment.clips:
        audio = read_audio(clip, SAMPLE_RATE_HZ)[:left]
        left -= len(audio)
        push_apart(stream, audio)
    return stream.profile(enrolment.speaker)


def push_apart(stream: EmotionStream, audio: Samples) -> list[Event]:
    """Push audio and a silence, and flush, so that no window reaches from one clip into the next."""
    first_sample = round(stream.clock_ms * SAMPLE_RATE_HZ / 1000)
    padded = np.pad(audio, (0, round(SILENCE_S * SAMPLE_RATE_HZ)))
    return [*stream.push(AudioBlock(padded, SAMPLE_RATE_HZ, first_sample)), *stream.flush()]


def evaluation_of(
    name: str, clips: Sequence[Clip], labels: LabelSet, fold: NDArray[np.int64], logs: Sequence[ClipLog]
) -> StreamedEvaluation:
    p = np.array([log.p for log in logs])
    return StreamedEvaluation(name, labels.labels, tuple(clips), labels.indices(clips), p, fold, tuple(logs))


def _log(stream: EmotionStream, blocks: Iterable[AudioBlock]) -> ClipLog:
    """Push all blocks, flush, and keep what the events and the summary say."""
    events = [event for block in blocks for event in stream.push(block)]
    return log_of([*events, *stream.flush()], stream.labels, stream.summary().p)


@cache
def _models(paths: tuple[Path, ...]) -> list[EmotionModel]:
    return assets.load_models(list(paths))


@cache
def _vad_model() -> VoiceActivityModel:
    return assets.load_vad_model()


def new_stream(
    models: tuple[Path, ...],
    input_hz: int,
    config: StreamConfig | None = None,
    profile: SpeakerProfile | None = None,
) -> EmotionStream:
    return EmotionStream(_models(models), _vad_model(), input_hz, config=config, profile=profile)
