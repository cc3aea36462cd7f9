"""Ways to prepare a corpus that have a name: those of the report of 2024, one a corpus.

Of Dusha it dropped incomplete rows (under 5 % of them), what listeners called `other` and classes with too few clips,
and then took clips away from every class until all had as many as the smallest; of CREMA-D it used happy, neutral and
sad as they are. Then it split at random; here, speakers stay apart as ever.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emostream.errors import NoInputError
from emostream_trainer.corpora.clip import Clip, Corpus, Skipped, unknown_speaker
from emostream_trainer.corpora.labels import LabelSet, label_set
from emostream_trainer.corpora.reader import in_order

FOUR = "angry,happy,neutral,sad"
THREE = "happy,neutral,sad"
INCOMPLETE = "incomplete"
# The report left out under this share of its rows as incomplete; where it is more, that is said.
MOST_INCOMPLETE = 0.05
# The report removed classes with too few clips, and does not say how few: below this share of the largest.
LEAST_OF_LARGEST = 0.01
SEED = 2024


@dataclass(frozen=True)
class Preset:
    """Labels, whether each is to be as frequent as the rarest, and the epochs of the published network of a name."""

    labels: str
    balanced: bool
    epochs: Mapping[str, int]


CREMA_D = Preset(THREE, balanced=False, epochs={"mfcc_cnn1d": 30, "mel_cnn2d": 15})
DUSHA = Preset(FOUR, balanced=True, epochs={"mfcc_cnn1d": 100, "mel_cnn2d": 15})
PUBLISHED = "published"  # that of the corpus
PRESETS = (PUBLISHED, "crema-d", "dusha")


@dataclass(frozen=True)
class Preparation:
    """What is learnt from or judged by, which labels it has, by which preset, and what is to be said about it."""

    corpus: Corpus
    labels: LabelSet
    preset: Preset | None = None
    notes: tuple[str, ...] = ()


def prepare(corpus: Corpus, preset: str | None, labels: str | None) -> Preparation:
    """Return the corpus as the preset prepares it, with the labels asked for or else the preset's.

    Without a preset nothing is left out. Raises UsageError and NoInputError as `label_set` and `LabelSet.keep` do.
    """
    if preset is None:
        return Preparation(corpus, label_set(labels or FOUR))
    chosen = preset_of(corpus.clips, preset)
    of_preset = label_set(chosen.labels)
    wanted = label_set(labels) if labels else _without_tiny(corpus.clips, of_preset)
    prepared = published(corpus, wanted, balanced=chosen.balanced)
    tiny = () if labels else _tiny(corpus.clips, of_preset).items()
    notes = [
        *(
            f"{label} has {count} clips, under {LEAST_OF_LARGEST:.0%} of the largest class: it is left out"
            for label, count in tiny
        ),
        *_incomplete(corpus, prepared),
    ]
    return Preparation(prepared, wanted, chosen, tuple(notes))


def preset_of(clips: Sequence[Clip], name: str) -> Preset:
    """Return the preset of that name; the published one of CREMA-D alone is its own, that of all else is Dusha's."""
    is_crema_d = name == "crema-d" or (name == PUBLISHED and {clip.corpus for clip in clips} == {"crema-d"})
    return CREMA_D if is_crema_d else DUSHA


def published(corpus: Corpus, labels: LabelSet, *, balanced: bool = True) -> Corpus:
    """Return the corpus as the report prepared it: complete, without `other`; `balanced`, each label like the rarest.

    Rows that lack a label never become a clip; incomplete beyond that is a clip of unknown speaker in a corpus that
    names its speakers. The same clips give the same choice. Raises NoInputError where a label has no clip.
    """
    named = {clip.corpus for clip in corpus.clips if clip.speaker != unknown_speaker(clip.corpus)}
    left_out: list[Skipped] = []
    complete: list[Clip] = []
    for clip in corpus.clips:
        if clip.corpus in named and clip.speaker == unknown_speaker(clip.corpus):
            left_out.append(Skipped(clip.path, f"{INCOMPLETE}: no speaker"))
        elif labels.index(clip.emotion) is None:
            left_out.append(Skipped(clip.path, f"{clip.emotion} is none of the labels"))
        else:
            complete.append(clip)
    labels.keep(complete)  # refuses a label that no clip has
    chosen = _balanced(labels.indices(complete)) if balanced else set(range(len(complete)))
    left_out += [
        Skipped(clip.path, "one too many of its label") for number, clip in enumerate(complete) if number not in chosen
    ]
    kept = [complete[number] for number in sorted(chosen)]
    return in_order(corpus.name, kept, [*corpus.skipped, *left_out])


def _balanced(places: NDArray[np.int64]) -> set[int]:
    """The numbers of as many clips of each label as the rarest has."""
    fewest = np.bincount(places).min()
    rng = np.random.default_rng(SEED)
    of_labels = (rng.permutation(np.flatnonzero(places == label))[:fewest] for label in range(places.max() + 1))
    return {int(number) for numbers in of_labels for number in numbers}


def _without_tiny(clips: Sequence[Clip], labels: LabelSet) -> LabelSet:
    """The labels of which there is enough, or none at all: that is refused later."""
    tiny = _tiny(clips, labels)
    enough = [label for label in labels.labels if label not in tiny]
    if len(enough) < 2:
        raise NoInputError(f"found clips of {enough[0]} and hardly any of other labels, expected two labels or more")
    return label_set(",".join(enough)) if tiny else labels


def _tiny(clips: Sequence[Clip], labels: LabelSet) -> dict[str, int]:
    """Labels that have some clips and too few, with how many."""
    places = [labels.index(clip.emotion) for clip in clips]
    counts = {label: places.count(place) for place, label in enumerate(labels.labels)}
    least = LEAST_OF_LARGEST * max(counts.values())
    return {label: count for label, count in counts.items() if 0 < count < least}


def _incomplete(corpus: Corpus, prepared: Corpus) -> Iterator[str]:
    """A line where more is incomplete than in the report."""
    incomplete = sum(INCOMPLETE in skipped.why for skipped in prepared.skipped)
    found = len(corpus.clips) + len(corpus.skipped)
    if incomplete > MOST_INCOMPLETE * found:
        yield (
            f"{incomplete} of {found} recordings ({incomplete / found:.0%}) are incomplete: the report left out under "
            f"{MOST_INCOMPLETE:.0%}; is the corpus whole?"
        )
