"""Sums over an archive, and what a run added to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Totals:
    """Of all files that were read; ``label_s`` is the time in which each label was shown."""

    files: int = 0
    errors: int = 0
    utterances: int = 0
    parts: int = 0
    seconds: float = 0.0
    speech_s: float = 0.0
    label_s: dict[str, float] = field(default_factory=dict)

    @staticmethod
    def columns(labels: Sequence[str]) -> list[str]:
        """The columns of a file's row that ``add`` needs."""
        return ["seconds", "speech_s", "utterances", *(f"share_{label}" for label in labels)]

    def add(self, row: Mapping[str, Any], labels: Sequence[str]) -> None:
        """One more file, by its row."""
        self.files += 1
        self.seconds += row["seconds"]
        self.speech_s += row["speech_s"]
        self.utterances += row["utterances"]
        for label in labels:
            self.label_s[label] = self.label_s.get(label, 0.0) + row["speech_s"] * (row[f"share_{label}"] or 0.0)

    def shares(self) -> dict[str, float]:
        """Each label's share of the speech in which one was shown."""
        total_s = sum(self.label_s.values())
        return {label: round(s / total_s, 4) if total_s else 0.0 for label, s in self.label_s.items()}

    def as_json(self) -> dict[str, Any]:
        """What ``summary.json`` says."""
        return {
            "files": self.files,
            "errors": self.errors,
            "hours": round(self.seconds / 3600, 4),
            "speech_hours": round(self.speech_s / 3600, 4),
            "utterances": self.utterances,
            "parts": self.parts,
            "shares": self.shares(),
        }
