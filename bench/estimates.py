"""One estimate, live, against the published way to one: librosa over the whole window, Keras predict, torch eager.

Ours is the stream as it runs, speech gate, smoothing and both networks, fed as by a microphone; its cost is divided
by the estimates it gave. The published way does the same features and networks anew for each window; it has no gate.
"""

from collections.abc import Callable

import numpy as np
import torch

from bench.side_by_side import Comparison, compare
from emostream import assets
from emostream.audio import AudioBlock, Samples
from emostream.pipeline.stream import EmotionStream
from emostream.sources.microphone import BLOCK_S
from emostream_trainer.data.librosa_rows import librosa_rows
from emostream_trainer.recipes import RECIPES
from emostream_trainer.training.learner import new_learner

RATE_HZ, STEP, WINDOW = 16_000, 4_000, 48_000
BLOCK = round(BLOCK_S * RATE_HZ)


def estimates(samples: Samples, runs: int) -> list[Comparison]:
    """Cost of an estimate, and of a second of live audio."""
    models = assets.load_models()
    vad_model = assets.load_vad_model()

    def live() -> None:
        stream = EmotionStream(models, vad_model, RATE_HZ)
        for start in range(0, len(samples), BLOCK):
            stream.push(AudioBlock(samples[start : start + BLOCK], RATE_HZ, start))

    ways = {"ours, all included": live, "the published way": _published(samples)}
    units = len(range(STEP, len(samples), STEP))
    return [
        compare("an estimate", "estimate", "ours, all included", ways, units=units, runs=runs),
        compare("live", "second of audio", "ours", {"ours": live}, units=len(samples) / RATE_HZ, runs=runs),
    ]


def _published(samples: Samples) -> Callable[[], None]:
    judges = []
    for model in assets.load_models():
        card = model.card
        network = new_learner(
            RECIPES[f"{card.name}/{card.variant}"], len(card.labels), np.zeros((2, card.features.dim), np.float32)
        )
        judges.append((card.features, network, np.zeros((1, network.summary_size), np.float32)))

    def of_every_window() -> None:
        for end in range(STEP, len(samples), STEP):
            for spec, learner, offset in judges:
                rows = librosa_rows(spec, samples[max(0, end - WINDOW) : max(end, spec.frame_length)])[None]
                network = learner.network
                if isinstance(network, torch.nn.Module):
                    network.eval()
                    with torch.inference_mode():
                        network(torch.from_numpy(rows), torch.from_numpy(offset))
                else:
                    network.predict([rows, offset], verbose=0)

    return of_every_window
