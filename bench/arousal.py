"""Fits the formula of arousal to RAVDESS and says how well it orders utterances, there and on corpora it never saw.

    python -m bench.arousal --corpora DIR [--unheard DIR] [--out models/arousal.json]

DIR is a folder with clips.tsv; of ``--corpora`` RAVDESS alone is read. Each clip goes through the live path with the
shipped models; its longest utterance counts. A session is a speaker's clips in random order, so that the voice is known
from the clips before. Pairs of one actor and sentence are to be ordered rightly: strong before normal intensity of one
emotion, and angry, happy, fearful, surprised before neutral, calm, sad of one intensity (the circumplex of Russell,
JPSP 39(6), 1980). A logistic regression on the differences within pairs weighs both kinds alike; the five folds of the
corpus keep actors apart. Then the sum is scaled so that arousal is about the share of RAVDESS's clips that are calmer.

Prints, for each choice of measures, the share of pairs that the other folds' formula orders rightly; for corpora never
seen the share of pairs of all speakers (the area under the curve, .5 is chance) and Spearman's correlation with the
accepted arousal, in sessions, and the share for clips that stand alone. ``--out`` writes the formula of all actors.
"""

import argparse
import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import fmean

import numpy as np
from numpy.typing import NDArray
from rich import box
from rich.console import Console
from rich.table import Table
from scipy.stats import spearmanr
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from emostream import assets
from emostream.events import Event, Utterance
from emostream.pipeline.factory import StreamFactory
from emostream.pipeline.stream import EmotionStream
from emostream.sources.file import FileSource
from emostream.voice.arousal import ArousalFormula, encode_arousal
from emostream.voice.meter import VoiceStatistics
from emostream.voice.speaker import RelativeVoice, SpeakerVoice
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.registry import read_corpus
from emostream_trainer.evaluation.streaming import BLOCK_S
from emostream_trainer.parallel import parallel_map

F64 = NDArray[np.float64]
EXCITED, CALM = ("angry", "happy", "fearful", "surprised"), ("neutral", "calm", "sad")
FOLDS = 5
ORDERS = 3  # of each session, drawn anew
LABELS = ("angry", "happy", "neutral", "sad")
SHIPPED = (*LABELS, "pitch", "tilt")
CHOICES = {
    "loudness alone": ("loudness",),
    "networks": LABELS,
    "pitch": ("pitch",),
    "pitch, tilt": ("pitch", "tilt"),
    "networks, pitch, tilt: shipped": SHIPPED,
    "… and range of pitch": (*SHIPPED, "range"),
    "… and rate": (*SHIPPED, "rate"),
    "… and loudness": (*SHIPPED, "loudness"),
    "networks, pitch, tilt as it is": (*LABELS, "pitch", "tilt as it is"),
}


@dataclass(frozen=True)
class Heard:
    """A clip's longest utterance: probabilities by label, measures."""

    clip: Clip
    p: Mapping[str, float]
    voice: VoiceStatistics

    def measures(self, relative: RelativeVoice) -> dict[str, float]:
        """All that a formula may be made of."""
        return {
            **self.p,
            "pitch": relative.pitch_semitones,
            "range": self.voice.pitch_range_semitones,
            "tilt": relative.tilt_db,
            "tilt as it is": self.voice.tilt_db,
            "rate": self.voice.syllables_per_s,
            "loudness": self.voice.loudness_dbfs,
        }


class _Listener(EmotionStream):
    """A stream that keeps what is measured of its utterances."""

    def reset(self) -> None:
        super().reset()
        self.measured: list[tuple[Utterance, VoiceStatistics | None]] = []

    def _end_utterance(self, end_ms: float, voice: VoiceStatistics | None) -> list[Event]:
        events = super()._end_utterance(end_ms, voice)
        self.measured += [(event, voice) for event in events if isinstance(event, Utterance)]
        return events


def main() -> None:
    """Listen, fit, print, write."""
    parser = argparse.ArgumentParser(prog="python -m bench.arousal", description=__doc__.splitlines()[0])
    parser.add_argument("--corpora", type=Path, required=True)
    parser.add_argument("--unheard", type=Path)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    console = Console(width=200)
    acted = heard([clip for clip in read_corpus(arguments.corpora).clips if clip.corpus == "ravdess"], console)
    unheard = defaultdict(list)
    if arguments.unheard:
        placed = [clip for clip in read_corpus(arguments.unheard).clips if clip.emotion in EXCITED + CALM]
        for one in heard(placed, console):
            unheard[one.clip.corpus].append(one)
    console.print(judged(acted, unheard))
    syllables = [one.voice.syllables for one in acted]
    low, high = np.quantile(syllables, (0.1, 0.9))
    console.print(f"{fmean(syllables):.1f} nuclei ({low:g} to {high:g}) in RAVDESS's sentences of 7 syllables")
    formula = fitted(acted)
    console.print(by_emotion({"ravdess": acted, **unheard}, formula))
    if arguments.out:
        arguments.out.write_bytes(encode_arousal(formula))


def heard(clips: Sequence[Clip], console: Console) -> list[Heard]:
    """The clips in which somebody was heard to speak, with a pitch."""
    found = [one for one in parallel_map(listen, clips, f"{len(clips)} clips") if one]
    console.print(f"{len(found)} of {len(clips)} clips have an utterance with a voice")
    return found


def listen(clip: Clip) -> Heard | None:
    """Stream one clip."""
    source = FileSource(clip.path, block_s=BLOCK_S)
    listener = _listener(source.sample_rate_hz)
    listener.reset()
    for block in source.blocks():
        listener.push(block)
    listener.flush()
    found = [Heard(clip, event.p, voice) for event, voice in listener.measured if event.p and voice]
    return max(found, key=lambda one: one.voice.seconds, default=None)


@cache
def _factory() -> StreamFactory:
    return assets.load_stream_factory()


@cache
def _listener(input_hz: int) -> _Listener:
    factory = _factory()
    return _Listener(factory.models, factory.vad_model, input_hz, config=factory.config)


def in_sessions(utterances: Sequence[Heard], order: int) -> list[dict[str, float]]:
    """Measures of each, where a speaker's clips come one after the other."""
    found: list[dict[str, float]] = [{} for _ in utterances]
    of_speaker = defaultdict(list)
    for i, one in enumerate(utterances):
        of_speaker[one.clip.speaker].append(i)
    rng = np.random.default_rng(order)
    for places in of_speaker.values():
        speaker = SpeakerVoice()
        for i in rng.permutation(places):
            found[i] = utterances[i].measures(speaker.relative(utterances[i].voice))
            speaker.push(utterances[i].voice)
    return found


def alone(utterances: Sequence[Heard]) -> list[dict[str, float]]:
    """Measures of each as the first utterance of a stream."""
    return [one.measures(RelativeVoice()) for one in utterances]


def table_of(measures: Sequence[Mapping[str, float]], names: Sequence[str]) -> F64:
    return np.array([[row[name] for name in names] for row in measures])


def pairs(utterances: Sequence[Heard]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places (excited, calm) in pairs of intensity and of emotion, each of shape (pairs, 2)."""
    groups = defaultdict(list)
    for i, one in enumerate(utterances):
        groups[one.clip.speaker, one.clip.sentence].append(i)
    by_intensity, by_emotion = [], []
    for i, j in itertools.chain.from_iterable(itertools.permutations(places, 2) for places in groups.values()):
        a, b = utterances[i].clip, utterances[j].clip
        if a.emotion == b.emotion and (a.intensity, b.intensity) == ("strong", "normal"):
            by_intensity.append((i, j))
        # Neutral has one intensity alone.
        if a.emotion in EXCITED and b.emotion in CALM and (a.intensity == b.intensity or b.emotion == "neutral"):
            by_emotion.append((i, j))
    return np.array(by_intensity), np.array(by_emotion)


def weights_of(table: F64, kinds: Sequence[NDArray[np.int64]]) -> F64:
    """Weights (measures,) under which the first of each pair has the higher sum; kinds of pairs weigh alike."""
    deviation = table.std(axis=0)
    differences = np.concatenate([table[kind[:, 0]] - table[kind[:, 1]] for kind in kinds]) / deviation
    weights = np.concatenate([np.full(len(kind), 500 / len(kind)) for kind in kinds])
    signs = np.repeat([1, -1], len(differences))
    regression = LogisticRegression(fit_intercept=False).fit(
        np.concatenate([differences, -differences]), signs, np.tile(weights, 2) / 2
    )
    found: F64 = regression.coef_[0] / deviation
    return found


def judged(acted: Sequence[Heard], unheard: Mapping[str, Sequence[Heard]]) -> Table:
    """Every choice of measures: shares of pairs ordered rightly, means over orders of sessions."""
    columns = [f"{corpus} {what}" for corpus in unheard for what in ("pairs", "rho", "alone")]
    title = "pairs ordered rightly"
    found = Table("measures", "intensity", "without calm", "emotion", *columns, title=title, box=box.SIMPLE)
    for choice, names in CHOICES.items():
        orders = [list(scores(acted, unheard, names, order)) for order in range(ORDERS)]
        found.add_row(choice, *(f"{fmean(values):.3f}" for values in zip(*orders, strict=True)))
    return found


def scores(
    acted: Sequence[Heard], unheard: Mapping[str, Sequence[Heard]], names: Sequence[str], order: int
) -> Iterator[float]:
    """A row of the table for one order of sessions."""
    table = table_of(in_sessions(acted, order), names)
    kinds = pairs(acted)
    fold = np.array([one.clip.fold for one in acted])
    right = [np.zeros(len(kind), bool) for kind in kinds]
    for held_out in range(FOLDS):
        training = [kind[fold[kind[:, 0]] != held_out] for kind in kinds]
        sums = table @ weights_of(table, training)
        for kind, is_right in zip(kinds, right, strict=True):
            own = fold[kind[:, 0]] == held_out
            is_right[own] = sums[kind[own, 0]] > sums[kind[own, 1]]
    is_calm = np.array([acted[i].clip.emotion == "calm" for i in kinds[0][:, 0]])
    yield from (right[0].mean(), right[0][~is_calm].mean(), right[1].mean())
    weights = weights_of(table, kinds)
    for utterances in unheard.values():
        excited = np.array([one.clip.emotion in EXCITED for one in utterances])
        sums = table_of(in_sessions(utterances, order), names) @ weights
        yield float(roc_auc_score(excited, sums))
        yield float(spearmanr(excited, sums).statistic)
        yield float(roc_auc_score(excited, table_of(alone(utterances), names) @ weights))


def fitted(acted: Sequence[Heard]) -> ArousalFormula:
    """The formula of all actors, the mean over orders of sessions."""
    tables = [table_of(in_sessions(acted, order), SHIPPED) for order in range(ORDERS)]
    weights = np.mean([weights_of(table, pairs(acted)) for table in tables], axis=0)
    sums = np.concatenate(tables) @ weights
    # The deviation of a logistic distribution is pi / sqrt(3): so arousal spreads evenly over 0 to 1.
    scale = np.pi / np.sqrt(3) / sums.std()
    weight = dict(zip(SHIPPED, (weights * scale).tolist(), strict=True))
    return ArousalFormula(
        labels={label: round(weight[label], 3) for label in LABELS},
        pitch_per_semitone=round(weight["pitch"], 4),
        tilt_per_db=round(weight["tilt"], 4),
        bias=round(float(-scale * sums.mean()), 3),
        protocol=(
            f"python -m bench.arousal: pairs of one actor and sentence in {len(acted)} clips of RAVDESS by "
            f"{len({one.clip.speaker for one in acted})} actors, strong above normal intensity, "
            f"{', '.join(EXCITED)} above {', '.join(CALM)}; scaled to spread these clips evenly over 0 to 1"
        ),
    )


def by_emotion(corpora: Mapping[str, Sequence[Heard]], formula: ArousalFormula) -> Table:
    """Mean arousal of each emotion and intensity, in sessions."""
    found = Table("corpus", "emotion", "clips", "mean arousal", "10 % to 90 %", box=box.SIMPLE)
    for corpus, utterances in corpora.items():
        values = defaultdict(list)
        measures = in_sessions(utterances, 0)
        for one, row in zip(utterances, measures, strict=True):
            relative = RelativeVoice(row["pitch"], row["tilt"])
            name = " ".join(filter(None, (one.clip.emotion, one.clip.intensity)))
            values[name].append(formula.arousal(one.p, relative))
        for name, of_name in sorted(values.items(), key=lambda item: fmean(item[1])):
            low, high = np.quantile(of_name, (0.1, 0.9))
            found.add_row(corpus, name, str(len(of_name)), f"{fmean(of_name):.2f}", f"{low:.2f} to {high:.2f}")
    return found


if __name__ == "__main__":
    main()
