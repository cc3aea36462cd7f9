"""EMOVO: `f1/dis-f1-b1.wav` is emotion, speaker, sentence; three women and three men, 14 sentences."""

import re
from pathlib import Path

from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.reader import Facts, clip_of, named_reader

FACTS = Facts(
    name="emovo",
    title="EMOVO, an Italian emotional speech database",
    language="it",
    licence="free for research",
    non_commercial=True,
    source="https://aclanthology.org/L14-1478/",
)
PATTERN = r"(?P<emotion>dis|gio|neu|pau|rab|sor|tri)-(?P<speaker>[fm]\d)-(?P<sentence>[a-z]+\d*)"
# First letters of disgusto, gioia, neutro, paura, rabbia, sorpresa, tristezza.
EMOTIONS = {
    "dis": "disgust",
    "gio": "happy",
    "neu": "neutral",
    "pau": "fearful",
    "rab": "angry",
    "sor": "surprised",
    "tri": "sad",
}


def _clip(path: Path, name: re.Match[str]) -> Clip:
    return clip_of(
        FACTS,
        path,
        name["speaker"],
        EMOTIONS[name["emotion"]],
        sex=name["speaker"][0].upper(),
        sentence=name["sentence"],
    )


EMOVO = named_reader(FACTS, PATTERN, _clip)
