"""The network that heard Dusha as a teacher: its embeddings of clips are what our own networks learn to imitate."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import track

from streamer.features import FeatureStream
from trainer.bank import read_audio
from trainer.corpora.clip import Clip
from trainer.networks.dusha import EMBEDDING, load_dusha
from trainer.recipes import DUSHA

F32 = NDArray[np.float32]


def teach(clips: Sequence[Clip], path: Path, cache: Path) -> F32:
    """The teacher's embeddings of the clips as they are, float32 of shape (clips, 128); kept in ``cache``."""
    kept = cache / "teacher.npz"
    names = np.array([str(clip.path) for clip in clips])
    if kept.exists():
        with np.load(kept) as known:
            if np.array_equal(known["names"], names):
                return known["embeddings"]
    teacher, stream = load_dusha(path), FeatureStream(DUSHA)
    embeddings = np.zeros((len(clips), EMBEDDING), np.float32)
    with torch.inference_mode():
        for i, clip in enumerate(track(clips, "the teacher listens")):
            # The published frames are centred: half a frame of silence on either side.
            audio = np.pad(read_audio(clip.path, DUSHA.sample_rate_hz), DUSHA.frame_length // 2)
            stream.reset()
            embeddings[i] = teacher.embedding(torch.from_numpy(stream.push(audio))[None]).numpy()
    cache.mkdir(parents=True, exist_ok=True)
    np.savez(kept, names=names, embeddings=embeddings)
    return embeddings
