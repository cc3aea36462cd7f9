"""Networks of others as teachers: their summaries of clips are what our own networks learn to imitate."""

import hashlib
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from emostream.errors import NoInputError
from emostream_trainer.data.feature_cache import FeatureCache
from emostream_trainer.networks.dusha import load_dusha
from emostream_trainer.networks.whisper import WEIGHTS, load_whisper
from emostream_trainer.parallel import parallel_map
from emostream_trainer.recipes import Pretrained

# Rows (1, T, D) of a clip -> a summary (1, S).
Summarise = Callable[[Tensor], Tensor]


def teach(cache: FeatureCache, teacher: Pretrained, path: Path | None = None) -> NDArray[np.float16]:
    """The teacher's summaries of every voice of every clean clip, (clips, voices, S).

    ``cache`` holds the voices (``load_voices``) in the rows that the teacher takes (``recipes.TEACHER_FEATURES``), and
    keeps its summaries. ``path`` is the file of Dusha's network; Whisper's comes along. Raises ``NoInputError`` for a
    file that is not the published network.
    """
    file = WEIGHTS if teacher == "whisper" else path
    if file is None:
        raise NoInputError(f"the teacher {teacher} does not come along: give its file with --teacher")
    _load(teacher, file)  # what is wrong with it is told of once, not by every process
    kept = cache.folder / f"teacher-{hashlib.sha256(file.read_bytes()).hexdigest()[:16]}.npy"
    if not kept.exists():
        jobs = [(number, voice) for number in range(len(cache.starts)) for voice in range(cache.views)]
        summaries = np.stack(parallel_map(partial(_summary, cache.folder, teacher, file), jobs, "the teacher listens"))
        draft = cache.folder / "teacher.draft.npy"
        np.save(draft, summaries.reshape(len(cache.starts), cache.views, -1).astype(np.float16))
        draft.replace(kept)  # in one move: whoever interrupts here leaves no half of it
    taught: NDArray[np.float16] = np.load(kept)
    return taught


def _load(teacher: Pretrained, file: Path) -> Summarise:
    return load_whisper(file).summary if teacher == "whisper" else load_dusha(file).summary


def _summary(folder: Path, teacher: Pretrained, file: Path, job: tuple[int, int]) -> NDArray[np.float32]:
    cache, summarise = _open(folder, teacher, file)
    with torch.inference_mode():
        summary: NDArray[np.float32] = summarise(torch.from_numpy(cache.clip(*job))[None])[0].numpy()
    return summary


@lru_cache(maxsize=1)
def _open(folder: Path, teacher: Pretrained, file: Path) -> tuple[FeatureCache, Summarise]:
    torch.set_num_threads(1)
    return FeatureCache.open(folder), _load(teacher, file)
