"""Every clip opened once: which hold no sound, and what else a person who trains on them should know."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from rich.console import Console

from emostream.errors import NoInputError
from emostream.sources.decoding import open_sound
from emostream.sources.file import FileSource
from emostream_trainer.corpora.clip import Clip, Corpus, Skipped
from emostream_trainer.corpora.features import HOP_S, SUFFIX, read_features
from emostream_trainer.corpora.reader import in_order
from emostream_trainer.parallel import parallel_map
from emostream_trainer.recipes import DUSHA_RECIPES

SHORTEST_S = 0.25
FAINTEST_DBFS = -60.0
FAINTEST = 10 ** (FAINTEST_DBFS / 20)
FEATURES = "features"
# What the container of a file may be called in its name; other names say nothing of it.
CONTAINERS = {
    ".wav": {"WAV", "WAVEX", "RF64"},
    ".flac": {"FLAC"},
    ".ogg": {"OGG"},
    ".opus": {"OGG"},
    ".mp3": {"MP3", "MPEG"},
    ".aif": {"AIFF"},
    ".aiff": {"AIFF"},
}


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """What one file holds.

    why: the reason to leave it out, empty where there is none. sound: a hash of its samples, the same whatever the
    container. trouble: what a decoder says of an end that came too early.
    """

    why: str = ""
    seconds: float = 0.0
    rate_hz: int = 0
    channels: int = 0
    container: str = ""
    sound: str = ""
    trouble: str = ""


@dataclass(frozen=True)
class Oddity:
    """Something worth knowing of files that are kept."""

    what: str
    paths: tuple[Path, ...]


@dataclass(frozen=True)
class Inspection:
    """The corpus without what holds no sound, which is among the skipped now, and what its files hold."""

    corpus: Corpus
    opened: Mapping[Path, Opened]

    @property
    def hours(self) -> float:
        """How long all clips are together."""
        return sum(self.opened[clip.path].seconds for clip in self.corpus.clips) / 3600

    def oddities(self) -> list[Oddity]:
        """What is worth knowing of the clips, the commonest first; files of the same sound are a group each."""
        kept = [(clip, self.opened[clip.path]) for clip in self.corpus.clips]
        usual = _usual_rates(kept)
        found: dict[str, list[Path]] = {}
        sounding: dict[str, list[Path]] = {}
        for clip, opened in kept:
            sounding.setdefault(opened.sound, []).append(clip.path)
            for what in _odd(clip, opened, usual[clip.corpus]):
                found.setdefault(what, []).append(clip.path)
        odd = [Oddity(what, tuple(paths)) for what, paths in found.items()]
        twins = [Oddity("the same sound in several files", tuple(p)) for p in sounding.values() if len(p) > 1]
        return sorted(twins + odd, key=lambda oddity: -len(oddity.paths))


def inspect(corpus: Corpus, console: Console) -> Inspection:
    """Open every clip and listen to all of it, with a progress bar on the console."""
    paths = [clip.path for clip in corpus.clips]
    opened = dict(zip(paths, parallel_map(open_clip, paths, f"opening {len(paths)} clips", console), strict=True))
    return Inspection(_without(corpus, {path: of.why for path, of in opened.items()}), opened)


def with_sound(corpus: Corpus, console: Console) -> Corpus:
    """Return the same corpus as `inspect` does, for a fifth of the time: each clip is opened until its first sound."""
    paths = [clip.path for clip in corpus.clips]
    whys = parallel_map(why_left_out, paths, f"checking the sound of {len(paths)} clips", console)
    return _without(corpus, dict(zip(paths, whys, strict=True)))


def open_clip(path: Path) -> Opened:
    """Open one file and listen through it, as training would."""
    try:
        opened = _open_features(path) if path.suffix.lower() == SUFFIX else _open_audio(path)
    except NoInputError as error:
        return Opened(why=f"unreadable: {str(error).replace(f' in {path}', '').replace(f'{path} ', '')}")
    if not opened.why and opened.seconds < SHORTEST_S:
        return msgspec.structs.replace(opened, why=f"too short (under {SHORTEST_S} s)")
    return opened


def why_left_out(path: Path) -> str:
    """Return the same as `open_clip(path).why`, listening no further than it takes to know that there is none."""
    if path.suffix.lower() != SUFFIX and _sounds(path):
        return ""
    return open_clip(path).why


def _sounds(path: Path) -> bool:
    """Whether the beginning says that the whole can be used."""
    try:
        with open_sound(path) as sound:
            if sound.subtype in {"FLOAT", "DOUBLE"}:  # may hold what is no number, anywhere
                return False
        source = FileSource(path, block_s=2 * SHORTEST_S)
        for block in source.blocks():
            if len(block.samples) < SHORTEST_S * source.sample_rate_hz:
                return False
            if np.abs(block.samples).max() >= FAINTEST:
                source.close()
                return True
    except NoInputError:
        return False
    return False


def _open_audio(path: Path) -> Opened:
    with open_sound(path) as sound:
        channels, container = sound.channels, sound.format
    source = FileSource(path, block_s=5.0)
    samples = np.concatenate([block.samples for block in source.blocks()])
    peak = float(np.abs(samples).max())
    silence = "no sound (digital silence)" if peak == 0 else f"no sound (peak under {FAINTEST_DBFS:.0f} dBFS)"
    return Opened(
        why=silence if peak < FAINTEST else "",
        seconds=len(samples) / source.sample_rate_hz,
        rate_hz=source.sample_rate_hz,
        channels=channels,
        container=container,
        sound=_digest(samples),
        trouble="cut short" if source.trouble else "",
    )


def _open_features(path: Path) -> Opened:
    rows = read_features(path)
    return Opened(
        why="no sound (features that are all the same)" if np.ptp(rows) == 0 else "",
        seconds=len(rows) * HOP_S,
        container=FEATURES,
        sound=_digest(rows),
    )


def _digest(samples: np.ndarray) -> str:
    return hashlib.blake2b(samples.tobytes(), digest_size=16).hexdigest()


def _without(corpus: Corpus, whys: Mapping[Path, str]) -> Corpus:
    """The corpus with every clip that has a reason among the skipped."""
    clips = [clip for clip in corpus.clips if not whys[clip.path]]
    mute = [Skipped(path, why) for path, why in whys.items() if why]
    return in_order(corpus.name, clips, [*corpus.skipped, *mute])


def _usual_rates(kept: Sequence[tuple[Clip, Opened]]) -> dict[str, int]:
    rates: dict[str, Counter[int]] = {}
    for clip, opened in kept:
        rates.setdefault(clip.corpus, Counter())[opened.rate_hz] += 1
    return {corpus: counts.most_common(1)[0][0] for corpus, counts in rates.items()}


def _odd(clip: Clip, opened: Opened, usual_rate_hz: int) -> list[str]:
    if opened.container == FEATURES:
        return [f"features without audio, for {DUSHA_RECIPES} alone"]
    odd = []
    suffix = clip.path.suffix.lower()
    if opened.container not in CONTAINERS.get(suffix, {opened.container}):
        odd.append(f"{opened.container} in a file called {suffix}, read as what it is")
    if opened.channels > 1:
        odd.append(f"{opened.channels} channels, mixed to mono")
    if opened.rate_hz != usual_rate_hz:
        odd.append(f"{opened.rate_hz} Hz, where most of {clip.corpus} have {usual_rate_hz} Hz; resampled")
    if opened.trouble:
        odd.append("ends before the end that its header promises; used as far as it goes")
    return odd
