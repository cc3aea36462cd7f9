"""Times in words."""

import pytest

from emostream.sinks.drawing import duration


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (89, "89 s"),
        (90, "2 min"),
        (600, "10 min"),
        (5340, "89 min"),
        (5400, "1 h 30 min"),
        (7500, "2 h 05 min"),
    ],
)
def test_times_are_said_as_a_person_says_them(seconds: float, words: str) -> None:
    assert duration(seconds) == words
