"""RAVDESS: `Actor_01/03-01-05-02-01-02-01.wav`, every field a number in the name."""

import re
from pathlib import Path

from emostream_trainer.corpora.clip import Clip, Skipped
from emostream_trainer.corpora.reader import Facts, clip_of, named_reader

FACTS = Facts(
    name="ravdess",
    title="Ryerson Audio-Visual Database of Emotional Speech and Song (RAVDESS)",
    language="en",
    licence="CC BY-NC-SA 4.0",
    non_commercial=True,
    source="https://zenodo.org/records/1188976",
)
PATTERN = (
    r"(?P<modality>\d{2})-(?P<channel>\d{2})-(?P<emotion>0[1-8])-(?P<intensity>0[12])"
    r"-(?P<statement>\d{2})-(?P<repetition>\d{2})-(?P<actor>\d{2})"
)
EMOTIONS = {
    "01": "neutral",
    "02": "calm",
    "03": "happy",
    "04": "sad",
    "05": "angry",
    "06": "fearful",
    "07": "disgust",
    "08": "surprised",
}
INTENSITIES = {"01": "normal", "02": "strong"}


def _clip(path: Path, name: re.Match[str]) -> Clip | Skipped:
    if name["channel"] != "01":
        return Skipped(path, "sung, not spoken")
    if name["modality"] != "03":
        return Skipped(path, "sound of a film of which the audio-only file is the corpus's own")
    return clip_of(
        FACTS,
        path,
        name["actor"],
        EMOTIONS[name["emotion"]],
        sex="F" if int(name["actor"]) % 2 == 0 else "M",
        intensity=INTENSITIES[name["intensity"]],
        sentence=f"s{name['statement']}",
    )


RAVDESS = named_reader(FACTS, PATTERN, _clip)
