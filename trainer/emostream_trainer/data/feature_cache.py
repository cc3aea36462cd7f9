"""Feature rows of every clip, clean and augmented, computed once with the daemon's own ``FeatureStream``.

Beside them is how much speech the daemon's own voice activity detector had found by the end of each row: windows for
training can then be cut where a stream would predict.
"""

import hashlib
import inspect
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache, partial
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from emostream import assets
from emostream.audio import Samples
from emostream.errors import UsageError
from emostream.features import FeatureSpec, FeatureStream, resample
from emostream.features.resample import Resampler
from emostream.inference.vad import VoiceActivityConfig, VoiceActivityDetector, VoiceActivityModel
from emostream.sources.file import FileSource
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.features import has_audio, read_features
from emostream_trainer.data import augmentation, channel, codecs, telephone_line
from emostream_trainer.data.augmentation import Augmentation, augment, speed_perturb
from emostream_trainer.data.telephone_line import by_telephone
from emostream_trainer.parallel import parallel_map
from emostream_trainer.recipes import DUSHA_RECIPES, MOST_VIEWS, takes_published_features

Views = list[tuple[NDArray[np.float16], NDArray[np.int32]]]

AUGMENTATION = Augmentation()
MOST_VOICES = 2
# The view of a clip that came by telephone: kept beside the others, for the recipes that ask for it.
BY_TELEPHONE = MOST_VIEWS
BABBLE_VOICES = 5
BABBLE_POOL = 64  # clips that babble is made of: few enough to be kept decoded


@dataclass(frozen=True)
class FeatureCache:
    """Rows of all views of all clips.

    View 0 is the clip as it is, 1 the clip augmented (``augment``), 2 the clip at another speed, 3 that one
    augmented. A cache of one view has the clips as they are, one of voices (``load_voices``) views 0 and 2 alone.
    ``by_telephone`` has the clips by telephone, which are view ``BY_TELEPHONE`` here, for those who need them.
    ``folder`` is where it is kept.

    ``rows`` is float16 of shape (total, D), ``starts`` int64 of shape (clips, views + 1): where each view begins.
    ``speech_samples`` is int32 of shape (total,): the samples of speech in the view up to the end of each row.
    """

    folder: Path
    rows: NDArray[np.float16]
    speech_samples: NDArray[np.int32]
    starts: NDArray[np.int64]
    by_telephone: "FeatureCache | None" = None

    @classmethod
    def open(cls, folder: Path) -> "FeatureCache":
        """A cache that was computed before."""
        rows = np.load(folder / "rows.npy", mmap_mode="r")
        return cls(folder, rows, np.load(folder / "speech.npy"), np.load(folder / "starts.npy"))

    @property
    def views(self) -> int:
        """How many views each clip has, the clean one included."""
        return int(self.starts.shape[1]) - 1

    def clip(self, number: int, view: int = 0) -> NDArray[np.float32]:
        """Rows of one view of one clip, float32 of shape (T, D)."""
        if view == BY_TELEPHONE and self.by_telephone:
            return self.by_telephone.clip(number)
        start, stop = self.starts[number, view : view + 2]
        return np.asarray(self.rows[start:stop], np.float32)

    def speech(self, number: int, view: int = 0) -> NDArray[np.int32]:
        """Samples of speech (T,) in one view of one clip up to the end of each of its rows."""
        if view == BY_TELEPHONE and self.by_telephone:
            return self.by_telephone.speech(number)
        start, stop = self.starts[number, view : view + 2]
        return self.speech_samples[start:stop]


def voice_of(view: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which voice speaks in a view: 0 the clip's own, 1 the one at another speed."""
    return view // 2


def load_feature_cache(
    clips: Sequence[Clip], spec: FeatureSpec, views: int, folder: Path, *, with_telephone: bool = False
) -> FeatureCache:
    """The rows of these clips, from below ``folder`` or computed with a progress bar and kept there.

    Raises ``NoInputError`` for a clip that cannot be read, ``UsageError`` for one that is features of another kind.
    """
    place = folder / _key(clips, spec, views)
    cache = _load(clips, spec, range(views), place)
    if not with_telephone:
        return cache
    line = hashlib.sha256(inspect.getsource(telephone_line).encode()).hexdigest()[:8]
    beside = place.with_name(f"{place.name}-telephone-{line}")
    return replace(cache, by_telephone=_load(clips, spec, [BY_TELEPHONE], beside))


def load_voices(clips: Sequence[Clip], spec: FeatureSpec, views: int, folder: Path) -> FeatureCache:
    """The same with nothing but the voices of so many views, undisturbed: a view each."""
    return _load(clips, spec, range(0, views, 2), folder / f"{_key(clips, spec, views)}-voices")


def _load(clips: Sequence[Clip], spec: FeatureSpec, views: Sequence[int], folder: Path) -> FeatureCache:
    _check_served(clips, spec)
    if not (folder / "starts.npy").exists():
        folder.mkdir(parents=True, exist_ok=True)
        _compute(clips, partial(_views_of, clips, _babble_pools(clips), spec, views), folder)
    return FeatureCache.open(folder)


def read_audio(path: Path, sample_rate_hz: int) -> Samples:
    """All of a file as the daemon reads it: mono float32 at the models' rate. Raises ``NoInputError``."""
    source = FileSource(path)
    resampler = Resampler(source.sample_rate_hz, sample_rate_hz)
    pieces = [resampler.push(block.samples) for block in source.blocks()]
    return np.concatenate([*pieces, resampler.flush()])


def feature_rows(audio: Samples, spec: FeatureSpec) -> NDArray[np.float32]:
    """Rows of a whole clip, float32 of shape (T, D); silence follows one shorter than a frame, so that it has a row."""
    return FeatureStream(spec).whole(np.pad(audio, (0, max(0, spec.frame_length - len(audio)))))


def _check_served(clips: Sequence[Clip], spec: FeatureSpec) -> None:
    """Published features are rows of one kind: only a network that takes that kind can learn from them."""
    published = [clip.path for clip in clips if not has_audio(clip)]
    if published and not takes_published_features(spec):
        raise UsageError(
            f"found {len(published)} clips that are features without audio, such as {published[0]}, expected audio for "
            f"this recipe: train {DUSHA_RECIPES}, which takes such features, or name folders of audio"
        )


def _compute(clips: Sequence[Clip], views_of: Callable[[int], Views], folder: Path) -> None:
    views_by_clip = parallel_map(views_of, range(len(clips)), f"features of {len(clips)} clips")
    lengths = np.array([[len(rows) for rows, _ in views] for views in views_by_clip])
    stops = np.cumsum(lengths).reshape(lengths.shape)
    np.save(folder / "rows.npy", np.concatenate([rows for views in views_by_clip for rows, _ in views]))
    np.save(folder / "speech.npy", np.concatenate([speech for views in views_by_clip for _, speech in views]))
    # Written last: it says that the cache is whole.
    np.save(folder / "starts.npy", np.column_stack([stops[:, 0] - lengths[:, 0], stops]))


def _views_of(
    clips: Sequence[Clip],
    pools: Mapping[Hashable, Sequence[Path]],
    spec: FeatureSpec,
    views: Sequence[int],
    number: int,
) -> Views:
    """Rows (T, D) and the samples of speech by the end of each (T,), view by view."""
    clip = clips[number]
    if not has_audio(clip):
        # Features without audio can neither be augmented nor searched for speech.
        rows = read_features(clip.path).astype(np.float16)
        return [(rows, _ends(len(rows), spec))] * len(views)
    audio = read_audio(clip.path, spec.sample_rate_hz)
    rng = np.random.default_rng([number, len(views)])
    made = []
    for view in views:
        if view == BY_TELEPHONE:
            made.append(_rows_and_speech(by_telephone(audio, rng, spec.sample_rate_hz), spec))
        elif view % 2 == 0:
            voice = speed_perturb(audio, clip.speaker, spec.sample_rate_hz) if view else audio
            made.append(_rows_and_speech(voice, spec))
        else:
            babble = _babble(pools[_company(clip)], spec.sample_rate_hz, rng)
            made.append(_rows_and_speech(augment(voice, babble, AUGMENTATION, rng, spec.sample_rate_hz), spec))
    return made


def _rows_and_speech(audio: Samples, spec: FeatureSpec) -> tuple[NDArray[np.float16], NDArray[np.int32]]:
    rows = feature_rows(audio, spec).astype(np.float16)
    ends = _ends(len(rows), spec)
    detector = VoiceActivityDetector(_speech_model(), VoiceActivityConfig(), len(audio))
    detector.push(audio)
    if not detector.speech_samples:
        # The corpus says that there is a voice in it.
        return rows, ends
    return rows, np.array([detector.speech_between(0, end) for end in ends.tolist()], np.int32)


def _ends(n_rows: int, spec: FeatureSpec) -> NDArray[np.int32]:
    """The sample behind the last one of each row's frame."""
    return (spec.frame_start(np.arange(n_rows, dtype=np.int64)) + spec.frame_length).astype(np.int32)


@cache
def _speech_model() -> VoiceActivityModel:
    return assets.load_vad_model()


def _company(clip: Clip) -> Hashable:
    """Whose clips are the babble behind this one: where a fold or a corpus is held out, its voices are too."""
    return clip.corpus, clip.fold


def _babble_pools(clips: Sequence[Clip]) -> dict[Hashable, list[Path]]:
    """The clips that babble is made of, by company."""
    pools: dict[Hashable, list[Path]] = {}
    for clip in clips:
        if has_audio(clip):
            pools.setdefault(_company(clip), []).append(clip.path)
    return {
        company: [paths[i] for i in np.unique(np.linspace(0, len(paths) - 1, BABBLE_POOL).astype(int))]
        for company, paths in pools.items()
    }


def _babble(pool: Sequence[Path], sample_rate_hz: int, rng: np.random.Generator) -> Samples:
    """Several voices at once."""
    longest = 3 * sample_rate_hz
    voices = [pool[i] for i in rng.integers(0, len(pool), BABBLE_VOICES)]
    babble: Samples = np.sum([np.resize(_decoded(path, sample_rate_hz), longest) for path in voices], axis=0)
    return babble


@lru_cache(maxsize=1536)
def _decoded(path: Path, sample_rate_hz: int) -> Samples:
    return read_audio(path, sample_rate_hz)


def _key(clips: Sequence[Clip], spec: FeatureSpec, views: int) -> str:
    # Corpora and folds too: they say who babbles behind whom.
    names = [(str(clip.path), clip.corpus, clip.fold) for clip in clips]
    # What was drawn and resampled is a matter of the code too: rows of an older one must not pass for those of a newer.
    code = [inspect.getsource(module) for module in (augmentation, channel, codecs, resample)]
    facts = [spec.fingerprint(), views, repr(AUGMENTATION), code, repr(VoiceActivityConfig()), names]
    return hashlib.sha256(msgspec.json.encode(facts)).hexdigest()[:16]
