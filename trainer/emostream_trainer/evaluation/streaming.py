"""Scores through the live path: each clip streamed as the daemon hears it, by models that never heard its speaker."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emostream import assets
from emostream.audio import AudioBlock, Samples
from emostream.errors import NoInputError, UsageError
from emostream.events import Estimate, Event, Utterance
from emostream.inference.model import EmotionModel
from emostream.inference.speaker import SpeakerProfile
from emostream.inference.vad import SAMPLE_RATE_HZ, VoiceActivityModel
from emostream.pipeline.config import StreamConfig
from emostream.pipeline.stream import EmotionStream
from emostream.sources.file import FileSource
from emostream_trainer import runs
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.labels import LabelSet
from emostream_trainer.data.feature_cache import read_audio
from emostream_trainer.evaluation.enrolment import Enrolment
from emostream_trainer.evaluation.live_metrics import ClipLog
from emostream_trainer.evaluation.noise import Noise, behind
from emostream_trainer.metrics import UNNAMED, confusion, interval, recalls, speaker_bootstrap, uar
from emostream_trainer.parallel import parallel_map

BLOCK_S = 5.0
# Longer than the gate waits for speech to go on.
SILENCE_S = 0.5


@dataclass(frozen=True)
class Evaluation:
    """What was named: ``p`` (N, K) clip probabilities (zeros where no speech was heard), ``truth`` (N,)."""

    name: str
    labels: tuple[str, ...]
    clips: tuple[Clip, ...]
    truth: NDArray[np.int64]
    p: NDArray[np.float64]

    @property
    def named(self) -> NDArray[np.int64]:
        """The likeliest label of each clip, ``UNNAMED`` where no speech was heard. Nothing abstains here."""
        return np.where(self.p.any(axis=1), self.p.argmax(axis=1), UNNAMED)

    @property
    def corpora(self) -> NDArray[np.str_]:
        """The corpus of each clip."""
        return np.array([clip.corpus for clip in self.clips])

    def of(self, chosen: NDArray[np.bool_]) -> "Evaluation":
        """What was named of the chosen clips alone."""
        clips = tuple(clip for clip, wanted in zip(self.clips, chosen, strict=True) if wanted)
        return Evaluation(self.name, self.labels, clips, self.truth[chosen], self.p[chosen])

    def uar_by_corpus(self) -> dict[str, float]:
        """UAR of each corpus."""
        return {corpus: uar(self.truth[of], self.named[of]) for corpus, of in self._by_corpus()}

    def intervals(self) -> dict[str, tuple[float, float]]:
        """The 95 % interval over speakers of the UAR of each corpus and, by the name ``mean``, of the corpora's mean.

        Speakers are drawn within their corpus; the mean's draws are the means of the corpora's.
        """
        speakers = np.array([clip.speaker for clip in self.clips])
        draws = {
            corpus: speaker_bootstrap(self.truth[of], self.named[of], speakers[of], seed=seed)
            for seed, (corpus, of) in enumerate(self._by_corpus())
        }
        of_mean = interval(np.mean(list(draws.values()), axis=0))
        return {**{corpus: interval(drawn) for corpus, drawn in draws.items()}, "mean": of_mean}

    def scores(self) -> dict[str, float]:
        """The figures that a card carries."""
        by_corpus = self.uar_by_corpus()
        recall = recalls(self.truth, self.named, range(len(self.labels)))
        return {
            **{f"UAR {corpus}": round(score, 4) for corpus, score in by_corpus.items()},
            "UAR mean": round(float(np.mean(list(by_corpus.values()))), 4),
            **{f"recall {label}": round(float(value), 4) for label, value in zip(self.labels, recall, strict=True)},
        }

    def confusion(self) -> NDArray[np.int64]:
        """Counts (K, K + 1): rows the truth, columns what was named, the last for no verdict."""
        return confusion(self.truth, self.named, len(self.labels))

    def _by_corpus(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        for corpus in sorted(set(self.corpora.tolist())):
            yield corpus, self.corpora == corpus


@dataclass(frozen=True)
class StreamedEvaluation(Evaluation):
    """The same with each clip's log, and which of the sets of models judged it: ``fold`` (N,)."""

    fold: NDArray[np.int64]
    logs: tuple[ClipLog, ...]

    def of(self, chosen: NDArray[np.bool_]) -> "StreamedEvaluation":
        """What was named of the chosen clips alone."""
        part = super().of(chosen)
        logs = tuple(log for log, wanted in zip(self.logs, chosen, strict=True) if wanted)
        return StreamedEvaluation(part.name, part.labels, part.clips, part.truth, part.p, self.fold[chosen], logs)


@dataclass(frozen=True)
class ClipJob:
    """One clip to be streamed: through which models, behind what noise, after whose enrolment.

    ``weights`` say how far each model is believed, the same for all where there are none.
    """

    models: tuple[Path, ...]
    clip: Path
    noise: Noise | None = None
    enrolment: Enrolment | None = None
    weights: tuple[float, ...] = ()


@dataclass(frozen=True)
class FoldEnsembles:
    """Models that listen together, a set for each part of a split: a clip gets the set that never heard its speaker.

    ``weights`` say by the place of a set how far each of its models is believed; where there are none, all the same.
    """

    sets: Sequence[tuple[Path, ...]]
    weights: Mapping[int, tuple[float, ...]] = field(default_factory=dict)


def model_sets(run_folders: Sequence[Path], kind: str = runs.FOLD) -> list[tuple[Path, ...]]:
    """The models that listen together, part by part of a kind, of runs that were trained on the same folds.

    Model files, in place of runs, are one set.
    Raises ``NoInputError`` for a run whose folds were not exported, ``UsageError`` for runs of other folds.
    """
    if all(path.is_file() for path in run_folders):
        return [tuple(run_folders)]
    by_run = []
    for folder in run_folders:
        parts = [part for part in runs.evaluated_parts(folder, kind) if (part / runs.MODEL).exists()]
        if not parts:
            raise NoInputError(f"{folder} holds no exported folds: run 'emostream export {folder}' first")
        by_run.append({runs.read_split(part).speakers: part / runs.MODEL for part in parts})
    if any(set(models) != set(by_run[0]) for models in by_run):
        raise UsageError("these runs were trained on other folds, so no fold of theirs can be judged together")
    return [tuple(models[speakers] for models in by_run) for speakers in by_run[0]]


def judges(sets: Sequence[tuple[Path, ...]], clips: Sequence[Clip], labels: LabelSet) -> NDArray[np.int64]:
    """For each clip the place (N,) of the set of models that never heard its speaker; raises as ``evaluate`` does."""
    heard = [_heard(models, labels) for models in sets]
    return np.array([_stranger_to(clip, heard) for clip in clips], np.int64)


def evaluate(
    name: str,
    ensembles: FoldEnsembles,
    clips: Sequence[Clip],
    labels: LabelSet,
    *,
    noises: Mapping[Path, Noise] | None = None,
    enrolments: Mapping[Path, Enrolment] | None = None,
) -> StreamedEvaluation:
    """Stream every clip through the models that never heard its speaker. Noises and enrolments are by a clip's path.

    Raises ``UsageError`` where labels differ, and where a speaker was heard by all sets or is a stranger to several.
    """
    wanted = [clip for clip in clips if labels.index(clip.emotion) is not None]
    fold = judges(ensembles.sets, wanted, labels)
    hearings = [
        ClipJob(
            ensembles.sets[place],
            clip.path,
            noise=(noises or {}).get(clip.path),
            enrolment=(enrolments or {}).get(clip.path),
            weights=ensembles.weights.get(place, ()),
        )
        for place, clip in zip(fold.tolist(), wanted, strict=True)
    ]
    logs = parallel_map(stream_clip, hearings, f"{name}, {len(hearings)} clips")
    return _evaluation(name, wanted, labels, fold, logs)


def evaluate_sessions(
    name: str, ensembles: FoldEnsembles, clips: Sequence[Clip], labels: LabelSet
) -> StreamedEvaluation:
    """The same with one stream a speaker, which keeps what it learns of the voice from clip to clip.

    The clips come in a shuffled order that is always the same, each after a silence. A stream has one summary alone, so
    ``p`` is what the clip's utterances say. Raises as ``evaluate`` does.
    """
    wanted = [clip for clip in clips if labels.index(clip.emotion) is not None]
    fold = judges(ensembles.sets, wanted, labels)
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
    return _evaluation(name, wanted, labels, fold, [logs[i] for i in range(len(wanted))])


def stream_clip(hearing: ClipJob) -> ClipLog:
    """Stream one clip from its beginning to its end."""
    profile = _profile(hearing.models, hearing.enrolment) if hearing.enrolment else None
    config = StreamConfig(weights=hearing.weights)
    if hearing.noise is None:
        source = FileSource(hearing.clip, block_s=BLOCK_S)
        stream = _stream(hearing.models, source.sample_rate_hz, config, profile)
        return _log(stream, source.blocks())
    audio = behind(read_audio(hearing.clip, SAMPLE_RATE_HZ), hearing.noise)
    stream = _stream(hearing.models, SAMPLE_RATE_HZ, config, profile)
    return _log(stream, [AudioBlock(audio, SAMPLE_RATE_HZ, 0)])


def stream_session(session: tuple[tuple[Path, ...], tuple[float, ...], Sequence[Path]]) -> list[ClipLog]:
    """Stream clips one after the other through one stream of these models, so weighed; a log of each."""
    models, weights, clips = session
    stream = _stream(models, SAMPLE_RATE_HZ, StreamConfig(weights=weights))
    logs = []
    for clip in clips:
        start_ms = stream.clock_ms
        events = _push_apart(stream, read_audio(clip, SAMPLE_RATE_HZ))
        log = log_of(events, stream.labels, {}, start_ms)
        logs.append(replace(log, p=log.spoken_p))
    return logs


def _push_apart(stream: EmotionStream, audio: Samples) -> list[Event]:
    """Push audio and a silence, and flush, so that no window reaches from one clip into the next."""
    first_sample = round(stream.clock_ms * SAMPLE_RATE_HZ / 1000)
    padded = np.pad(audio, (0, round(SILENCE_S * SAMPLE_RATE_HZ)))
    return [*stream.push(AudioBlock(padded, SAMPLE_RATE_HZ, first_sample)), *stream.flush()]


@lru_cache(maxsize=8)
def _profile(models: tuple[Path, ...], enrolment: Enrolment) -> SpeakerProfile:
    """The profile that these models make of the enrolment; clips of a speaker come together, so few are kept."""
    stream = _stream(models, SAMPLE_RATE_HZ)
    left = round(enrolment.seconds * SAMPLE_RATE_HZ)
    for clip in enrolment.clips:
        audio = read_audio(clip, SAMPLE_RATE_HZ)[:left]
        left -= len(audio)
        _push_apart(stream, audio)
    return stream.profile(enrolment.speaker)


def _evaluation(
    name: str, clips: Sequence[Clip], labels: LabelSet, fold: NDArray[np.int64], logs: Sequence[ClipLog]
) -> StreamedEvaluation:
    p = np.array([log.p for log in logs])
    return StreamedEvaluation(name, labels.labels, tuple(clips), labels.indices(clips), p, fold, tuple(logs))


def _heard(models: tuple[Path, ...], labels: LabelSet) -> set[str]:
    cards = [EmotionModel.load(path).card for path in models]
    for path, card in zip(models, cards, strict=True):
        if card.labels != labels.labels:
            raise UsageError(
                f"{path} names {', '.join(card.labels)}, asked for {', '.join(labels.labels)}: give --labels"
            )
    return {speaker for card in cards for speaker in card.heard_speakers}


def _stranger_to(clip: Clip, heard: Sequence[set[str]]) -> int:
    """Which set of models never heard the clip's speaker."""
    strangers = [i for i, speakers in enumerate(heard) if clip.speaker not in speakers]
    if not strangers:
        raise UsageError(
            f"the speaker {clip.speaker} of {clip.path.name} was heard in training by every model given: a score on "
            "them would flatter; judge the folds of a run, or other speakers"
        )
    if len(strangers) > 1 and len(heard) > 1:
        raise UsageError(
            f"the speaker {clip.speaker} of {clip.path.name} is in the training of no fold, so no one fold can judge "
            "them: give the corpora of the run, or a model file in place of the run"
        )
    return strangers[0]


@cache
def _models(paths: tuple[Path, ...]) -> list[EmotionModel]:
    return assets.load_models(list(paths))


@cache
def _speech_model() -> VoiceActivityModel:
    return assets.load_vad_model()


def _stream(
    models: tuple[Path, ...],
    input_hz: int,
    config: StreamConfig | None = None,
    profile: SpeakerProfile | None = None,
) -> EmotionStream:
    return EmotionStream(_models(models), _speech_model(), input_hz, config=config, profile=profile)


def _log(stream: EmotionStream, blocks: Iterable[AudioBlock]) -> ClipLog:
    """Push all blocks, flush, and keep what the events and the summary say."""
    events = [event for block in blocks for event in stream.push(block)]
    return log_of([*events, *stream.flush()], stream.labels, stream.summary().p)


def log_of(events: Sequence[Event], labels: tuple[str, ...], p: Mapping[str, float], start_ms: float = 0.0) -> ClipLog:
    """The log of a clip that began at ``start_ms`` of its stream, from its events and its verdict by label."""
    steps = [event for event in events if isinstance(event, Estimate)]
    utterances = [event for event in events if isinstance(event, Utterance)]
    place = {label: i for i, label in enumerate(labels)}
    ends = np.array([step.t_end_ms for step in steps], float) - start_ms
    spans = np.array([(utterance.t_start_ms, utterance.t_end_ms) for utterance in utterances], float)
    return ClipLog(
        p=_vector(p, labels),
        step_end_ms=ends,
        elapsed_ms=np.diff(ends, prepend=0.0),
        step_p=np.array([_vector(step.p, labels) for step in steps]).reshape(-1, len(labels)),
        step_label=np.array([UNNAMED if step.label is None else place[step.label] for step in steps], np.int64),
        agreement=np.array([step.agreement for step in steps]),
        speaking=np.array([step.speech for step in steps], bool),
        utterance_ms=spans.reshape(-1, 2) - start_ms,
        utterance_p=np.array([_vector(utterance.p, labels) for utterance in utterances]).reshape(-1, len(labels)),
    )


def _vector(p: Mapping[str, float], labels: tuple[str, ...]) -> NDArray[np.float64]:
    return np.array([p.get(label, 0.0) for label in labels])
