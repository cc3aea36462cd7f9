"""``emostream compare``: a recorded session judged by two models, or sets of them, side by side."""

import argparse
from pathlib import Path

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table

from emostream import assets
from emostream.commands.extras import require_extra
from emostream.commands.settings import Settings
from emostream.commands.stdout import print_to_console
from emostream.errors import UsageError
from emostream.events import Utterance
from emostream.pipeline.factory import StreamFactory
from emostream.sessions.session import Session
from emostream.sinks.drawing import clock
from emostream.sinks.printable import printable
from emostream.sinks.wording import closest
from emostream_trainer.evaluation.comparison import UNSURE, Comparison, Judged, compare, name_of

SHIPPED = "shipped"
SHIPPED_PATH = Path(SHIPPED)


class SideReport(msgspec.Struct, frozen=True, kw_only=True):
    """One set of models: their names, the mean confidence over utterances, and how many of those it named by label."""

    model: str
    models: tuple[str, ...]
    confidence: float
    labels: dict[str, int]


class UtteranceReport(msgspec.Struct, frozen=True, kw_only=True):
    """An utterance of which the two say different things; a label is null where it is unsure."""

    start_ms: int
    end_ms: int
    labels: tuple[str | None, str | None]
    confidences: tuple[float, float]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All that ``--format json`` says; shares are from 0 to 1.

    ``distance`` is the mean total variation distance between the two probabilities of an utterance.
    """

    session: str
    seconds: float
    utterances: int
    sides: tuple[SideReport, SideReport]
    same_utterances: float
    same_time: float
    same_steps: float
    distance: float
    changed: tuple[UtteranceReport, ...]


def add_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The command's options."""
    parser.add_argument("session", type=Path, metavar="SESSION", help="the folder of a session recorded with its rows")
    parser.add_argument(
        "--model",
        action="append",
        type=Path,
        default=[],
        help=f"twice: an .onnx file, a folder of them that are averaged, or {SHIPPED} for those that come along",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="(default: %(default)s)")
    parser.add_argument(
        "--plot", type=Path, metavar="FILE", help="also draw both as FILE.png and FILE.svg (needs the extra train)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print what both say. Raises ``UsageError``, ``ModelError`` and ``SessionError``."""
    if len(arguments.model) != 2:
        raise UsageError(
            f"found {len(arguments.model)} models, expected two: --model A --model B, of which one may be {SHIPPED}"
        )
    if arguments.plot:
        require_extra("train", "emostream compare --plot")
        if not arguments.plot.absolute().parent.is_dir():
            raise UsageError(f"found no folder {arguments.plot.parent} for --plot, expected one that is there")
    session = Session.open(arguments.session)
    first, second = (_factory(path) for path in arguments.model)
    comparison = compare(session, first, second)
    report = report_of(arguments.session, comparison, arguments.model, (first, second))
    if arguments.format == "json":
        print(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())
    else:
        print_to_console(lambda console: _print(report, comparison, console))
    if arguments.plot:
        from emostream_trainer.evaluation.comparison_picture import comparison_picture

        comparison_picture(arguments.plot, comparison, (_title(report.sides[0]), _title(report.sides[1])))
    return 0


def _factory(path: Path) -> StreamFactory:
    return assets.load_stream_factory(None if path == SHIPPED_PATH else [path])


def report_of(
    session: Path, comparison: Comparison, paths: list[Path], factories: tuple[StreamFactory, StreamFactory]
) -> Report:
    """The figures of a comparison."""
    said = zip(*((judged.first, judged.second) for judged in comparison.utterances), strict=True)
    first, second = (
        _side(path, factory, utterances, comparison.labels)
        for path, factory, utterances in zip(paths, factories, said, strict=True)
    )
    return Report(
        session=str(session),
        seconds=round(comparison.seconds, 3),
        utterances=len(comparison.utterances),
        sides=(first, second),
        same_utterances=round(comparison.same_utterances, 4),
        same_time=round(comparison.same_time, 4),
        same_steps=round(comparison.same_steps, 4),
        distance=round(comparison.distance, 4),
        changed=tuple(map(_changed, comparison.changed)),
    )


def _side(path: Path, factory: StreamFactory, utterances: tuple[Utterance, ...], labels: tuple[str, ...]) -> SideReport:
    names = [name_of(utterance) for utterance in utterances]
    return SideReport(
        model=str(path),
        models=tuple(f"{model.card.name}/{model.card.variant} {model.card.version}" for model in factory.models),
        confidence=round(sum(utterance.confidence for utterance in utterances) / len(utterances), 4),
        labels={name: names.count(name) for name in (*labels, UNSURE)},
    )


def _changed(judged: Judged) -> UtteranceReport:
    return UtteranceReport(
        start_ms=round(judged.start_ms),
        end_ms=round(judged.end_ms),
        labels=(judged.first.label, judged.second.label),
        confidences=(judged.first.confidence, judged.second.confidence),
    )


def _title(side: SideReport) -> str:
    return f"{printable(side.model)} ({', '.join(side.models)})"


def _print(report: Report, comparison: Comparison, console: Console) -> None:
    speech_ms = 1000 * sum(judged.seconds for judged in comparison.utterances)
    heading = f"{printable(report.session)}: {clock(1000 * report.seconds)[:-2]}, {report.utterances} utterances"
    lines = [f"{heading} of {clock(speech_ms)[:-2]}"]
    lines += [f"  {letter}  {_title(side)}" for letter, side in zip("AB", report.sides, strict=True)]
    lines.append(
        f"  the same label for {report.same_utterances:.1%} of utterances, {report.same_time:.1%} of their time and "
        f"{report.same_steps:.1%} of steps in speech; probabilities of an utterance differ by {report.distance:.3f}"
    )
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True, markup=False)
    console.print(_sides_table(report))
    if comparison.changed:
        console.print(_changed_table(comparison))


def _sides_table(report: Report) -> Table:
    table = Table("", box=box.SIMPLE_HEAD)
    for letter in "AB":
        table.add_column(letter, justify="right")
    table.add_row("mean confidence", *(f"{side.confidence:.3f}" for side in report.sides), end_section=True)
    for name in report.sides[0].labels:
        table.add_row(name, *(f"{side.labels[name]:,}" for side in report.sides))
    return table


def _changed_table(comparison: Comparison) -> Table:
    title = f"{len(comparison.changed)} utterances that A and B name otherwise"
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", title_style="bold")
    for column in ("from", "to"):
        table.add_column(column, justify="right")
    for letter in "AB":
        table.add_column(letter)
    for judged in comparison.changed:
        times = (clock(judged.start_ms), clock(judged.end_ms))
        table.add_row(*times, _said(judged.first), _said(judged.second))
    return table


def _said(utterance: Utterance) -> str:
    if utterance.label:
        return f"{utterance.label} {utterance.confidence:.0%}"
    return f"{UNSURE} ({closest(utterance.p)})"
