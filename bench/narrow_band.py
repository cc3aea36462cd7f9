"""How far the loudest moment above a telephone's band lies below the voice, in clips as they are and by telephone.

    python -m bench.narrow_band --corpora DIR [--corpora DIR] [--clips 200]

For the rows of both networks that ship, one line a kind of recording: how many windows (1.5 s, two steps apart, as many
clips of each corpus), the 0th, 1st, 50th, 99th and 100th percentile in dB, and the share taken to be a telephone's
(``networks.narrow_band``).
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from emostream.audio import Samples
from emostream.features.resample import Resampler
from emostream.features.spec import FeatureSpec
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.labels import FOUR
from emostream_trainer.corpora.registry import read_corpus, together
from emostream_trainer.data.feature_cache import feature_rows, read_audio
from emostream_trainer.data.sampling import stratified_sample
from emostream_trainer.evaluation.disturbance import HEADSET, TELEPHONE, disturbance_for
from emostream_trainer.networks.narrow_band import LEAST_FALL_DB, NarrowBand
from emostream_trainer.recipes import STAGED, WHISPER

HZ = 16_000
WINDOW, HOP = 150, 50
SPECS = {"whisper": WHISPER, "mel_cnn2d": STAGED}
AS_IT_IS = "as it is"


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, action="append", required=True)
    parser.add_argument("--clips", type=int, default=200, help="of each corpus")
    arguments = parser.parse_args()
    corpus = together([read_corpus(folder) for folder in arguments.corpora])
    clips = [clip for clip in corpus.clips if FOUR.index(clip.emotion) is not None]
    chosen = stratified_sample(clips, FOUR, arguments.clips)
    print("rows       recording    windows    0 %    1 %   50 %   99 %  100 %   taken to be a telephone's")
    for name, spec in SPECS.items():
        for kind in (AS_IT_IS, TELEPHONE, HEADSET):
            falls = np.array([fall for clip in chosen for fall in _falls_db(heard(clip, clips, kind), spec)])
            shown = "".join(f"{value:7.1f}" for value in np.percentile(falls, [0, 1, 50, 99, 100]))
            print(f"{name:10} {kind:12} {len(falls):7,} {shown} {(falls > LEAST_FALL_DB).mean():10.2%}", flush=True)


def heard(clip: Clip, others: list[Clip], kind: str) -> Samples:
    """The clip as a stream reads it, at 16 kHz."""
    audio = read_audio(clip.path, HZ)
    if kind == AS_IT_IS:
        return audio
    block = disturbance_for(clip, others, kind).apply(audio)
    resampler = Resampler(block.sample_rate_hz, HZ)
    return np.concatenate([resampler.push(block.samples), resampler.flush()]).astype(np.float32)


def _falls_db(audio: Samples, spec: FeatureSpec) -> Iterator[float]:
    rows, band = torch.from_numpy(feature_rows(audio, spec)), NarrowBand(spec)
    for start in range(0, max(1, len(rows) - WINDOW + 1), HOP):
        yield float(band.fall_db(rows[None, start : start + WINDOW]).item())


if __name__ == "__main__":
    main()
