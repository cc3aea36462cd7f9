"""The 1-D network of the report: its curves, what noise augmentation gives, what each other reading of it comes to.

    python -m bench.report_2024.means_1d --corpora DIR [--corpora DIR] [--rows TEXT] [--seeds 3]

Trains each row of ``ROWS`` and appends a JSON line an epoch to ``docs/report-2024/mfcc_cnn1d.jsonl``; rows and seeds
that are there already are left out. Features are kept below ``--out``: 20 minutes on two cores, then a second an epoch.
"""

import argparse
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import librosa
import msgspec
import numpy as np
from numpy.typing import NDArray

from bench.report_2024 import results
from bench.report_2024.clips import LABELS, Sides, sides
from emostream.features import Feature, FeatureSpec
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.data.augmentation import at_snr, coloured_noise
from emostream_trainer.data.feature_cache import feature_rows, read_audio
from emostream_trainer.data.sampling import stable_hash
from emostream_trainer.networks.mfcc_cnn1d import published
from emostream_trainer.networks.quiet_tensorflow import keras
from emostream_trainer.parallel import parallel_map

F32 = NDArray[np.float32]
NETWORK = "mfcc_cnn1d"
LISTED_HZ = 22_050
STREAM = FeatureSpec(features=(Feature.MFCC, Feature.CENTROID, Feature.CONTRAST), n_mfcc=50)
NOISY_COPIES = 2
SNR_DB = (5.0, 25.0)


@dataclass(frozen=True)
class Row:
    """One reading of the report. ``features`` names a function below; ``columns`` are of its 58 columns."""

    features: str = "listed"
    columns: tuple[int, ...] = tuple(range(52))
    mean_contrast: bool = False
    padding: str = "valid"
    noise: bool = False
    judged_in_noise: bool = False
    epochs: int = 30


ROWS = {
    "as the report": Row(epochs=100),
    "noise augmentation": Row(noise=True, epochs=100),
    "as the report, judged in noise": Row(judged_in_noise=True),
    "noise augmentation, judged in noise": Row(noise=True, judged_in_noise=True),
    "padded convolutions": Row(padding="same"),
    "mean contrast": Row(mean_contrast=True),
    "20 MFCC, padded": Row(columns=(*range(20), 50, 51), padding="same"),
    "16 kHz": Row(features="listed_16k"),
    "16 kHz, frames not centred": Row(features="stream"),
    "16 kHz, not centred, 3 s": Row(features="stream_3s"),
}


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """What is written of an epoch. Loss in nats, accuracy in [0, 1]."""

    row: str
    seed: int
    epoch: int
    training_loss: float
    training_accuracy: float
    validation_loss: float
    validation_accuracy: float


def main() -> None:
    """Train what is not there yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, action="append", required=True)
    parser.add_argument("--rows", nargs="*", choices=ROWS, default=list(ROWS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("runs/report-2024"))
    arguments = parser.parse_args()
    split = sides(arguments.corpora)
    for name in arguments.rows:
        for seed in range(arguments.seeds):
            if not results.is_finished(NETWORK, name, seed, ROWS[name].epochs):
                train(name, seed, split, arguments.out)


def train(name: str, seed: int, split: Sides, folder: Path) -> None:
    """Train one row with one seed, by Keras's own ``fit``, and write a line an epoch."""
    results.begin(NETWORK, name, seed)
    row = ROWS[name]
    x, y = inputs(row, split.training, folder), LABELS.indices(split.training)
    if row.noise:
        noisy = [kept(f"noisy_{copy}", split.training, folder)[:, row.columns] for copy in range(NOISY_COPIES)]
        x, y = np.concatenate([x, *noisy]), np.tile(y, 1 + NOISY_COPIES)
    judged = (
        kept("noisy_0", split.validation, folder)[:, row.columns]
        if row.judged_in_noise
        else inputs(row, split.validation, folder)
    )
    keras.utils.set_random_seed(seed)
    network = published(len(LABELS.labels), x.shape[1], row.padding)
    network = keras.Model(network.input, network.output[0])
    network.compile(
        keras.optimizers.Adam(1e-4), keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"]
    )
    write = keras.callbacks.LambdaCallback(on_epoch_end=partial(write_line, name, seed))
    as_windows = (judged[:, None], LABELS.indices(split.validation))
    network.fit(
        x[:, None], y, batch_size=128, epochs=row.epochs, validation_data=as_windows, verbose=0, callbacks=[write]
    )


def write_line(name: str, seed: int, epoch: int, logs: dict[str, float]) -> None:
    """Append what Keras measured in an epoch, counted from 0."""
    line = Line(
        row=name,
        seed=seed,
        epoch=epoch + 1,
        training_loss=round(logs["loss"], 4),
        training_accuracy=round(logs["accuracy"], 4),
        validation_loss=round(logs["val_loss"], 4),
        validation_accuracy=round(logs["val_accuracy"], 4),
    )
    results.append(NETWORK, line)


def inputs(row: Row, clips: Sequence[Clip], folder: Path) -> F32:
    """The network's inputs (clips, D): one mean a feature."""
    means = kept(row.features, clips, folder)
    if row.mean_contrast:
        means = np.column_stack([means[:, :51], means[:, 51:].mean(axis=1)])
    return means[:, row.columns]


def kept(features: str, clips: Sequence[Clip], folder: Path) -> F32:
    """Means (clips, 58) by the function of that name: 50 MFCC, centroid, seven contrast bands; computed once."""
    # Named by the clips: as many of another corpus are not these.
    which = hashlib.sha256(str([stable_hash(clip, features) for clip in clips]).encode()).hexdigest()[:16]
    path = folder / f"{features}-{which}.npy"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        np.save(path, np.stack(parallel_map(FEATURES[features], clips, features)))
    means: F32 = np.load(path)
    return means


def by_librosa(clip: Clip, rate_hz: int, *, noise: int | None = None) -> F32:
    """Means over a whole clip, as the listing takes them; ``noise`` numbers a noisy copy."""
    samples = read_audio(clip.path, rate_hz)
    if noise is not None:
        rng = np.random.default_rng([stable_hash(clip, "noise"), noise])
        samples = at_snr(samples, coloured_noise(len(samples), rng), rng.uniform(*SNR_DB))
    spectrum = np.abs(librosa.stft(samples))
    parts = (
        librosa.feature.mfcc(y=samples, sr=rate_hz, n_mfcc=50),
        librosa.feature.spectral_centroid(S=spectrum, sr=rate_hz),
        librosa.feature.spectral_contrast(S=spectrum, sr=rate_hz),
    )
    return np.concatenate([part.mean(axis=1) for part in parts]).astype(np.float32)


def by_stream(clip: Clip, *, most_s: float | None = None) -> F32:
    """Means over a whole clip, or its first seconds, of the daemon's rows."""
    samples = read_audio(clip.path, STREAM.sample_rate_hz)
    if most_s:
        samples = samples[: int(most_s * STREAM.sample_rate_hz)]
    return feature_rows(samples, STREAM).mean(axis=0)


FEATURES = {
    "listed": partial(by_librosa, rate_hz=LISTED_HZ),
    "listed_16k": partial(by_librosa, rate_hz=STREAM.sample_rate_hz),
    "stream": by_stream,
    "stream_3s": partial(by_stream, most_s=3.0),
    **{f"noisy_{copy}": partial(by_librosa, rate_hz=LISTED_HZ, noise=copy) for copy in range(NOISY_COPIES)},
}

if __name__ == "__main__":
    main()
