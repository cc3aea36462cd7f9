"""Feature rows of every clip, clean and augmented, computed once with the daemon's own ``FeatureStream``."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from streamer.audio import Samples
from streamer.errors import UsageError
from streamer.features import FeatureSpec, FeatureStream
from streamer.resample import Resampler
from streamer.sources.file import FileSource
from trainer.augmentation import OTHER_SPEED, Augmentation, another_voice, augment
from trainer.corpora.clip import Clip
from trainer.corpora.features import has_audio, read_features
from trainer.parallel import each
from trainer.recipes import DUSHA, HEARS_PUBLISHED

AUGMENTATION = Augmentation()
MOST_VOICES = 2
BABBLE_VOICES = 5
BABBLE_POOL = 64  # clips of a fold that babble is made of: few enough to be kept decoded


@dataclass(frozen=True)
class FeatureBank:
    """Rows of all versions of all clips.

    Version 0 is the clip as it is, 1 the clip disturbed (noise, room, microphone), 2 another voice saying it, 3 that
    one disturbed. A bank of one version has the clips as they are. ``folder`` is where it is kept.

    ``rows`` is float16 of shape (total, D), ``starts`` int64 of shape (clips, versions + 1): where each version begins.
    """

    folder: Path
    rows: NDArray[np.float16]
    starts: NDArray[np.int64]

    @classmethod
    def open(cls, folder: Path) -> "FeatureBank":
        """A bank that was computed before."""
        return cls(folder, np.load(folder / "rows.npy", mmap_mode="r"), np.load(folder / "starts.npy"))

    @property
    def versions(self) -> int:
        """How many versions each clip has, the clean one included."""
        return self.starts.shape[1] - 1

    def clip(self, number: int, version: int = 0) -> NDArray[np.float32]:
        """Rows of one version of one clip, float32 of shape (T, D)."""
        start, stop = self.starts[number, version : version + 2]
        return np.asarray(self.rows[start:stop], np.float32)


def voice_of(version: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which voice speaks in a version: 0 the clip's own, 1 the made-up one."""
    return version // 2


def load_bank(clips: Sequence[Clip], spec: FeatureSpec, versions: int, cache: Path) -> FeatureBank:
    """The bank of these clips, from the cache or computed with a progress bar and kept there.

    Raises ``NoInputError`` for a clip that cannot be read, ``UsageError`` for one that is features of another kind.
    """
    _check_served(clips, spec)
    folder = cache / _key(clips, spec, versions)
    if not (folder / "starts.npy").exists():
        folder.mkdir(parents=True, exist_ok=True)
        _compute(clips, spec, versions, folder)
    return FeatureBank.open(folder)


def read_audio(path: Path, sample_rate_hz: int) -> Samples:
    """All of a file as the daemon would hear it: mono float32 at the models' rate. Raises ``NoInputError``."""
    source = FileSource(path)
    resampler = Resampler(source.sample_rate_hz, sample_rate_hz)
    pieces = [resampler.push(block.samples) for block in source.blocks()]
    return np.concatenate([*pieces, resampler.flush()])


def feature_rows(audio: Samples, spec: FeatureSpec) -> NDArray[np.float32]:
    """Rows of a whole clip, float32 of shape (T, D); silence follows one shorter than a frame, so that it has a row."""
    return FeatureStream(spec).push(np.pad(audio, (0, max(0, spec.frame_length - len(audio)))))


def _check_served(clips: Sequence[Clip], spec: FeatureSpec) -> None:
    """Published features are rows of one kind: only a network that listens to that kind can learn from them."""
    published = [clip.path for clip in clips if not has_audio(clip)]
    if published and spec != DUSHA:
        raise UsageError(
            f"found {len(published)} clips that are features without audio, such as {published[0]}, expected audio for "
            f"this recipe: train {HEARS_PUBLISHED}, which hears such features, or name folders of audio"
        )


def _compute(clips: Sequence[Clip], spec: FeatureSpec, versions: int, folder: Path) -> None:
    work = partial(_versions_of, clips, _babble_pools(clips), spec, versions)
    of_clips = each(work, range(len(clips)), f"features of {len(clips)} clips")
    lengths = np.array([[len(rows) for rows in of_clip] for of_clip in of_clips])
    stops = np.cumsum(lengths).reshape(lengths.shape)
    np.save(folder / "rows.npy", np.concatenate([rows for of_clip in of_clips for rows in of_clip]))
    # Written last: it says that the bank is whole.
    np.save(folder / "starts.npy", np.column_stack([stops[:, 0] - lengths[:, 0], stops]))


def _versions_of(
    clips: Sequence[Clip],
    pools: Mapping[int | None, Sequence[Path]],
    spec: FeatureSpec,
    versions: int,
    number: int,
) -> list[NDArray[np.float16]]:
    clip = clips[number]
    if not has_audio(clip):
        # What stands for audio cannot be augmented.
        return [read_features(clip.path).astype(np.float16)] * versions
    audio = read_audio(clip.path, spec.sample_rate_hz)
    rng = np.random.default_rng([number, versions])
    voices = [audio, another_voice(audio, clip.speaker, spec.sample_rate_hz)][: -(-versions // 2)]
    heard = []
    for voice in voices:
        babble = _babble(pools[clip.fold], spec.sample_rate_hz, rng)
        heard += [voice, augment(voice, babble, AUGMENTATION, rng, spec.sample_rate_hz)]
    return [feature_rows(samples, spec).astype(np.float16) for samples in heard[:versions]]


def _babble_pools(clips: Sequence[Clip]) -> dict[int | None, list[Path]]:
    """The clips of each fold that babble is made of: training never hears a voice that it is judged by."""
    of_fold: dict[int | None, list[Path]] = {}
    for clip in clips:
        if has_audio(clip):
            of_fold.setdefault(clip.fold, []).append(clip.path)
    return {
        fold: [paths[i] for i in np.unique(np.linspace(0, len(paths) - 1, BABBLE_POOL).astype(int))]
        for fold, paths in of_fold.items()
    }


def _babble(pool: Sequence[Path], sample_rate_hz: int, rng: np.random.Generator) -> Samples:
    """Several voices at once."""
    longest = 3 * sample_rate_hz
    voices = [pool[i] for i in rng.integers(0, len(pool), BABBLE_VOICES)]
    return np.sum([np.resize(_decoded(path, sample_rate_hz), longest) for path in voices], axis=0)


@lru_cache(maxsize=512)
def _decoded(path: Path, sample_rate_hz: int) -> Samples:
    return read_audio(path, sample_rate_hz)


def _key(clips: Sequence[Clip], spec: FeatureSpec, versions: int) -> str:
    # The folds too: they say who babbles behind whom.
    names = [(str(clip.path), clip.fold) for clip in clips]
    facts = [spec.fingerprint(), versions, repr(AUGMENTATION), OTHER_SPEED, names]
    return hashlib.sha256(msgspec.json.encode(facts)).hexdigest()[:16]
