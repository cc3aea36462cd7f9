"""nEMO: `samples/SM0_anger_12.wav` is speaker, emotion, sentence; `data.tsv` has the speaker's sex."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.reader import Facts, clip_of, named_reader
from emostream_trainer.corpora.tables import rows_of, table_of

FACTS = Facts(
    name="nemo",
    title="nEMO: Dataset of Emotional Speech in Polish",
    language="pl",
    licence="CC BY-NC-SA 4.0",
    non_commercial=True,
    source="https://github.com/amu-cai/nEMO",
)
PATTERN = r"(?P<speaker>[A-Z]{2}\d)_(?P<emotion>anger|fear|happiness|neutral|sadness|surprised)_(?P<sentence>\d+)"
EMOTIONS = {
    "anger": "angry",
    "fear": "fearful",
    "happiness": "happy",
    "neutral": "neutral",
    "sadness": "sad",
    "surprised": "surprised",
}
# The nine speakers, for a folder without data.tsv.
SEXES = {
    "EB0": "F",
    "IC0": "F",
    "KD0": "F",
    "KS0": "M",
    "MK0": "F",
    "MP0": "M",
    "SM0": "M",
    "TP0": "M",
    "WR0": "M",
}


def _clip(path: Path, name: re.Match[str]) -> Clip:
    return clip_of(
        FACTS,
        path,
        name["speaker"],
        EMOTIONS[name["emotion"]],
        sex=SEXES.get(name["speaker"], ""),
        sentence=f"n{name['sentence']}",
    )


def _with_table(directory: Path, files: Sequence[Path]) -> Callable[[Clip], Clip]:
    table = table_of("data.tsv", directory, files)
    rows = rows_of(table, columns=("speaker_id", "gender"), delimiter="\t") if table else []
    sexes = {f"{FACTS.name}-{row['speaker_id'].strip()}": row["gender"].strip()[:1].upper() for row in rows}
    return lambda clip: replace(clip, sex=sexes.get(clip.speaker, clip.sex))


NEMO = named_reader(FACTS, PATTERN, _clip, _with_table)
