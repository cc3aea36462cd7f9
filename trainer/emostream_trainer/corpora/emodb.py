"""EmoDB: `wav/03a01Fa.wav` is speaker 03, text a01, emotion F, take a."""

import re
from pathlib import Path

from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.reader import Facts, clip_of, named_reader

FACTS = Facts(
    name="emodb",
    title="Berlin Database of Emotional Speech (EmoDB)",
    language="de",
    licence="free to use for research, see its site",
    non_commercial=True,
    source="http://emodb.bilderbar.info",
)
PATTERN = r"(?P<speaker>\d{2})(?P<text>[ab]\d{2})(?P<emotion>[WLEAFTN])(?P<take>[a-z])"
# First letters of the German words: Wut, Langeweile, Ekel, Angst, Freude, Trauer, neutral.
EMOTIONS = {
    "W": "angry",
    "L": "boredom",
    "E": "disgust",
    "A": "fearful",
    "F": "happy",
    "T": "sad",
    "N": "neutral",
}
SEXES = {
    "03": "M",
    "08": "F",
    "09": "F",
    "10": "M",
    "11": "M",
    "12": "M",
    "13": "F",
    "14": "F",
    "15": "M",
    "16": "F",
}


def _clip(path: Path, name: re.Match[str]) -> Clip:
    return clip_of(
        FACTS,
        path,
        name["speaker"],
        EMOTIONS[name["emotion"]],
        sex=SEXES.get(name["speaker"], ""),
        sentence=name["text"],
    )


EMODB = named_reader(FACTS, PATTERN, _clip)
