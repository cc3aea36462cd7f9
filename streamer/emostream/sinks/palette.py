"""One colour per label: the same in the terminal and, by name, in the browser widget.

Every colour keeps a contrast of at least 3 against white and against a dark terminal (#1e1e1e). The four labels of the
shipped models stay apart for red-blind and green-blind eyes; colour never stands alone: bars always carry their label.
"""

from collections.abc import Sequence

BY_NAME = {
    "angry": "#d23f31",
    "happy": "#c68600",
    "neutral": "#868e9b",
    "sad": "#2b78d4",
    "fearful": "#ad7ce4",
    "disgust": "#3f8a3c",
    "surprised": "#e0699f",
    "calm": "#17808a",
    "boredom": "#96704a",
    "positive": "#8a9d1c",
}
# For other labels: none of them is the colour of an emotion.
OTHERS = ("#6b57ee", "#c93cbd", "#0a9f7a", "#965a96", "#e5642c", "#e0246f")
UNSURE = "#868e9b"
WARNING = "#d23f31"


def label_colours(labels: Sequence[str]) -> dict[str, str]:
    """A colour (``#rrggbb``) for each label, in order; no label has that of another emotion.

    >>> label_colours(("angry", "amused"))
    {'angry': '#d23f31', 'amused': '#6b57ee'}
    """
    unlisted = [label for label in dict.fromkeys(labels) if label not in BY_NAME]
    others = {label: OTHERS[index % len(OTHERS)] for index, label in enumerate(unlisted)}
    return {label: BY_NAME.get(label) or others[label] for label in labels}


def label_letters(labels: Sequence[str]) -> dict[str, str]:
    """A letter of each label that no label before it has, as far as there is one.

    >>> label_letters(("sad", "surprised", "calm"))
    {'sad': 's', 'surprised': 'u', 'calm': 'c'}
    """
    letters: dict[str, str] = {}
    for label in labels:
        free = (letter for letter in label if letter not in letters.values())
        letters[label] = next(free, label[:1])
    return letters
