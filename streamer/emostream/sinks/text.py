"""A file's emotions as text for people: its utterances with their verdicts, then the verdict over the whole file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from emostream.events import Error, Estimate, Event, Gap, Hello, Summary, Utterance, UtteranceStart
from emostream.pipeline.reliability import cost
from emostream.sinks.drawing import bar, clock, padded
from emostream.sinks.jsonl import discard
from emostream.sinks.palette import label_colours
from emostream.sinks.printable import printable
from emostream.sinks.wording import NOT_ENDED, TOO_SHORT, UNSURE, closest, verdict, voice_words

SILENCE = "—"
BAR_CELLS = 10
# What lies between an utterance's last voiced moment and the next step is no silence worth a line.
SHORTEST_SILENCE_MS = 250


@dataclass
class _Span:
    """Consecutive estimates with the same label."""

    name: str
    start_ms: int
    end_ms: int
    p: dict[str, float]
    confidences: list[float] = field(default_factory=list)

    @property
    def confidence(self) -> float:
        return sum(self.confidences) / len(self.confidences)


class TextSink:
    """Prints a line for each utterance as soon as it has ended, for the pauses between, and a summary per file.

    The line also says how it was spoken. What was shown while somebody spoke may be revised by the utterance's verdict:
    its line then says what was shown before. ``with_steps`` prints that too, a line for each span of equal estimates,
    whose confidence is their mean. Colours appear on terminals alone. ``on_closed``, ``closed`` and ``failure`` are as
    with ``JsonlSink``.
    """

    name = "text"
    dropped_events = 0  # it waits for its reader

    def __init__(
        self, console: Console, on_closed: Callable[[], None] = lambda: None, *, with_steps: bool = False
    ) -> None:
        self._console = console
        self._on_closed = on_closed
        self._with_steps = with_steps
        self._colours: dict[str, str] = {}
        self._name_cells = len(UNSURE)
        self._span: _Span | None = None
        self._shown: list[str] = []
        self._open_ms: int | None = None
        self._now_ms = self._told_ms = 0
        self.closed = False
        self.failure: OSError | None = None

    def emit(self, event: Event) -> None:
        """Prints what the event completes."""
        match event:
            case Hello():
                self._begin(event)
            case Estimate():
                self._extend(event)
            case UtteranceStart():
                self._end_silence(event.t_start_ms)
                self._shown, self._open_ms = [], event.t_start_ms
            case Utterance():
                self._end_utterance(event)
            case Gap():
                self._end_silence(event.t_start_ms)
                self._print(self._line(event.t_start_ms, event.t_end_ms, event.reason))
                self._told_ms = self._now_ms = event.t_end_ms
            case Error():
                self._end_span()
                self._print(Text(printable(event.message), style="bold"))
            case Summary():
                self._end_silence(self._now_ms)
                self._print(summary_text(event, self._colours, self._name_cells))

    def close(self) -> None:
        """Prints the pause or what was shown of the utterance that is still open, as after an interruption."""
        last = self._span
        self._end_silence(self._now_ms if self._open_ms is None else self._told_ms)
        if self._open_ms is not None:
            shown = last if last and last.name != SILENCE else _Span(TOO_SHORT, 0, 0, {}, [0.0])
            end_ms = max(self._open_ms, self._now_ms)
            self._print(self._line(self._open_ms, end_ms, shown.name, shown.confidence, shown.p, NOT_ENDED))
        self.closed = True

    def _begin(self, hello: Hello) -> None:
        self._end_silence(self._now_ms)
        self._shown, self._open_ms = [], None
        self._now_ms = self._told_ms = 0
        self._colours = label_colours(hello.labels)
        self._name_cells = max(len(UNSURE), *map(cell_len, hello.labels))
        self._print(Text(printable(hello.source), style="bold"))
        if hello.certainty:
            self._print(Text(f"  {cost(hello.certainty)}", style="dim"))

    def _extend(self, estimate: Estimate) -> None:
        before_ms, self._now_ms = self._now_ms, estimate.t_end_ms
        # The first moment of speech is too short for a prediction: p is empty, and the label is not unsure yet.
        name = estimate.label or (UNSURE if estimate.speech and estimate.p else SILENCE)
        if estimate.label and name not in self._shown:
            self._shown.append(name)
        if self._span is None or self._span.name != name:
            self._end_span()
            self._span = _Span(name, max(before_ms, estimate.t_start_ms), estimate.t_end_ms, estimate.p)
        self._span.end_ms = estimate.t_end_ms
        self._span.p = estimate.p
        self._span.confidences.append(estimate.confidence)

    def _end_span(self) -> None:
        span, self._span = self._span, None
        if span is None or not self._with_steps or span.name == SILENCE:
            return
        line = self._line(span.start_ms, span.end_ms, span.name, span.confidence, span.p)
        line.stylize("dim")
        self._print(Text("  ").append_text(line))

    def _end_silence(self, end_ms: int) -> None:
        self._end_span()
        if end_ms - self._told_ms >= SHORTEST_SILENCE_MS:
            self._print(self._line(self._told_ms, end_ms, SILENCE))
        self._told_ms = max(self._told_ms, end_ms)

    def _end_utterance(self, utterance: Utterance) -> None:
        self._end_span()
        name = (utterance.label or UNSURE) if utterance.p else TOO_SHORT
        earlier = [shown for shown in self._shown if shown != name]
        remarks = [voice_words(utterance.voice), "earlier: " + ", ".join(earlier) if earlier else ""]
        remark = "; ".join(filter(None, remarks))
        self._print(
            self._line(utterance.t_start_ms, utterance.t_end_ms, name, utterance.confidence, utterance.p, remark)
        )
        self._shown, self._open_ms = [], None
        self._told_ms = utterance.t_end_ms

    def _line(  # noqa: PLR0917 - the columns, from left to right
        self,
        start_ms: int,
        end_ms: int,
        name: str,
        confidence: float = 0.0,
        p: Mapping[str, float] | None = None,
        remark: str = "",
    ) -> Text:
        line = Text(f"  {clock(start_ms)} – {clock(end_ms)}  ")
        colour = self._colours.get(name)
        line.append(padded(name, self._name_cells), style=colour or "dim")
        if name in self._colours:
            line.append(f"  {confidence:4.0%}  ")
            line.append(padded(bar(confidence, BAR_CELLS)[0], BAR_CELLS), style=colour or "")
        elif name == UNSURE and p:
            remark = "; ".join(filter(None, (closest(p), remark)))
            line.append(" " * 6)
        line.append(f"  {remark}", style="dim")
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
    colour = colours.get(summary.label or "", "")
    text.append(verdict(summary.label, summary.p), style=f"bold {colour}".rstrip())
    text.append(f"  over {summary.speech_seconds:.1f} s of speech in {summary.seconds:.1f} s\n")
    for label, p in summary.p.items():
        share = summary.share.get(label, 0.0)
        text.append("  ").append(padded(label, name_cells), style=colours.get(label, ""))
        text.append(f"  {p:4.0%}  ")
        for part, style in zip(bar(p, BAR_CELLS), (colours.get(label, ""), "dim"), strict=True):
            text.append(part, style=style)
        text.append(f"  {share:4.0%} of speaking time\n")
    return text
