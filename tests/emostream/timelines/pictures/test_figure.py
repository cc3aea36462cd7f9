"""PNG and SVG: what they show, for how long a recording, and that they are the same each time."""

import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import BinaryIO
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib import image
from numpy.typing import NDArray

from emostream.sinks.palette import BY_NAME, WARNING
from emostream.timelines.pictures.figure import draw_png, draw_svg
from emostream.timelines.sound import Envelope
from emostream.timelines.timeline import Timeline, TimelineGap, TimelineUtterance
from tests.support.stream_events import LABELS, hello
from tests.support.timelines import made_up_timeline

WIDTH = 2_000


def drawn(timelines: Sequence[Timeline], draw: Callable[[Sequence[Timeline], BinaryIO], None] = draw_png) -> bytes:
    file = io.BytesIO()
    draw(timelines, file)
    return file.getvalue()


def pixels(timelines: Sequence[Timeline]) -> NDArray[np.uint8]:
    """The picture as (height, width, 3)."""
    found = image.imread(io.BytesIO(drawn(timelines)), format="png")
    return np.round(255 * found[..., :3]).astype(np.uint8)


def where(picture: NDArray[np.uint8], colour: str) -> NDArray[np.bool_]:
    """Where a picture has exactly that colour."""
    found: NDArray[np.bool_] = (picture == list(bytes.fromhex(colour[1:]))).all(axis=-1)
    return found


def talk(length_ms: int = 20_000, **changes: object) -> Timeline:
    """A sentence of each label, one after the other, and one without."""
    share = length_ms // 6
    utterances = [
        TimelineUtterance(
            share * number, share * number + share // 2, label, {label: 0.2 * number + 0.2}, 0.2 * number + 0.2
        )
        for number, label in enumerate(LABELS)
    ]
    utterances.append(TimelineUtterance(4 * share, 4 * share + share // 2, None, {"sad": 0.4}, 0.4))
    timeline = Timeline(hello=hello(), length_ms=length_ms, utterances=tuple(utterances), gaps=())
    return replace(timeline, **changes)  # type: ignore[arg-type]


def test_each_label_has_its_colour_and_its_confidence_as_height() -> None:
    picture = pixels([talk()])
    assert abs(picture.shape[1] - WIDTH) <= 1
    above_legend = picture[: int(0.8 * len(picture))]
    heights = [int(where(above_legend, BY_NAME[label]).sum(axis=0).max()) for label in LABELS]
    assert heights[0] > 20
    assert np.array(heights) / heights[0] == pytest.approx([1, 2, 3, 4], rel=0.1)
    lefts = [int(where(above_legend, BY_NAME[label]).any(axis=0).argmax()) for label in LABELS]
    assert lefts == sorted(lefts)


def test_the_sound_is_seen_where_it_is() -> None:
    high = np.zeros(5_000, np.float32)
    high[2_500:3_000] = 0.5
    silent, loud = (pixels([talk(envelope=Envelope(4.0, -part, part))]) for part in (0 * high, high))
    # More than the edge of a line.
    columns = np.flatnonzero((silent != loud).any(axis=2).sum(axis=0) > 20)
    left, right = 0.95 * 150, WIDTH - 0.25 * 150
    assert (columns[0] - left) / (right - left) == pytest.approx(0.5, abs=0.01)
    assert (columns[-1] - left) / (right - left) == pytest.approx(0.6, abs=0.01)


def test_a_gap_is_seen() -> None:
    gaps = (TimelineGap(16_000, 18_000, "lost", 2_000), TimelineGap(18_500, 19_500, "paused", 0))
    before, after = pixels([talk()]), pixels([talk(gaps=gaps)])
    above = slice(0, int(0.8 * len(before)))
    red = where(after[above], WARNING).sum() - where(before[above], WARNING).sum()
    assert red > 100


def test_an_hour_folds_into_rows_and_files_stand_below_each_other() -> None:
    one, hour, three = pixels([talk()]), pixels([talk(3_600_000)]), pixels([talk(), talk(), talk()])
    assert len(hour) > 2 * len(one)
    assert len(three) > 1.5 * len(one)
    rows = where(three, BY_NAME["happy"]).any(axis=1)
    assert np.count_nonzero(np.diff(rows.astype(int)) == 1) >= 3


@pytest.mark.parametrize("draw", [draw_png, draw_svg])
def test_ten_hours_with_strange_names_are_the_same_each_time(
    draw: Callable[[Sequence[Timeline], BinaryIO], None],
) -> None:
    timeline = made_up_timeline(with_steps=True)
    dollars = replace(timeline, hello=hello(("$a_{b$", "_hidden", "\x1b[31m", "愤怒")))
    first = drawn([timeline, dollars], draw)
    assert first == drawn([timeline, dollars], draw)


def test_an_svg_holds_no_address_that_is_loaded() -> None:
    root = ElementTree.fromstring(drawn([talk()], draw_svg))
    links = [value for element in root.iter() for name, value in element.attrib.items() if name.endswith("href")]
    assert links
    assert all(link.startswith("#") for link in links)
    assert "test microphone" in ElementTree.tostring(root, encoding="unicode")


def test_nothing_at_all_is_a_picture_too() -> None:
    empty = Timeline(hello=hello(), length_ms=0, utterances=(), gaps=())
    assert abs(pixels([empty]).shape[1] - WIDTH) <= 1
