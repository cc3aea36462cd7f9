"""SAVEE: `DC_a01.wav`, or `DC/a01.wav` as first published: speaker, emotion, sentence; four men."""

import re
from pathlib import Path

from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.reader import Facts, clip_of, named_reader

FACTS = Facts(
    name="savee",
    title="Surrey Audio-Visual Expressed Emotion (SAVEE)",
    language="en",
    licence="free for research, on registration",
    non_commercial=True,
    source="http://kahlan.eps.surrey.ac.uk/savee/",
)
PATTERN = r"(?P<speaker>DC|JE|JK|KL)[_/](?P<emotion>sa|su|[adfhn])(?P<sentence>\d{2})"
EMOTIONS = {
    "a": "angry",
    "d": "disgust",
    "f": "fearful",
    "h": "happy",
    "n": "neutral",
    "sa": "sad",
    "su": "surprised",
}


def _clip(path: Path, name: re.Match[str]) -> Clip:
    return clip_of(FACTS, path, name["speaker"], EMOTIONS[name["emotion"]], sex="M", sentence=name["sentence"])


SAVEE = named_reader(FACTS, PATTERN, _clip)
