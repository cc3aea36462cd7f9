"""What was found, how bad it is, and what to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """How a finding is to be taken, from good to bad; ``UNKNOWN`` could not be judged."""

    OK = "ok"
    UNKNOWN = "unknown"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's outcome: ``found`` and ``advice`` are for people, ``values`` (units in the names) for programs.

    A ``PROBLEM`` makes labels wrong or keeps emostream from running; a ``WARNING`` costs some accuracy or may.
    """

    check: str
    verdict: Verdict
    found: str
    advice: str = ""
    values: Mapping[str, float] = field(default_factory=dict)


def ok(check: str, found: str, **values: float) -> Finding:
    """Nothing to do."""
    return Finding(check, Verdict.OK, found, values=values)


def unknown(check: str, found: str, advice: str = "", **values: float) -> Finding:
    """It could not be judged, and why."""
    return Finding(check, Verdict.UNKNOWN, found, advice, values)


def warning(check: str, found: str, advice: str, **values: float) -> Finding:
    """Labels suffer, or may."""
    return Finding(check, Verdict.WARNING, found, advice, values)


def problem(check: str, found: str, advice: str, **values: float) -> Finding:
    """Labels are wrong, or there are none."""
    return Finding(check, Verdict.PROBLEM, found, advice, values)
