"""Whether sentences and speakers can be told from what sessions hold."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from bench.sessions.spoken import HZ, clips
from emostream.audio import AudioBlock
from emostream.events import Estimate, Event, Utterance
from emostream.pipeline.factory import StreamFactory
from emostream.sessions.manifest import Kept
from emostream.sessions.observer import Observations, SessionObserver
from emostream.sessions.parts import UtteranceSummary


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
