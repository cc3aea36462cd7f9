"""Ways to bring a microphone's rate to 16 kHz: what each holds back, lets pass, costs, and does to rows and labels.

    python -m bench.resamplers CORPORA [--clips 200] [--out bench/resamplers.md]

Ours beside soxr's stream in its qualities (``vr`` is its mode for a changing ratio). Delay: held back, pushed by the
millisecond; the wait of a step is from its end to the end of the microphone's block of 50 ms that completes it, with
the delay that a filter leaves in. Ripple is that of tones up to 13/16 of half the lower rate (6.5 kHz), near the edge
is at 15/16 (7.5 kHz). Clips of 16 kHz are brought to 48 kHz by soxr's VHQ and back by each way, their rows
compared with the rows of the clip as it was (moved by a delay that is left in), their labels, by the models that ship,
with its labels. CPU is of one core, in blocks of 50 ms, in turn.
"""

import argparse
from collections.abc import Callable, Iterator
from functools import cache, partial
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import numpy as np
import soxr

from bench.side_by_side import compare
from emostream import assets
from emostream.audio import AudioBlock, Samples
from emostream.features import FeatureStream
from emostream.features.resample import DELAY_SAMPLES, Resampler
from emostream.inference.model import EmotionModel
from emostream.inference.vad import VoiceActivityModel
from emostream.pipeline.stream import EmotionStream
from emostream.sources.input_stream import BLOCK_S
from emostream_trainer.corpora.labels import FOUR
from emostream_trainer.corpora.registry import read_corpus
from emostream_trainer.data.feature_cache import read_audio
from emostream_trainer.data.sampling import stratified_sample
from emostream_trainer.parallel import parallel_map

RATE_HZ = 16_000
RATES_HZ = (48_000, 44_100, 22_050, 8_000)
STEP_S = 0.25
OURS = "ours"


class Stream(Protocol):
    """A resampler to 16 kHz."""

    def push(self, samples: Samples) -> Samples: ...

    def flush(self) -> Samples: ...


class Soxr:
    """soxr's stream."""

    def __init__(self, in_hz: int, quality: str, *, vr: bool = False) -> None:
        self._stream = soxr.ResampleStream(in_hz, RATE_HZ, 1, dtype="float32", quality=quality, vr=vr)

    def push(self, samples: Samples) -> Samples:
        return self._stream.resample_chunk(samples)

    def flush(self) -> Samples:
        return self._stream.resample_chunk(np.zeros(0, np.float32), last=True)


WAYS: dict[str, Callable[[int], Stream]] = {
    OURS: lambda in_hz: Resampler(in_hz, RATE_HZ),
    "soxr HQ": lambda in_hz: Soxr(in_hz, "HQ"),
    "soxr MQ": lambda in_hz: Soxr(in_hz, "MQ"),
    "soxr LQ": lambda in_hz: Soxr(in_hz, "LQ"),
    "soxr QQ": lambda in_hz: Soxr(in_hz, "QQ"),
    "soxr HQ, vr": lambda in_hz: Soxr(in_hz, "HQ", vr=True),
}


def main() -> None:
    """Write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--clips", type=int, default=200)
    parser.add_argument("--out", type=Path, default=Path("bench/resamplers.md"))
    arguments = parser.parse_args()
    lines = ["# Resamplers", "", "Written by `python -m bench.resamplers`, which says what each column is."]
    for in_hz in RATES_HZ:
        lines += ["", f"## {in_hz / 1000:g} kHz to 16 kHz", "", *_signals(in_hz)]
    lines += ["", f"## {arguments.clips} clips at 48 kHz", "", *_clips(arguments.corpora, arguments.clips)]
    arguments.out.write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


def _signals(in_hz: int) -> Iterator[str]:
    columns = ("held back", "most", "left in", "wait of a step", "ripple", "near the edge", "alias of 8.5", "of 9 kHz")
    yield f"| | {' | '.join(columns)} | times HQ's CPU |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
    half_hz = min(in_hz, RATE_HZ) / 2
    noise = np.random.default_rng(0).normal(0, 0.1, in_hz).astype(np.float32)
    ways = {name: partial(_in_blocks, make, in_hz, noise) for name, make in WAYS.items()}
    cost = compare("", "", "soxr HQ", ways, units=1, runs=9)
    for name, make in WAYS.items():
        held_ms = _held_back_ms(make, in_hz)
        left_ms = _left_in_ms(name, in_hz)
        levels = [_level_db(make, in_hz, share * half_hz) for share in (0.05, 0.2, 0.4, 0.6, 0.75, 6.5 / 8)]
        edge_db = _level_db(make, in_hz, 7.5 / 8 * half_hz)
        aliases = [_level_db(make, in_hz, hz) for hz in (8_500, 9_000)] if in_hz > RATE_HZ else [None, None]
        cells = (
            *(
                f"{value:.1f} ms"
                for value in (np.mean(held_ms), max(held_ms), left_ms, _wait_ms(make, in_hz) + left_ms)
            ),
            f"{max(levels) - min(levels):.3f} dB",
            f"{edge_db:.2f} dB",
            *("–" if alias is None else f"{alias:.0f} dB" for alias in aliases),
            f"{cost.ratio(name):.1f}",
        )
        yield f"| {name} | {' | '.join(cells)} |"


def _clips(corpora: Path, count: int) -> Iterator[str]:
    clips = [clip for clip in read_corpus(corpora, "auto").clips if FOUR.index(clip.emotion) is not None]
    n_corpora = len({clip.corpus for clip in clips})
    paths = [clip.path for clip in stratified_sample(clips, FOUR, count // n_corpora)]
    found = parallel_map(_of_clip, paths, f"{len(paths)} clips")
    yield "| | log-mel, mean change | MFCC | p, mean change | other labels |"
    yield "|---|--:|--:|--:|--:|"
    for place, name in enumerate(WAYS):
        mel, mfcc, p, label = np.mean([each[place] for each in found], axis=0)
        yield f"| {name} | {mel:.2f} dB | {mfcc:.2f} | {p:.4f} | {round(label * len(paths))} of {len(paths)} |"


def _of_clip(path: Path) -> list[tuple[float, float, float, bool]]:
    """By way: mean absolute change of log-mel rows, MFCC rows and probabilities; whether the label is another."""
    audio = read_audio(path, RATE_HZ)
    as_it_was = _probabilities(audio)
    upsampled: Samples = soxr.resample(audio, RATE_HZ, 48_000, "VHQ")
    changes = []
    for name, make in WAYS.items():
        stream = make(48_000)
        back = np.concatenate([stream.push(upsampled), stream.flush()])
        late = round(_left_in_ms(name, 48_000) * RATE_HZ / 1000)
        moved = [
            float(np.abs(_rows(back[late:], model) - _rows(audio[: len(back) - late], model)).mean())
            for model in range(2)
        ]
        p = _probabilities(back)
        changes.append((*moved, float(np.abs(p - as_it_was).mean()), bool(p.argmax() != as_it_was.argmax())))
    return changes


def _rows(audio: Samples, model: int) -> np.ndarray:
    """Log-mel rows of the 2-D network, or the MFCC of the 1-D network's."""
    stream = _features()[model]
    return stream.whole(audio)[:, : stream.spec.n_mfcc if model else None]


@cache
def _features() -> list[FeatureStream]:
    return [FeatureStream(model.card.features) for model in sorted(_models()[0], key=lambda model: model.card.name)]


def _probabilities(audio: Samples) -> np.ndarray:
    models, vad_model = _models()
    stream = EmotionStream(models, vad_model, RATE_HZ)
    stream.push(AudioBlock(audio, RATE_HZ, 0))
    stream.flush()
    p = stream.summary().p
    return np.array([p.get(label, 0.0) for label in stream.labels])


@cache
def _models() -> tuple[list[EmotionModel], VoiceActivityModel]:
    return assets.load_models(), assets.load_vad_model()


def _in_blocks(make: Callable[[int], Stream], in_hz: int, samples: Samples) -> None:
    stream, size = make(in_hz), round(BLOCK_S * in_hz)
    for start in range(0, len(samples), size):
        stream.push(samples[start : start + size])


def _held_back_ms(make: Callable[[int], Stream], in_hz: int) -> list[float]:
    """Input less output in milliseconds, after each millisecond of input from the second on."""
    stream, out, held = make(in_hz), 0, []
    noise = np.random.default_rng(0).normal(0, 0.1, 3 * in_hz).astype(np.float32)
    ends = [round(ms * in_hz / 1000) for ms in range(3_001)]
    for start, end in pairwise(ends):
        out += len(stream.push(noise[start:end]))
        held.append(max(0.0, 1000 * (end / in_hz - out / RATE_HZ)))
    return held[1_000:]


def _wait_ms(make: Callable[[int], Stream], in_hz: int) -> float:
    """From the end of a step to the end of the block that completes it, the mean over the steps of half a minute."""
    stream, size, out, waits = make(in_hz), round(BLOCK_S * in_hz), 0, []
    for number in range(1, round(30 / BLOCK_S) + 1):
        before, out = out, out + len(stream.push(np.zeros(size, np.float32)))
        ended = range(int(before / RATE_HZ / STEP_S) + 1, int(out / RATE_HZ / STEP_S) + 1)
        waits += [1000 * (number * size / in_hz - step * STEP_S) for step in ended]
    return float(np.mean(waits))


def _left_in_ms(name: str, in_hz: int) -> float:
    return 1000 * DELAY_SAMPLES / min(in_hz, RATE_HZ) if name == OURS else 0.0


def _level_db(make: Callable[[int], Stream], in_hz: int, hz: float) -> float:
    """The level of a tone behind the filter, before it 0 dB."""
    tone = (np.sqrt(2) * np.sin(2 * np.pi * hz * np.arange(in_hz) / in_hz)).astype(np.float32)
    heard = make(in_hz).push(tone)
    middle = heard[len(heard) // 4 : -len(heard) // 4]
    window = np.hanning(len(middle))
    return float(10 * np.log10(np.sum((middle * window) ** 2) / np.sum(window**2) + 1e-16))


if __name__ == "__main__":
    main()
