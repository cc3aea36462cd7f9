"""A part of a training run to ONNX, verified against its framework on real windows."""

from pathlib import Path

import numpy as np

from emostream.features.arrays import Windows
from emostream.inference.card import ModelCard
from emostream_export.card import make_card
from emostream_export.stamp import write_model
from emostream_export.verify import Verification
from emostream_trainer import runs
from emostream_trainer.data.feature_cache import feature_rows, read_audio
from emostream_trainer.networks.network import Network, load_network

WINDOWS = 16


def export_part(folder: Path, part: Path, to: Path, recording: Path) -> Verification:
    """Write the model of one part. ``recording`` is any speech to compare on.

    Raises ``NoInputError`` for a part without a checkpoint and ``MismatchError`` where ONNX and framework differ.
    """
    network = load_part(folder, part)
    card = make_card(folder, part)
    return write_model(to, network, runs.read_run(folder).recipe, card, real_windows(card, recording))


def load_part(folder: Path, part: Path) -> Network:
    """A part's network in its framework. Raises ``NoInputError`` for a part without a checkpoint."""
    run = runs.read_run(folder)
    return load_network(run.recipe, len(run.labels), runs.checkpoint_of(part))


def real_windows(card: ModelCard, recording: Path) -> list[Windows]:
    """Batches of windows (B, T, D) from a recording by the daemon's own features: full, half, and the shortest.

    A recording that does not fill a window goes round and round. Raises ``NoInputError`` for one that cannot be read.
    """
    spec, grid = card.features, card.grid()
    audio = read_audio(recording, spec.sample_rate_hz)
    rows = feature_rows(np.resize(audio, max(len(audio), grid.length_samples)), spec)
    batches = []
    # A stream begins with the shortest windows.
    for samples in (grid.length_samples, grid.length_samples // 2, grid.shortest_samples):
        length = grid.spec.n_frames(samples)
        starts = np.linspace(0, len(rows) - length, WINDOWS).astype(int)
        batches.append(np.stack([rows[start : start + length] for start in starts]))
    return batches
