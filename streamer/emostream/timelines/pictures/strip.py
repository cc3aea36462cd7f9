"""A timeline as text for a terminal: a line a minute, in short recordings a line for each 10 s and more detail."""

from collections.abc import Iterator, Mapping
from typing import BinaryIO

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from emostream.events import LOST
from emostream.sinks.drawing import clock, column, padded, words
from emostream.sinks.palette import UNSURE as UNSURE_COLOUR
from emostream.sinks.palette import WARNING, label_colours, label_letters
from emostream.sinks.printable import printable
from emostream.sinks.wording import NOT_ENDED, TOO_SHORT, UNSURE, verdict
from emostream.timelines.pictures.minutes import Span, dominant_by_cell, spans_by_cell
from emostream.timelines.text_file import text_file
from emostream.timelines.timeline import Timeline, TimelineGap, TimelineUtterance

COLUMNS = 80
# (no longer than, seconds in a line): up to here each line has a second one, with words.
_SHORT = ((60, 10), (120, 20), (300, 30))
_MINUTE_S = 60
# Upper case from here on.
SURE = 0.7
UNSURE_MARK, SHORT_MARK, SILENCE_MARK, LOST_MARK, PAUSED_MARK = "░", "-", "·", "╱", "–"
# Behind a minute: a blank, the label with the most time, and its share of the speech, such as " 100%".
_SHARE_CELLS, _LEAST_NAME_CELLS = 6, 3


def write_strip(timeline: Timeline, file: BinaryIO) -> None:
    """As plain text of 80 columns, without colours."""
    with text_file(file) as text:
        print_strip(timeline, Console(file=text, width=COLUMNS, color_system=None, force_terminal=False))


def print_strip(timeline: Timeline, console: Console) -> None:
    """As wide as the console has room for, up to 80 columns; with its colours."""
    for line in strip_lines(timeline, console.width):
        line.rstrip()
        console.print(line, soft_wrap=True)


def strip_lines(timeline: Timeline, width: int = COLUMNS) -> Iterator[Text]:
    """A headline, the lines, and what the marks mean."""
    length_s = timeline.length_ms / 1000
    line_s = next((seconds for longest, seconds in _SHORT if length_s <= longest), _MINUTE_S)
    draw = _Strip(timeline, line_s, width)
    yield Text(printable(timeline.source or timeline.hello.stream), style="bold")
    yield draw.headline()
    yield draw.axis()
    for start_ms in range(0, max(1, timeline.length_ms), 1000 * line_s):
        yield from draw.lines(start_ms)
    yield from draw.legend()
    yield Text("")


class _Strip:
    def __init__(self, timeline: Timeline, line_s: int, width: int) -> None:
        self._timeline = timeline
        self._line_ms = 1000 * line_s
        self._is_short = line_s < _MINUTE_S
        self._colours = label_colours(timeline.labels)
        self._letters = _letters(timeline.labels)
        last_ms = max(0, timeline.length_ms - 1) // self._line_ms * self._line_ms
        self._front = len(_time(last_ms)) + 2
        cells = next((n for n in (60, 30) if n + self._front <= width), 20)
        self._spans = spans_by_cell(timeline, self._line_ms // cells)
        self._cells = cells
        self._worded = _longest_pieces(self._spans, cells) if self._is_short else set()
        self._most_of = {} if self._is_short else dominant_by_cell(timeline, self._line_ms)
        longest = max(map(cell_len, (UNSURE, NOT_ENDED, *map(printable, timeline.labels))))
        self._name_cells = min(longest, width - self._front - cells - _SHARE_CELLS)

    def headline(self) -> Text:
        timeline, summary = self._timeline, self._timeline.summary
        said = f"{printable(verdict(summary.label, summary.p))}, " if summary and summary.p else ""
        line = f"{said}{_time(timeline.speech_ms)} of speech in {_time(timeline.length_ms)}"
        return Text(line + (f", {timeline.lost_ms / 1000:.1f} s lost" if timeline.lost_ms else ""))

    def axis(self) -> Text:
        """The seconds of a line."""
        line_s = self._line_ms // 1000
        marks = next(n for n in (6, 5, 1) if self._cells % n == 0 and line_s % n == 0)
        room = self._cells // marks
        seconds = line_s // marks
        parts = [str(index * seconds).ljust(room) for index in range(marks)]
        return Text(" " * self._front + "".join(parts).rstrip() + " s", style="dim")

    def lines(self, start_ms: int) -> Iterator[Text]:
        """Those of one part: in short recordings the confidence as height, below it words; else letters."""
        first = start_ms * self._cells // self._line_ms
        end_ms = min(start_ms + self._line_ms, self._timeline.length_ms)
        n_cells = max(1, -(-(end_ms - start_ms) * self._cells // self._line_ms))
        spans = [self._spans.get(index) for index in range(first, first + n_cells)]
        line = words(_time(start_ms).rjust(self._front - 2) + "  ", "dim")
        for span in spans:
            mark, style = self._height(span) if self._is_short else self._letter(span)
            line.append(mark, style=style or "none")
        if not self._is_short:
            if self._name_cells >= _LEAST_NAME_CELLS:
                line.append(" " * (self._cells - n_cells + 1))
                line.append_text(self._most(start_ms // self._line_ms))
            yield line
            return
        yield line
        yield self._words(first, n_cells)

    def legend(self) -> Iterator[Text]:
        """What the marks mean, wrapped to the width of the lines."""
        parts = []
        if not self._is_short:
            parts = [(f"{letter} {printable(label)}", self._colours[label]) for label, letter in self._letters.items()]
            parts.append((f"upper case: {SURE:.0%} and more", "dim"))
        marks = [(UNSURE_MARK, UNSURE), (SHORT_MARK, TOO_SHORT), (SILENCE_MARK, "silence")]
        marks += [(LOST_MARK, "lost"), (PAUSED_MARK, "paused")] if self._timeline.gaps else []
        parts += [(f"{mark} {name}", "dim") for mark, name in marks]
        if self._is_short:
            parts.append(("height: confidence", "dim"))
        line = Text()
        for text, style in parts:
            if line and line.cell_len + 2 + cell_len(text) > self._front + self._cells:
                yield line
                line = Text()
            line.append("  " if line else "").append(text, style=style)
        yield line

    def _most(self, number: int) -> Text:
        """The label with the most time in a line, and its share of the speech there."""
        if number not in self._most_of:
            return Text("")
        name, share = self._most_of[number]
        word = Text(printable(name))
        word.truncate(self._name_cells, overflow="crop", pad=True)
        word.stylize(self._colours.get(name, "dim"))
        return word.append(f" {share:4.0%}", style="dim")

    def _letter(self, span: Span | None) -> tuple[str, str]:
        if not isinstance(span, TimelineUtterance) or span.label is None:
            return self._mark(span)
        letter = self._letters[span.label]
        upper = letter.upper()
        return upper if span.confidence >= SURE and len(upper) == 1 else letter, self._colours[span.label]

    def _height(self, span: Span | None) -> tuple[str, str]:
        if not isinstance(span, TimelineUtterance) or span.label is None:
            return self._mark(span)
        return column(span.confidence, 1), self._colours[span.label]

    def _mark(self, span: Span | None) -> tuple[str, str]:
        if span is None:
            return SILENCE_MARK, "dim"
        if isinstance(span, TimelineGap):
            return (LOST_MARK, WARNING) if span.reason == LOST else (PAUSED_MARK, "dim")
        return (UNSURE_MARK if span.p else SHORT_MARK), UNSURE_COLOUR

    def _words(self, first: int, n_cells: int) -> Text:
        """Each utterance's label below its beginning, with its confidence where there is room."""
        line = Text(" " * self._front)
        index = first
        while index < first + n_cells:
            span, start = self._spans.get(index), index
            while index < first + n_cells and self._spans.get(index) is span:
                index += 1
            room = index - start
            if span is None or start not in self._worded:
                line.append(" " * room)
                continue
            name, colour = self._named(span)
            word = next((text for text in name if cell_len(text) < room), name[-1])
            line.append(padded(word, room) if cell_len(word) <= room else " " * room, style=colour)
        return line

    def _named(self, span: Span) -> tuple[tuple[str, ...], str]:
        """From the longest to the shortest."""
        if isinstance(span, TimelineGap):
            return (span.reason, span.reason[:1]), WARNING if span.reason == LOST else "dim"
        name = printable(span.name)
        if span.label is None:
            return (name, name[:3], name[:1]), UNSURE_COLOUR
        return (
            (f"{name} {span.confidence:.0%}", name, name[:3], self._letters[span.label]),
            self._colours[span.label],
        )


def _longest_pieces(spans: Mapping[int, Span], cells: int) -> set[int]:
    """Where a name stands: the first cell of the longest piece that lines of so many cells make of each span."""
    starts: dict[int, tuple[int, int]] = {}
    start = 0
    for index in sorted(spans):
        if spans.get(index - 1) is not spans[index] or index % cells == 0:
            start = index
        longest = starts.get(id(spans[index]), (0, 0))[0]
        if index + 1 - start > longest:
            starts[id(spans[index])] = index + 1 - start, start
    return {start for _, start in starts.values()}


def _letters(labels: tuple[str, ...]) -> dict[str, str]:
    """One cell each: a letter, or a number where its letter is wider or cannot be printed."""
    return {
        label: letter if letter and letter.isprintable() and cell_len(letter) == 1 else str((index + 1) % 10)
        for index, (label, letter) in enumerate(label_letters(labels).items())
    }


def _time(ms: float) -> str:
    return clock(ms)[:-2]
