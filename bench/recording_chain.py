"""What the recording chain does to the labels: clips as they are, with a constant offset, with rumble, by telephone.

    python -m bench.recording_chain CORPORA [--clips 400]

Each condition is read by the models that ship, with ``FeatureSpec.high_pass_hz`` and ``dynamic_range_db`` off, each
alone, and both on. A JSON line a condition and setting: the UAR over clips, each with the label of its summary.
Speakers of the models' training flatter; what counts here is the difference between two lines. Clips are drawn at
random, the same in each condition.
"""

import argparse
from collections.abc import Callable
from copy import copy
from functools import cache, partial
from pathlib import Path

import msgspec
import numpy as np
import soxr

from emostream import assets
from emostream.audio import AudioBlock, Samples
from emostream.inference.model import EmotionModel
from emostream.pipeline.stream import EmotionStream
from emostream_trainer.corpora.labels import FOUR
from emostream_trainer.corpora.registry import read_corpus
from emostream_trainer.data.feature_cache import read_audio
from emostream_trainer.metrics import uar
from emostream_trainer.parallel import parallel_map

RATE_HZ = 16_000
SEED = 11
MU = 255
# By name: high-pass in Hz, dynamic range in dB; 0 is off.
FEATURES = {"neither": (0.0, 0.0), "high-pass": (20.0, 0.0), "range": (0.0, 60.0), "both": (20.0, 60.0)}


def offset(samples: Samples) -> Samples:
    """A constant of .05 of full scale."""
    return samples + np.float32(0.05)


def rumble(samples: Samples) -> Samples:
    """A tone of 8 Hz, .05 of full scale."""
    return samples + np.float32(0.05) * np.sin(2 * np.pi * 8 * np.arange(len(samples)) / RATE_HZ).astype(np.float32)


def telephone(samples: Samples) -> Samples:
    """8 kHz, mu-law of 8 bits (G.711's curve), and back to 16 kHz."""
    narrow = np.clip(soxr.resample(samples, RATE_HZ, 8_000), -1, 1)
    curve = np.sign(narrow) * np.log1p(MU * np.abs(narrow)) / np.log1p(MU)
    level = np.round(curve * 127) / 127
    expanded = np.sign(level) * np.expm1(np.abs(level) * np.log1p(MU)) / MU
    return soxr.resample(expanded.astype(np.float32), 8_000, RATE_HZ)


CONDITIONS: dict[str, Callable[[Samples], Samples]] = {
    "as they are": np.asarray,
    "offset": offset,
    "rumble": rumble,
    "telephone": telephone,
}


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--clips", type=int, default=400)
    arguments = parser.parse_args()
    found = [clip for clip in read_corpus(arguments.corpora, "auto").clips if FOUR.index(clip.emotion) is not None]
    chosen = np.random.default_rng(SEED).permutation(len(found))[: arguments.clips]
    clips = [found[i] for i in sorted(chosen)]
    truth = np.array([FOUR.index(clip.emotion) for clip in clips])
    for condition in CONDITIONS:
        for features in FEATURES:
            work = partial(prediction, condition, features)
            score = uar(truth, np.array(parallel_map(work, [clip.path for clip in clips], f"{condition}, {features}")))
            line = {"condition": condition, "features": features, "clips": len(clips), "uar": round(float(score), 4)}
            print(msgspec.json.encode(line).decode(), flush=True)


def prediction(condition: str, features: str, path: Path) -> int:
    """The index of the label of one clip."""
    samples = CONDITIONS[condition](read_audio(path, RATE_HZ))
    stream = EmotionStream(_models(features), assets.load_vad_model(), RATE_HZ)
    stream.push(AudioBlock(samples, RATE_HZ, 0))
    stream.flush()
    p = stream.summary().p
    return int(np.argmax([p.get(label, 0.0) for label in stream.labels]))


@cache
def _models(features: str) -> list[EmotionModel]:
    high_pass_hz, dynamic_range_db = FEATURES[features]
    models = []
    for model in assets.load_models():
        spec = msgspec.structs.replace(
            model.card.features, high_pass_hz=high_pass_hz, dynamic_range_db=dynamic_range_db
        )
        changed = copy(model)
        changed.card = msgspec.structs.replace(model.card, features=spec)
        models.append(changed)
    return models


if __name__ == "__main__":
    main()
