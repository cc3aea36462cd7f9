"""Corpora that look like CREMA-D and Dusha, of real speech of the standard corpora: names, tables and quirks."""

import hashlib
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import soundfile

from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.registry import read_corpus
from emostream_trainer.data.feature_cache import read_audio
from tests.support.small_corpora import DUSHA_COLUMNS, write_dusha_table

RATE_HZ = 16_000  # of both corpora
SENTENCES = ("IEO", "TIE", "IOM", "IWW", "TAI", "MTI", "IWL", "ITH", "DFA", "ITS", "TSI", "WSI")
CREMA_D_NAMES = {"angry": "ANG", "disgust": "DIS", "fearful": "FEA", "happy": "HAP", "neutral": "NEU", "sad": "SAD"}
CREMA_D_ACTORS = 20
DUSHA_NAMES = {"neutral": "neutral", "angry": "angry", "sad": "sad", "happy": "positive", "surprised": "other"}
# Of each of nine speakers: Dusha is mostly neutral, and the preset takes clips away from all but the rarest label.
DUSHA_CLIPS = {"neutral": 30, "angry": 20, "sad": 20, "happy": 15, "surprised": 5}
ANNOTATORS = 5


def crema_d_like(root: Path, corpora: Path) -> Path:
    """Twenty actors of RAVDESS under CREMA-D's names, with its demographics and no votes."""
    actors: dict[str, str] = {}
    for (speaker, emotion), clips in _by_speaker_and_emotion(corpora / "ravdess"):
        if emotion not in CREMA_D_NAMES or (speaker not in actors and len(actors) == CREMA_D_ACTORS):
            continue
        actor = actors.setdefault(speaker, str(1001 + len(actors)))
        for sentence, clip in zip(SENTENCES, clips, strict=False):
            _write(clip, root / "AudioWAV" / f"{actor}_{sentence}_{CREMA_D_NAMES[emotion]}_XX.wav")
    people = [f'{actor},30,"{("Male", "Female")[place % 2]}","",""' for place, actor in enumerate(actors.values())]
    (root / "VideoDemographics.csv").write_text("\n".join(['"ActorID","Age","Sex","Race","Ethnicity"', *people, ""]))
    return root


def dusha_like(root: Path, corpora: Path) -> Path:
    """The nine speakers of nEMO as Dusha's crowd: five annotators who do not all agree, `other`, incomplete rows."""
    rows = []
    for (speaker, emotion), clips in _by_speaker_and_emotion(corpora / "nemo"):
        for place, clip in enumerate(clips[: DUSHA_CLIPS.get(emotion, 0)]):
            name = hashlib.md5(clip.path.name.encode(), usedforsecurity=False).hexdigest()
            _write(clip, root / "crowd_train" / "wavs" / f"{name}.wav")
            answers = [DUSHA_NAMES[emotion]] * ANNOTATORS
            answers[place % ANNOTATORS] = "neutral"
            if place == 0:
                answers[-1] = ""  # an incomplete row
            for annotator, answer in enumerate(answers):
                facts = (
                    name,
                    f"wavs/{name}.wav",
                    "3.0",
                    answer,
                    "",
                    "",
                    DUSHA_NAMES[emotion],
                    speaker,
                    f"a{annotator}",
                )
                rows.append(dict(zip(DUSHA_COLUMNS, facts, strict=True)))
    write_dusha_table(root / "crowd_train", rows)
    return root


def _by_speaker_and_emotion(folder: Path) -> Iterator[tuple[tuple[str, str], list[Clip]]]:
    def key(clip: Clip) -> tuple[str, str]:
        return clip.speaker, clip.emotion

    clips = sorted(read_corpus(folder).clips, key=lambda clip: (*key(clip), clip.path.name))
    for cell, group in groupby(clips, key):
        yield cell, list(group)


def _write(clip: Clip, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, read_audio(clip.path, RATE_HZ), RATE_HZ, subtype="PCM_16")
