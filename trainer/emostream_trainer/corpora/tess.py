"""TESS: `OAF_back_angry.wav`, an older and a younger woman, each saying the same 200 words."""

import re
from pathlib import Path

from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.reader import Facts, clip_of, named_reader

FACTS = Facts(
    name="tess",
    title="Toronto Emotional Speech Set (TESS)",
    language="en",
    licence="CC BY-NC-ND 4.0",
    non_commercial=True,
    source="https://doi.org/10.5683/SP2/E8H2MF",
)
# One file of the corpus, OA_bite_neutral, has lost the F of its speaker.
PATTERN = r"(?P<speaker>OA|YA)F?_(?P<word>[a-z]+)_(?P<emotion>angry|disgust|fear|happy|neutral|ps|sad)"
EMOTIONS = {
    "angry": "angry",
    "disgust": "disgust",
    "fear": "fearful",
    "happy": "happy",
    "neutral": "neutral",
    "ps": "surprised",
    "sad": "sad",
}


def _clip(path: Path, name: re.Match[str]) -> Clip:
    return clip_of(FACTS, path, f"{name['speaker']}F", EMOTIONS[name["emotion"]], sex="F", sentence=name["word"])


TESS = named_reader(FACTS, PATTERN, _clip)
