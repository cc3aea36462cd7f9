"""URDU: `Angry/SM1_F10_A010.wav` is speaker SM1, the speaker's tenth file, emotion A; cut from talk shows."""

import re
from pathlib import Path

from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.reader import Facts, clip_of, named_reader

FACTS = Facts(
    name="urdu",
    title="URDU dataset of emotional utterances from talk shows",
    language="ur",
    licence="for research only, as its repository says",
    non_commercial=True,
    source="https://github.com/siddiquelatif/URDU-Dataset",
)
# The name says the emotion as well as the folder, so that it is known wherever the file has been moved.
PATTERN = r"(?P<speaker>S(?P<sex>[MF])\d+)_F(?P<file>\d+)_(?P<emotion>[AHNS])(?P<number>\d+)"
EMOTIONS = {"A": "angry", "H": "happy", "N": "neutral", "S": "sad"}


def _clip(path: Path, name: re.Match[str]) -> Clip:
    return clip_of(FACTS, path, name["speaker"], EMOTIONS[name["emotion"]], sex=name["sex"])


URDU = named_reader(FACTS, PATTERN, _clip)
