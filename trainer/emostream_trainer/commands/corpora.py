"""``emostream corpora check``: what a folder of recordings holds, what training leaves out, and why."""

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table

from emostream.commands.settings import Settings
from emostream.errors import NoInputError
from emostream.sinks.printable import printable
from emostream_trainer.commands.preparation import add_known_corpora, corpora_of
from emostream_trainer.corpora.clip import Clip, Skipped, unknown_speaker
from emostream_trainer.corpora.inspection import Inspection, inspect
from emostream_trainer.corpora.registry import KINDS, sources, survey

NAMES_SHOWN = 4


class CorpusFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One corpus's usable clips. Counts are by the corpus's own words; `of_unknown_speaker` and `with_votes` count
    clips, `speakers` people by sex (`F`, `M`, empty where it is not known)."""

    name: str
    title: str
    language: str
    licence: str
    source: str
    clips: int
    speakers: dict[str, int]
    of_unknown_speaker: int
    hours: float
    labels: dict[str, int]
    intensities: dict[str, int]
    folds: dict[str, int]
    with_votes: int


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Files, relative to the folder, of which the same is to be said."""

    what: str
    count: int
    files: list[str]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All that is said of one folder. `found` counts the clips before those without sound are left out."""

    folder: str
    found: int
    usable: int
    hours: float
    corpora: list[CorpusFacts]
    left_out: list[Group]
    worth_knowing: list[Group]


def add_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The command's options."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    check = actions.add_parser(
        "check", help="open every file", description="Open every file and say what is there and what cannot be used."
    )
    check.add_argument(
        "corpora",
        nargs="*",
        type=Path,
        metavar="DIR",
        help="a corpus, or a folder of corpora (default: EMOSTREAM_CORPORA)",
    )
    add_known_corpora(check, settings)
    check.add_argument("--kind", choices=KINDS, default="auto", help="the corpus's layout (default: %(default)s)")
    check.add_argument("--format", choices=("text", "json"), default="text", help="(default: %(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """Print a report of each folder; raises ``NoInputError`` after one of which no clip can be used."""
    for folder in corpora_of(arguments):
        _check(folder, arguments)
    return 0


def _check(folder: Path, arguments: argparse.Namespace) -> None:
    corpus = survey(folder, arguments.kind)
    # The bar is for the person who waits: standard output may be a file.
    inspection = inspect(corpus, Console(stderr=True))
    report = report_of(folder, len(corpus.clips), inspection)
    console = Console()
    if arguments.format == "json":
        # Names of any bytes, as in ``emostream.events.encode``: msgspec writes no surrogates.
        print(json.dumps(msgspec.to_builtins(report), indent=2))
    else:
        _print(report, console)
    if not report.usable:
        raise NoInputError(
            f"found no clip to use in {folder} ({sum(group.count for group in report.left_out)} files left out), "
            "expected a corpus: see the reasons above"
        )


def report_of(folder: Path, found: int, inspection: Inspection) -> Report:
    """What is to be said of an inspected corpus below ``folder``, of which ``found`` clips were opened."""
    clips = inspection.corpus.clips

    def relative(paths: Iterable[Path]) -> list[str]:
        return [str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path) for path in paths]

    oddities = inspection.oddities()
    return Report(
        folder=str(folder),
        found=found,
        usable=len(clips),
        hours=round(inspection.hours, 3),
        corpora=[_facts(name, inspection) for name in sorted({clip.corpus for clip in clips})],
        left_out=[
            Group(what=why, count=len(paths), files=relative(paths))
            for why, paths in _by_why(inspection.corpus.skipped)
        ],
        worth_knowing=[Group(what=odd.what, count=len(odd.paths), files=relative(odd.paths)) for odd in oddities],
    )


def _by_why(skipped: Sequence[Skipped]) -> list[tuple[str, list[Path]]]:
    groups: dict[str, list[Path]] = {}
    for file in skipped:
        groups.setdefault(file.why, []).append(file.path)
    return sorted(groups.items(), key=lambda group: -len(group[1]))


def _facts(name: str, inspection: Inspection) -> CorpusFacts:
    clips = [clip for clip in inspection.corpus.clips if clip.corpus == name]
    (facts,) = sources(clips)
    unknown = unknown_speaker(name)
    sexes = {clip.speaker: clip.sex for clip in clips if clip.speaker != unknown}
    return CorpusFacts(
        name=name,
        title=facts.title,
        language=facts.language,
        licence=facts.licence,
        source=facts.source,
        clips=len(clips),
        speakers=dict(sorted(Counter(sexes.values()).items())),
        of_unknown_speaker=sum(clip.speaker == unknown for clip in clips),
        hours=round(sum(inspection.opened[clip.path].seconds for clip in clips) / 3600, 3),
        labels=_counts(clips, lambda clip: clip.emotion),
        intensities=_counts(clips, lambda clip: clip.intensity),
        folds=_counts(clips, lambda clip: "" if clip.fold is None else str(clip.fold)),
        with_votes=sum(clip.votes is not None for clip in clips),
    )


def _counts(clips: Sequence[Clip], word: Callable[[Clip], str]) -> dict[str, int]:
    return dict(sorted(Counter(filter(None, map(word, clips))).items()))


def _print(report: Report, console: Console) -> None:
    console.print(
        f"{printable(report.folder)}: {report.found:,} clips found, {report.usable:,} to use, {report.hours:.1f} h",
        highlight=False,
        soft_wrap=True,
    )
    if report.corpora:
        console.print(_people(report.corpora))
        console.print(_words(report.corpora))
    for title, groups in (("left out", report.left_out), ("used, but worth knowing", report.worth_knowing)):
        if groups:
            console.print(_groups(title, groups))


def _people(corpora: Sequence[CorpusFacts]) -> Table:
    table = Table("corpus", "language", box=box.SIMPLE_HEAD)
    for column in ("clips", "hours", "speakers"):
        table.add_column(column, justify="right")
    table.add_column("by sex")
    table.add_column("licence")
    for of in corpora:
        people = [f"{count} {sex or 'not known'}" for sex, count in of.speakers.items()]
        if of.of_unknown_speaker:
            people.append(f"{of.of_unknown_speaker:,} clips of unknown speaker")
        number = f"{sum(of.speakers.values()):,}"
        table.add_row(of.name, of.language, f"{of.clips:,}", f"{of.hours:.2f}", number, ", ".join(people), of.licence)
    return table


def _words(corpora: Sequence[CorpusFacts]) -> Table:
    """Rows are labels, intensities, folds and votes; a column for each corpus."""
    table = Table("", box=box.SIMPLE_HEAD)
    for of in corpora:
        table.add_column(of.name, justify="right")
    for title, counts in (
        ("", [of.labels for of in corpora]),
        ("intensity ", [of.intensities for of in corpora]),
        ("fold ", [of.folds for of in corpora]),
        ("", [{"with votes": of.with_votes} if of.with_votes else {} for of in corpora]),
    ):
        words = sorted({word for of in counts for word in of})
        for word in words:
            cells = [f"{of[word]:,}" if word in of else "" for of in counts]
            table.add_row(f"{title}{word}", *cells, end_section=word == words[-1])
    return table


def _groups(title: str, groups: Sequence[Group]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", title_style="bold")
    table.add_column("files", justify="right")
    table.add_column("what")
    table.add_column("which", overflow="fold")
    for group in groups:
        more = f" and {group.count - NAMES_SHOWN:,} more" if group.count > NAMES_SHOWN else ""
        table.add_row(f"{group.count:,}", group.what, ", ".join(map(printable, group.files[:NAMES_SHOWN])) + more)
    return table
