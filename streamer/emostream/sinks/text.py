"""A file's emotions as text for people: a timeline of spans, then the verdict over the whole file."""

from collections.abc import Callable
from dataclasses import dataclass, field

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from emostream.events import Error, Estimate, Event, Gap, Hello, Summary
from emostream.pipeline.reliability import cost
from emostream.sinks.drawing import bar, clock, padded
from emostream.sinks.jsonl import discard
from emostream.sinks.palette import label_colours
from emostream.sinks.printable import printable

UNSURE = "unsure"
SILENCE = "—"
LOST = "lost"
BAR_CELLS = 10


@dataclass
class _Span:
    """Consecutive estimates with the same label."""

    name: str
    start_ms: int
    end_ms: int
    confidences: list[float] = field(default_factory=list)


class TextSink:
    """Prints a line per span of equal estimates as soon as it ends, and a summary per file.

    A span runs to the end of its last window. Its confidence is the mean over its estimates. Colours appear on
    terminals alone. ``on_closed``, ``closed`` and ``failure`` are as with ``JsonlSink``.
    """

    name = "text"
    dropped_events = 0  # it waits for its reader

    def __init__(self, console: Console, on_closed: Callable[[], None] = lambda: None) -> None:
        self._console = console
        self._on_closed = on_closed
        self._span: _Span | None = None
        self._end_ms = 0
        self._colours: dict[str, str] = {}
        self._name_cells = len(UNSURE)
        self.closed = False
        self.failure: OSError | None = None

    def emit(self, event: Event) -> None:
        """Prints what the event completes."""
        match event:
            case Hello():
                self._begin(event)
            case Estimate():
                self._extend(event)
            case Gap():
                self._end_span()
                self._print(self._span_line(_Span(LOST, event.t_start_ms, event.t_end_ms)))
                self._end_ms = event.t_end_ms
            case Error():
                self._end_span()
                self._print(Text(printable(event.message), style="bold"))
            case Summary():
                self._end_span()
                self._print(summary_text(event, self._colours, self._name_cells))

    def close(self) -> None:
        """Prints the span that is still open, as after an interruption."""
        self._end_span()
        self.closed = True

    def _begin(self, hello: Hello) -> None:
        self._end_span()
        self._end_ms = 0
        self._colours = label_colours(hello.labels)
        self._name_cells = max(len(UNSURE), *map(cell_len, hello.labels))
        self._print(Text(printable(hello.source), style="bold"))
        if hello.certainty:
            self._print(Text(f"  {cost(hello.certainty)}", style="dim"))

    def _extend(self, estimate: Estimate) -> None:
        # The first moment of speech is too short for a prediction: p is empty, and the label is not unsure yet.
        name = estimate.label or (UNSURE if estimate.speech and estimate.p else SILENCE)
        if self._span is None or self._span.name != name:
            self._end_span()
            self._span = _Span(name, max(self._end_ms, estimate.t_start_ms), estimate.t_end_ms)
        self._span.end_ms = self._end_ms = estimate.t_end_ms
        self._span.confidences.append(estimate.confidence)

    def _end_span(self) -> None:
        if self._span is not None:
            self._print(self._span_line(self._span))
            self._span = None

    def _span_line(self, span: _Span) -> Text:
        line = Text(f"  {clock(span.start_ms)} – {clock(span.end_ms)}  ")
        colour = self._colours.get(span.name)
        line.append(padded(span.name, self._name_cells), style=colour or "dim")
        if span.name in self._colours or span.name == UNSURE:
            confidence = sum(span.confidences) / len(span.confidences)
            line.append(f"  {confidence:.2f}  ")
            line.append(bar(confidence, BAR_CELLS)[0], style=colour or "dim")
        line.rstrip()
        return line

    def _print(self, text: Text) -> None:
        if self.closed:
            return
        # Rich ends the process when a pipe breaks; a reader that has gone is no failure, so it is written here.
        try:
            with self._console.capture() as capture:
                self._console.print(text, soft_wrap=True)
            self._console.file.write(capture.get())
            self._console.file.flush()
        except OSError as error:
            self.closed = True
            self.failure = error
            discard(self._console.file)
            self._on_closed()


def summary_text(summary: Summary, colours: dict[str, str], name_cells: int) -> Text:
    """The verdict over a file: a headline, then each label's probability and its share of the speaking time."""
    text = Text("\n  whole file  ")
    if not summary.p:
        return text.append("no speech", style="bold").append(f" in {summary.seconds:.1f} s\n")
    verdict = f"{summary.label or UNSURE}  {summary.confidence:.2f}"
    text.append(verdict, style=f"bold {colours.get(summary.label or '', '')}".rstrip())
    text.append(f"  over {summary.speech_seconds:.1f} s of speech in {summary.seconds:.1f} s\n")
    for label, p in summary.p.items():
        share = summary.share.get(label, 0.0)
        text.append("  ").append(padded(label, name_cells), style=colours.get(label, ""))
        text.append(f"  {p:.2f}  ")
        for part, style in zip(bar(p, BAR_CELLS), (colours.get(label, ""), "dim"), strict=True):
            text.append(part, style=style)
        text.append(f"  {share:4.0%} of speaking time\n")
    return text
