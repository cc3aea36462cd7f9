"""How a result without a label is said: its probability is not that of being unsure, so the label it is of is named."""

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
