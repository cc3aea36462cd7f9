"""The Dusha network as a teacher: its summaries of clips are what our own networks learn to imitate."""

import hashlib
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from emostream_trainer.data.feature_cache import FeatureCache
from emostream_trainer.networks.dusha import Dusha, load_dusha
from emostream_trainer.parallel import parallel_map


def teach(cache: FeatureCache, path: Path) -> NDArray[np.float16]:
    """The teacher's summaries of every voice of every clean clip, (clips, voices, SUMMARY).

    ``cache`` holds the rows that the teacher takes, and keeps its summaries. Raises ``NoInputError`` for a file that is
    not the published network.
    """
    load_dusha(path)  # what is wrong with it is told of once, not by every process
    kept = cache.folder / f"teacher-{hashlib.sha256(path.read_bytes()).hexdigest()[:16]}.npy"
    if not kept.exists():
        voices = range(0, cache.views, 2)
        jobs = [(number, view) for number in range(len(cache.starts)) for view in voices]
        summaries = np.stack(parallel_map(partial(_summary, cache.folder, path), jobs, "the teacher listens"))
        draft = cache.folder / "teacher.draft.npy"
        np.save(draft, summaries.reshape(len(cache.starts), len(voices), -1).astype(np.float16))
        draft.replace(kept)  # in one move: whoever interrupts here leaves no half of it
    taught: NDArray[np.float16] = np.load(kept)
    return taught


def _summary(folder: Path, path: Path, job: tuple[int, int]) -> NDArray[np.float32]:
    cache, dusha = _open(folder, path)
    with torch.inference_mode():
        summary: NDArray[np.float32] = dusha.summary(torch.from_numpy(cache.clip(*job))[None])[0].numpy()
    return summary


@lru_cache(maxsize=1)
def _open(folder: Path, path: Path) -> tuple[FeatureCache, Dusha]:
    torch.set_num_threads(1)
    return FeatureCache.open(folder), load_dusha(path)
