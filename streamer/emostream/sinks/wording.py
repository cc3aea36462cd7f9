"""How a result is said. Without a label its probability is not that of being unsure, so the label it is of is named."""

from collections.abc import Mapping

UNSURE = "unsure"


def closest(p: Mapping[str, float]) -> str:
    """The likeliest label of probabilities by label, and its probability; empty where there are none.

    >>> closest({"angry": 0.35, "sad": 0.42})
    'closest is sad, 42%'
    """
    if not p:
        return ""
    label = max(p, key=p.__getitem__)
    return f"closest is {label}, {p[label]:.0%}"


def verdict(label: str | None, p: Mapping[str, float]) -> str:
    """A label with its probability, or else what comes closest.

    >>> verdict("sad", {"angry": 0.2, "sad": 0.8}), verdict(None, {"angry": 0.35, "sad": 0.42}), verdict(None, {})
    ('sad 80%', 'unsure (closest is sad, 42%)', 'no speech')
    """
    if not p:
        return "no speech"
    return f"{label} {p[label]:.0%}" if label else f"{UNSURE} ({closest(p)})"
