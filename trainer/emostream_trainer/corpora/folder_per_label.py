"""A tree of one's own with a folder for each label: `angry/x.wav`, `angry/ann/x.wav` or `ann/angry/x.wav`."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from emostream_trainer.corpora.clip import Clip, Corpus, Skipped, unknown_speaker
from emostream_trainer.corpora.reader import Facts, Reader, in_order, is_audio, unusable

FACTS = Facts(
    name="folders",
    title="folders named after their emotion",
    language="und",
    licence="not known",
    source="",
)
WORDS = {
    "anger": "angry",
    "angry": "angry",
    "bored": "boredom",
    "boredom": "boredom",
    "calm": "calm",
    "disgust": "disgust",
    "disgusted": "disgust",
    "fear": "fearful",
    "fearful": "fearful",
    "happiness": "happy",
    "happy": "happy",
    "joy": "happy",
    "neutral": "neutral",
    "sad": "sad",
    "sadness": "sad",
    "surprise": "surprised",
    "surprised": "surprised",
}
# Folders that say nothing of who speaks.
NO_SPEAKER = frozenset({"audio", "clips", "dev", "eval", "test", "train", "val", "valid", "validation", "wav", "wavs"})


def _in_emotion_folder(path: Path) -> bool:
    return is_audio(path) and any(folder.lower() in WORDS for folder in path.parts[:-1])


def _read(directory: Path, files: Sequence[Path]) -> Corpus:
    """Take each file's label from the folder at the depth where emotions are, and its speaker from the other folder.

    Where there is no other folder, what stands before the first `_` of the file's name is the speaker, if it has a
    letter and is heard with two labels or more; the remaining clips are all of one unknown speaker, so that no split
    can put what may be one voice on both sides.
    """
    name = directory.resolve().name
    audio = [path for path in files if is_audio(path)]
    depths = Counter(depth for path in audio for depth, folder in enumerate(path.parts[:-1]) if folder.lower() in WORDS)
    depth = min(depths, key=lambda depth: (-depths[depth], depth), default=0)
    labelled = {path: path.parts[depth].lower() for path in audio if len(path.parts) > depth + 1}
    prefixes = _speaking_prefixes(labelled)
    clips: list[Clip] = []
    skipped = [
        Skipped(directory / path, "not in a folder named after its label") for path in audio if path not in labelled
    ]
    for path, label in labelled.items():
        if why := unusable(directory / path):
            skipped.append(Skipped(directory / path, why))
            continue
        others = (*path.parts[:depth], *path.parts[depth + 1 : -1])
        speaker = next((folder for folder in others if folder.lower() not in NO_SPEAKER), None)
        prefix = path.stem.split("_")[0]
        known = speaker or (prefix if prefix in prefixes else None)
        clips.append(
            Clip(
                path=directory / path,
                corpus=name,
                language=FACTS.language,
                speaker=f"{name}-{known}" if known else unknown_speaker(name),
                sex="",
                emotion=WORDS.get(label, label),
                intensity="",
                sentence="",
            )
        )
    return in_order(name, clips, skipped)


def _speaking_prefixes(labelled: Mapping[Path, str]) -> set[str]:
    labels_by_prefix: dict[str, set[str]] = {}
    for path, label in labelled.items():
        prefix, separator, _ = path.stem.partition("_")
        if separator and any(letter.isalpha() for letter in prefix):
            labels_by_prefix.setdefault(prefix, set()).add(label)
    return {prefix for prefix, labels in labels_by_prefix.items() if len(labels) > 1}


FOLDERS = Reader(FACTS, _in_emotion_folder, _read)
