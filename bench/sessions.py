"""What a recorded session takes, what rounding its rows changes, and what of the speech can be got back from it.

    python -m bench.sessions hour --corpora DIR [--minutes 60]
    python -m bench.sessions privacy --corpora DIR [--speech DIR]

``hour`` records corpora's clips in a quiet room's noise, with hardly a pause and with the pauses of a day, as each kind
of session at once, reads the events again, and has the same models judge the rows. ``privacy`` makes speech of rows
(librosa's ``mel_to_audio``) of the recordings in ``--speech``, and says how intelligible it is: STOI, and the share of
a recogniser's words that are found again. It has linear classifiers tell EmoDB's sentences and speakers from what
sessions hold, each of people and of sentences that the classifier never heard. Needs the extras train and bench.
"""

import argparse
import csv
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from pathlib import Path

import librosa
import numpy as np
import soundfile
from numpy.typing import NDArray
from pocketsphinx import Decoder
from pystoi import stoi
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from emostream import assets
from emostream.audio import AudioBlock, Samples
from emostream.events import Estimate, Event, Hello, Utterance
from emostream.features.arrays import Rows
from emostream.features.spec import Feature, FeatureSpec
from emostream.features.stream import FeatureStream
from emostream.features.streams import FeatureStreams
from emostream.inference.batching import run_alone
from emostream.inference.ensemble import ModelOutputs
from emostream.inference.step import Step
from emostream.inference.vad import SpeechChange
from emostream.live import with_time
from emostream.pipeline.factory import StreamFactory
from emostream.pipeline.observer import StreamObserver
from emostream.pipeline.stream import EmotionStream
from emostream.sessions.manifest import Kept
from emostream.sessions.observer import Observations, SessionObserver
from emostream.sessions.parts import UtteranceSummary
from emostream.sessions.recorder import SessionRecorder
from emostream.sessions.row_codec import ROUNDING, decode_rows, encode_rows
from emostream.sessions.session import Session

HZ = 16_000
BLOCK = 5 * HZ
NOISE_DBFS = -60.0
# Seconds between two clips: hardly any, and so that somebody speaks for a third of the time.
DENSE, DAY = (0.2, 0.8), (0.0, 12.0)
CLIP_S = 10
GRIFFIN_LIM = 60
STEPS_DB = (0.5, 1.0, 2.5, 5.0)


def main() -> None:
    """Measure one of the two, and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("hour", "privacy"))
    parser.add_argument("--corpora", type=Path, required=True, help="the folder with clips.tsv")
    parser.add_argument("--speech", type=Path, help="a folder of recordings of sentences in English")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--recordings", type=int, default=20)
    arguments = parser.parse_args()
    factory = assets.load_stream_factory()
    if arguments.part == "hour":
        for name, pauses_s in (("hardly a pause", DENSE), ("pauses of a day", DAY)):
            measure_hour(name, factory, arguments.corpora, arguments.minutes, pauses_s)
        measure_rounding(factory, arguments.corpora)
    else:
        if arguments.speech:
            measure_inversion(factory, sorted(arguments.speech.glob("*.ogg"))[:: 351 // arguments.recordings])
        measure_guesses(factory, arguments.corpora)


# ------------------------------------------------------------------------------------------------ an hour


class Observers:
    """Several recordings of one stream."""

    def __init__(self, observers: Sequence[StreamObserver]) -> None:
        self._observers = observers

    def start_segment(self, start_ms: float) -> None:
        for observer in self._observers:
            observer.start_segment(start_ms)

    def open(self, hello: Hello) -> None:
        for observer in self._observers:
            observer.open(hello)

    def push(self, item: SpeechChange | Step, outputs: ModelOutputs | None) -> None:
        for observer in self._observers:
            observer.push(item, outputs)


def speech_in_a_room(corpora: Path, minutes: float, pauses_s: tuple[float, float]) -> Samples:
    """Clips in random order with pauses between them, and noise."""
    rng = np.random.default_rng(0)
    paths = [corpora / row["path"] for row in clips(corpora)]
    pieces: list[Samples] = []
    length = 0
    while length < minutes * 60 * HZ:
        samples, rate_hz = soundfile.read(paths[rng.integers(len(paths))], dtype="float32", always_2d=True)
        if rate_hz == HZ:
            pieces += [samples[:, 0], np.zeros(round(rng.uniform(*pauses_s) * HZ), np.float32)]
            length += len(pieces[-1]) + len(pieces[-2])
    audio = np.concatenate(pieces)[: round(minutes * 60 * HZ)]
    noise = rng.standard_normal(len(audio)).astype(np.float32) * np.float32(10 ** (NOISE_DBFS / 20))
    mixed: Samples = audio + noise
    return mixed


def clips(corpora: Path) -> list[dict[str, str]]:
    with (corpora / "clips.tsv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def blocks(audio: Samples) -> Iterator[AudioBlock]:
    for start in range(0, len(audio), BLOCK):
        yield AudioBlock(audio[start : start + BLOCK], HZ, start)


def measure_hour(
    name: str, factory: StreamFactory, corpora: Path, minutes: float, pauses_s: tuple[float, float]
) -> None:
    audio = speech_in_a_room(corpora, minutes, pauses_s)
    with tempfile.TemporaryDirectory() as folder:
        recorders = [
            SessionRecorder(Path(folder) / kept.value, kept, source=name, models=factory.models, program="bench")
            for kept in Kept
        ]
        observer = Observers([recorder.observer(factory.models) for recorder in recorders])
        stream = factory.stream(HZ, stream="live", source=name, observer=observer)
        events: list[Event] = []
        began_s = time.process_time()
        for emitted in map(with_time, given_by(stream, audio)):
            events += emitted
            for event in emitted:
                for recorder in recorders:
                    recorder.emit(event)
        for recorder in recorders:
            recorder.close()
        spoken_s = sum(event.t_end_ms - event.t_start_ms for event in events if isinstance(event, Utterance)) / 1000
        print(
            f"{name}: {minutes:g} min, {spoken_s / 60:.1f} min of speech, {time.process_time() - began_s:.0f} s of CPU"
        )
        for recorder in recorders:
            size = sum(path.stat().st_size for path in recorder.folder.rglob("*") if path.is_file())
            same = list(Session.open(recorder.folder).events()) == events
            print(
                f"  {recorder.kept.value:9} {size / 1e6 / minutes * 60:5.2f} MB an hour; events are "
                f"{'equal' if same else 'NOT EQUAL'}, {recorder.lost_steps} steps lost"
            )
        began_s = time.process_time()
        again: list[Event] = []
        steps = factory.step_stream()
        for segment in Session.open(recorders[-1].folder).segments([model.card for model in factory.models]):
            steps.start_segment(segment.start_ms)
            again += run_alone(steps.push_requests(segment.items), factory.models)
        print(
            f"  the same models on its rows, {time.process_time() - began_s:.0f} s of CPU: {difference(events, again)}"
        )


def given_by(stream: EmotionStream, audio: Samples) -> Iterator[list[Event]]:
    """What a stream says of some audio, block by block."""
    yield [stream.hello()]
    yield from map(stream.push, blocks(audio))
    yield stream.flush()


def difference(live: Sequence[Event], other: Sequence[Event]) -> str:
    """How far what was said of the same audio differs."""
    said = []
    for kind in (Utterance, Estimate):
        pairs = list(zip(of_kind(live, kind), of_kind(other, kind), strict=True))
        moved = [max(abs(one.p[label] - two.p[label]) for label in one.p) for one, two in pairs]
        labels = sum(one.label != two.label for one, two in pairs)
        said.append(
            f"{len(pairs)} {kind.__name__.lower()}s, p moves by {np.mean(moved):.4f} ({max(moved):.3f} at most), "
            f"{labels} labels ({labels / len(pairs):.1%}) change"
        )
    return "; ".join(said)


def of_kind(events: Iterable[Event], kind: type[Utterance] | type[Estimate]) -> list[Utterance | Estimate]:
    return [event for event in events if isinstance(event, kind) and event.p]


class Rounded:
    """A stream's features with something done to each row."""

    def __init__(self, features: FeatureStreams, change: Callable[[Rows], Rows]) -> None:
        self._features, self._change = features, change

    def reset(self) -> None:
        self._features.reset()

    def push(self, samples: Samples) -> list[Rows]:
        return [self._change(rows) for rows in self._features.push(samples)]

    def flush(self) -> list[Rows]:
        return [self._change(rows) for rows in self._features.flush()]


def measure_rounding(factory: StreamFactory, corpora: Path, minutes: float = 10) -> None:
    audio = speech_in_a_room(corpora, minutes, DENSE)

    def read(change: Callable[[Rows], Rows]) -> list[Event]:
        stream = factory.stream(HZ, stream="live", source="")
        stream._features = Rounded(stream._features, change)  # type: ignore[assignment]
        stream.reset()
        return [*(event for block in blocks(audio) for event in stream.push(block)), *stream.flush()]

    live = read(lambda rows: rows)
    print_sizes(factory, audio)
    print(f"rows of {minutes:g} minutes, rounded")
    print(f"  to float16: {difference(live, read(lambda rows: rows.astype(np.float16).astype(np.float32)))}")
    for step in STEPS_DB:
        print(f"  to {step} dB: {difference(live, read(lambda rows, step=step: rounded(rows, step)))}")


def print_sizes(factory: StreamFactory, audio: Samples) -> None:
    """What the rows of all models take in float16, and coded with other roundings than ours."""
    sizes: dict[str, float] = {}
    for model in factory.models:
        spec = model.card.features
        rows = FeatureStream(spec).whole(audio)
        half = rows.astype(np.float16).tobytes()
        found = {"float16": len(half), "float16, deflated": len(zlib.compress(half))}
        for step in STEPS_DB:
            coded = encode_rows(rows * np.float32(ROUNDING[Feature.LOG_MEL] / step), spec)
            found[f"{step} dB"] = len(coded.low) + len(coded.high)
        for name, size in found.items():
            sizes[name] = sizes.get(name, 0.0) + size * 3600 * HZ / len(audio) / 1e6
    print("rows without their steps: " + ", ".join(f"{name} {size:.1f} MB an hour" for name, size in sizes.items()))


def rounded(rows: Rows, step: float) -> Rows:
    result: Rows = (np.rint(rows / step) * step).astype(np.float32)
    return result


# ---------------------------------------------------------------------------------- what can be got back


def measure_inversion(factory: StreamFactory, paths: Sequence[Path]) -> None:
    recogniser = Decoder(samprate=HZ, loglevel="FATAL")
    scores: dict[str, list[tuple[float, float]]] = {}
    for path in paths:
        audio = np.asarray(soundfile.read(path, dtype="float32")[0][: CLIP_S * HZ], np.float32)
        heard = words(recogniser, audio)
        for model in factory.models:
            spec = model.card.features
            rows = FeatureStream(spec).whole(audio)
            for name, given in (("as computed", rows), ("as kept", decode_rows(encode_rows(rows, spec), spec))):
                made = sound_of(given, spec)
                size = min(len(made), len(audio))
                found = words(recogniser, made * np.float32(np.abs(audio).max() / np.abs(made).max()))
                scores.setdefault(f"{model.card.name}, {name}", []).append(
                    (float(stoi(audio[:size], made[:size], HZ)), share_found(heard, found))
                )
        # What two recordings have in common that have nothing to do with one another.
        other = np.roll(audio, 3 * HZ)
        scores.setdefault("the recording itself, 3 s later", []).append((float(stoi(audio, other, HZ)), np.nan))
    print(f"speech made of rows, {len(paths)} recordings of {CLIP_S} s: mean STOI, and share of words found again")
    for name, values in scores.items():
        found = [of[1] for of in values if not np.isnan(of[1])]
        again = f"{np.mean(found):.2f}" if found else ""
        print(f"  {name:32} {np.mean([of[0] for of in values]):.3f}  {again}".rstrip())


def sound_of(rows: Rows, spec: FeatureSpec) -> Samples:
    made: Samples = librosa.feature.inverse.mel_to_audio(
        10 ** (rows.T / 10),
        sr=HZ,
        n_fft=spec.frame_length,
        hop_length=spec.hop_length,
        win_length=spec.frame_length,
        center=False,
        power=2.0,
        n_iter=GRIFFIN_LIM,
    )
    return made


def words(recogniser: Decoder, audio: Samples) -> list[str]:
    recogniser.start_utt()
    recogniser.process_raw((np.clip(audio, -1, 1) * 32767).astype("<i2").tobytes(), full_utt=True)
    recogniser.end_utt()
    hypothesis = recogniser.hyp()
    return hypothesis.hypstr.split() if hypothesis else []


def share_found(heard: list[str], found: list[str]) -> float:
    """The share of the words of one that stand in the other, in the same order."""
    blocks_in_common = SequenceMatcher(None, heard, found, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks_in_common) / max(len(heard), 1)


def measure_guesses(factory: StreamFactory, corpora: Path) -> None:
    rows = [row for row in clips(corpora) if row["corpus"] == "emodb"]
    of_clips = [(row, *seen(factory, corpora / row["path"])) for row in rows]
    known = [(row, summaries, said) for row, summaries, said in of_clips if len(summaries) and len(said)]
    sentences = np.array([row["sentence"] for row, *_ in known])
    speakers = np.array([row["speaker"] for row, *_ in known])
    print(f"{len(known)} clips of EmoDB, {len(set(sentences))} sentences by {len(set(speakers))} people")
    sources = {
        "summaries": np.stack([summaries for _, summaries, _ in known]),
        "events": np.stack([said for _, _, said in known]),
    }
    for name, features in sources.items():
        classifier = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=500))
        guesses = {
            "sentence, of strangers": (sentences, speakers),
            "speaker, by other sentences": (speakers, sentences),
        }
        for what, (truth, groups) in guesses.items():
            folds = GroupKFold(5)
            right = cross_val_score(classifier, features, truth, groups=groups, cv=folds).mean()
            print(f"  {name:9} {what:28} {right:.3f} right (chance {1 / len(set(truth)):.3f})")


def seen(factory: StreamFactory, path: Path) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """What sessions hold of a clip: its mean summary (S,), and numbers from its events; empty where nobody speaks."""
    observations = Observations()
    observer = SessionObserver(observations, factory.models, Kept.SUMMARIES)
    stream = factory.stream(HZ, stream="live", source="", observer=observer)
    audio = np.asarray(soundfile.read(path, dtype="float32")[0], np.float32)
    events = [stream.hello(), *stream.push(AudioBlock(audio, HZ, 0)), *stream.flush()]
    summaries = []
    while (observation := observations.take()) is not None:
        if isinstance(observation, UtteranceSummary):
            summaries.append(observation.speech_s * np.concatenate(observation.arrays).astype(np.float32))
    spoken = [event for event in events if isinstance(event, Utterance) and event.p and event.voice]
    return (np.sum(summaries, axis=0) if summaries else np.zeros(0, np.float32)), numbers_of(spoken, events)


def numbers_of(spoken: Sequence[Utterance], events: Sequence[Event]) -> NDArray[np.float64]:
    """The events of a clip as numbers: of its longest utterance, and its levels and probabilities at twelve moments."""
    if not spoken:
        return np.zeros(0)
    longest = max(spoken, key=lambda event: event.t_end_ms - event.t_start_ms)
    voice = longest.voice
    assert voice is not None
    steps = [event for event in events if isinstance(event, Estimate) and event.p]
    places = np.linspace(0, len(steps) - 1, 12).round().astype(int)
    return np.array(
        [
            longest.t_end_ms - longest.t_start_ms,
            len(spoken),
            voice.pitch_hz,
            voice.pitch_range_semitones,
            voice.loudness_dbfs,
            voice.syllables_per_s * (longest.t_end_ms - longest.t_start_ms) / 1000,
            *longest.p.values(),
            *(steps[place].level_dbfs for place in places),
            *(value for place in places for value in steps[place].p.values()),
        ]
    )


if __name__ == "__main__":
    main()
