"""Ways to prepare a corpus that have a name. `published` is that of the report of 2024.

It dropped incomplete rows and what listeners called `other`, and then took clips away from every class until all had
as many as the smallest. CREMA-D had three labels, happy, neutral and sad; Dusha had angry, happy, neutral and sad. What
was published was split at random; here, speakers stay apart as ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emostream_trainer.corpora.clip import Clip, Corpus, Skipped, unknown_speaker
from emostream_trainer.corpora.labels import LabelSet, label_set
from emostream_trainer.corpora.reader import in_order

PUBLISHED = "published"
PRESETS = (PUBLISHED,)
SEED = 2024
FOUR = "angry,happy,neutral,sad"
THREE = "happy,neutral,sad"


@dataclass(frozen=True)
class Preparation:
    """What is learnt from or judged by, and which labels it has."""

    corpus: Corpus
    labels: LabelSet


def prepare(corpus: Corpus, preset: str | None, labels: str | None) -> Preparation:
    """Return the corpus as the preset prepares it, with the labels asked for or else the preset's.

    Without a preset nothing is left out. Raises UsageError and NoInputError as `label_set` and `LabelSet.keep` do.
    """
    chosen = label_set(labels or (published_labels(corpus.clips) if preset else FOUR))
    return Preparation(published(corpus, chosen) if preset else corpus, chosen)


def published_labels(clips: Sequence[Clip]) -> str:
    """Return the labels of the report: three for CREMA-D, four for Dusha and for everything else."""
    return THREE if {clip.corpus for clip in clips} == {"crema-d"} else FOUR


def published(corpus: Corpus, labels: LabelSet) -> Corpus:
    """Return the corpus as the report prepared it: complete, without `other`, each label as often as the rarest.

    Rows that lack a label never become a clip; incomplete beyond that is a clip of unknown speaker in a corpus that
    names its speakers. The same clips give the same choice. Raises NoInputError where a label has no clip.
    """
    named = {clip.corpus for clip in corpus.clips if clip.speaker != unknown_speaker(clip.corpus)}
    left_out: list[Skipped] = []
    complete: list[Clip] = []
    for clip in corpus.clips:
        if clip.corpus in named and clip.speaker == unknown_speaker(clip.corpus):
            left_out.append(Skipped(clip.path, "incomplete: no speaker"))
        elif labels.index(clip.emotion) is None:
            left_out.append(Skipped(clip.path, f"{clip.emotion} is none of the labels"))
        else:
            complete.append(clip)
    labels.keep(complete)  # refuses a label that no clip has
    places = labels.indices(complete)
    fewest = np.bincount(places).min()
    rng = np.random.default_rng(SEED)
    chosen = {
        int(number)
        for label in range(len(labels.labels))
        for number in rng.permutation(np.flatnonzero(places == label))[:fewest]
    }
    left_out += [
        Skipped(clip.path, "one too many of its label") for number, clip in enumerate(complete) if number not in chosen
    ]
    kept = [complete[number] for number in sorted(chosen)]
    return in_order(corpus.name, kept, [*corpus.skipped, *left_out])
