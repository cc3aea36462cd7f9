"""CREMA-D: `AudioWAV/1001_IEO_HAP_HI.wav` is actor, sentence, acted emotion, level; tables say what listeners heard."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from emostream.errors import NoInputError
from emostream_trainer.corpora.clip import Clip, Skipped
from emostream_trainer.corpora.reader import Facts, clip_of, named_reader
from emostream_trainer.corpora.tables import rows_of, table_of

FACTS = Facts(
    name="crema-d",
    title="Crowd-sourced Emotional Multimodal Actors Dataset (CREMA-D)",
    language="en",
    licence="Open Database License 1.0, contents under the Database Contents License 1.0",
    non_commercial=False,
    source="https://github.com/CheyneyComputerScience/CREMA-D",
)
# The audio of 1040_ITH_SAD_XX is called 1040_ITH_SAD_X: one X or two is the same level and the same recording.
PATTERN = (
    r"(?P<actor>\d{4})_(?P<sentence>DFA|IEO|IOM|ITH|ITS|IWL|IWW|MTI|TAI|TIE|TSI|WSI)"
    r"_(?P<emotion>ANG|DIS|FEA|HAP|NEU|SAD)_(?:(?P<level>LO|MD|HI)|XX?)"
)
EMOTIONS = {"ANG": "angry", "DIS": "disgust", "FEA": "fearful", "HAP": "happy", "NEU": "neutral", "SAD": "sad"}
LEVELS = {"LO": "low", "MD": "medium", "HI": "high"}
VOTES = {"A": "angry", "D": "disgust", "F": "fearful", "H": "happy", "N": "neutral", "S": "sad"}
SILENT = ("1076", "MTI", "SAD", None)
# tabulatedVotes numbers its rows 1xxxxx for the voice alone, 2xxxxx for the face alone, 3xxxxx for both.
VOICE_ROW = "1"


def _clip(path: Path, name: re.Match[str]) -> Clip | Skipped:
    if name.groups() == SILENT:
        return Skipped(path, "known to have no sound")
    return clip_of(
        FACTS,
        path,
        name["actor"],
        EMOTIONS[name["emotion"]],
        intensity=LEVELS.get(name["level"], ""),
        sentence=name["sentence"],
    )


def _with_tables(directory: Path, files: Sequence[Path]) -> Callable[[Clip], Clip]:
    demographics = table_of("VideoDemographics.csv", directory, files)
    actors = rows_of(demographics, columns=("ActorID", "Sex")) if demographics else []
    sexes = {f"{FACTS.name}-{row['ActorID']}": row["Sex"][:1].upper() for row in actors}
    votes: dict[str, dict[str, float]] = {}
    if table := table_of("tabulatedVotes.csv", directory, files):
        votes = _counted(table)
    elif table := table_of("summaryTable.csv", directory, files):
        votes = _summarised(table)

    def complete(clip: Clip) -> Clip:
        name = re.sub(r"_X$", "_XX", clip.path.stem)
        return replace(clip, sex=sexes.get(clip.speaker, ""), votes=votes.get(name))

    return complete


def _counted(table: Path) -> dict[str, dict[str, float]]:
    """Return {name: {emotion: share}} of those who heard the voice alone, from the full table of votes."""
    rows = rows_of(table, columns=("", "fileName", *VOTES))
    try:
        counts = {
            row["fileName"]: {VOTES[letter]: int(row[letter]) for letter in VOTES}
            for row in rows
            if row[""].startswith(VOICE_ROW)
        }
    except ValueError as error:
        raise NoInputError(
            f"found votes that are no numbers in {table} ({error}): take the corpus's own table"
        ) from error
    return {name: _shares(count) for name, count in counts.items() if sum(count.values()) > 0}


def _summarised(table: Path) -> dict[str, dict[str, float]]:
    """Return the same from the summary: the emotion with the most votes, or several (`N:S`) with as many."""
    rows = rows_of(table, columns=("FileName", "VoiceVote"))
    try:
        winners = {row["FileName"]: [VOTES[letter] for letter in row["VoiceVote"].split(":")] for row in rows}
    except KeyError as error:
        found = f"found a vote {error} in {table}, expected one of {', '.join(VOTES)}"
        raise NoInputError(f"{found}: take the corpus's own table") from error
    return {name: _shares(dict.fromkeys(emotions, 1)) for name, emotions in winners.items()}


def _shares(counts: Mapping[str, int]) -> dict[str, float]:
    total = sum(counts.values())
    return {emotion: count / total for emotion, count in counts.items() if count > 0}


CREMA_D = named_reader(FACTS, PATTERN, _clip, _with_tables)
