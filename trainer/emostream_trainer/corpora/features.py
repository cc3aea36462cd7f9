"""Features that a corpus publishes in place of its audio: log-mel spectrograms as Dusha's makers computed them."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emostream.errors import NoInputError
from emostream_trainer.corpora.clip import Clip

SUFFIX = ".npy"
N_MELS = 64
HOP_S = 0.01


def has_audio(clip: Clip) -> bool:
    """Say whether the clip is a recording; it is features alone otherwise."""
    return clip.path.suffix.lower() != SUFFIX


def read_features(path: Path) -> NDArray[np.float32]:
    """Return f32[T, 64], decibels under the clip's own maximum, from a file of float32 of shape (1, 64, T).

    Raises NoInputError for what is no such file.
    """
    expected = f"expected float32 of shape (1, {N_MELS}, frames)"
    try:
        features = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "no NumPy array"
        raise NoInputError(f"found no features in {path} ({why}), {expected}: copy the file again") from error
    if not isinstance(features, np.ndarray) or features.dtype != np.float32:
        found = getattr(features, "dtype", "an archive")
        raise NoInputError(f"found {found} in {path}, {expected}: copy the file again")
    if features.ndim != 3 or features.shape[:2] != (1, N_MELS) or not features.size:
        raise NoInputError(f"found features of shape {features.shape} in {path}, {expected}: copy the file again")
    if not np.isfinite(features).all():
        raise NoInputError(f"found features that are no finite numbers in {path}, {expected}: copy the file again")
    return np.ascontiguousarray(features[0].T)
