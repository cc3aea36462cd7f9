"""What there is in each part of a timeline: which utterance or gap has the most of a cell, which label of a stretch."""

from collections.abc import Iterator

from emostream.timelines.timeline import Timeline, TimelineGap, TimelineUtterance

Span = TimelineUtterance | TimelineGap


def spans_by_cell(timeline: Timeline, cell_ms: float) -> dict[int, Span]:
    """By the number of each cell of ``cell_ms`` what has the most of it; a gap shows whatever else is there.

    Cells of silence are left out. What is shorter than half a cell stands in the cell of its middle if that is free.
    """
    cells: dict[int, Span] = {}
    covered: dict[int, float] = {}
    small: list[TimelineUtterance] = []
    for span in timeline.utterances:
        taken = False
        for index, ms in _shares(span, cell_ms):
            if ms >= cell_ms / 2 and ms > covered.get(index, 0.0):
                cells[index], covered[index], taken = span, ms, True
        if not taken:
            small.append(span)
    for short in small:
        cells.setdefault(int((short.start_ms + short.end_ms) / 2 // cell_ms), short)
    for gap in timeline.gaps:
        for index, _ in _shares(gap, cell_ms):
            cells[index] = gap
    return cells


def dominant_by_cell(timeline: Timeline, cell_ms: float) -> dict[int, tuple[str, float]]:
    """By the number of each cell in which somebody speaks: the name with the most time, its share of the speech."""
    spoken: dict[int, dict[str, float]] = {}
    for utterance in timeline.utterances:
        for index, ms in _shares(utterance, cell_ms):
            times = spoken.setdefault(index, {})
            times[utterance.name] = times.get(utterance.name, 0.0) + ms
    found = {}
    for index, times in spoken.items():
        name = max(times, key=times.__getitem__)
        found[index] = name, times[name] / (sum(times.values()) or 1.0)
    return found


def _shares(span: Span, cell_ms: float) -> Iterator[tuple[int, float]]:
    """The cells that a span reaches into, each with the ms that it has there."""
    for index in range(int(span.start_ms // cell_ms), int(-(-span.end_ms // cell_ms))):
        yield index, min(span.end_ms, (index + 1) * cell_ms) - max(span.start_ms, index * cell_ms)
