"""A smaller set of clips that stands for a corpus, the same every time."""

import hashlib
from collections.abc import Sequence

from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.labels import LabelSet


def stratified_sample(clips: Sequence[Clip], labels: LabelSet, per_corpus: int) -> list[Clip]:
    """At most ``per_corpus`` clips of each corpus, in their order: its labels in turn, of a label its speakers in turn.

    Which clips of a speaker are taken hangs on the clips alone, not on where they lie or how many others there are.
    """
    chosen = set()
    for corpus in {clip.corpus for clip in clips}:
        by_label = {
            label: _speakers_in_turn(
                [clip for clip in clips if clip.corpus == corpus and labels.index(clip.emotion) == label]
            )
            for label in range(len(labels.labels))
        }
        in_turn = sorted((turn, label) for label, of_label in by_label.items() for turn in range(len(of_label)))
        chosen |= {by_label[label][turn].path for turn, label in in_turn[:per_corpus]}
    return [clip for clip in clips if clip.path in chosen]


def stable_hash(clip: Clip, purpose: str) -> int:
    """A number that is the same for the same clip and purpose wherever the corpus lies."""
    text = f"{purpose}\t{clip.corpus}\t{clip.speaker}\t{clip.emotion}\t{clip.path.stem}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def _speakers_in_turn(clips: Sequence[Clip]) -> list[Clip]:
    by_speaker: dict[str, list[Clip]] = {}
    for clip in sorted(clips, key=lambda clip: stable_hash(clip, "sample")):
        by_speaker.setdefault(clip.speaker, []).append(clip)
    keyed = [(turn, speaker, clip) for speaker, spoken in by_speaker.items() for turn, clip in enumerate(spoken)]
    return [clip for _, _, clip in sorted(keyed, key=lambda item: item[:2])]
