"""``emostream timeline``: what logs of events and sessions hold, in the formats of ``emostream file``."""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

from emostream.batch.names import output_names
from emostream.batch.overview import Overview, overview
from emostream.commands.options.event_log import add_events_argument
from emostream.commands.options.formats import (
    add_format_arguments,
    output_folder,
    require_joinable,
    require_one_format,
    wanted_formats,
)
from emostream.commands.overview_table import overview_table
from emostream.commands.plots import Plots
from emostream.commands.settings import Settings
from emostream.commands.stderr import print_line
from emostream.commands.stdout import print_table, print_to_console
from emostream.drafts import unwritable_is_one_line
from emostream.errors import NO_INPUT, NoInputError
from emostream.sinks.filtered import checked_types
from emostream.timelines.event_log import log_recordings
from emostream.timelines.exports import Exports, export_files, open_exports
from emostream.timelines.pictures.strip import print_strip
from emostream.timelines.registry import STRIP, file_suffix

_SPOOL_BYTES = 1_000_000

OpenRecording = Callable[[int], AbstractContextManager[Exports]]


def add_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The command's options."""
    parser.add_argument(
        "logs",
        nargs="+",
        type=Path,
        metavar="LOG",
        help="events as JSON lines, as --log and --format jsonl write them (a full log's older files come along), or "
        "the folder of a recorded session",
    )
    add_format_arguments(parser, settings)
    add_events_argument(parser, settings)


def run(arguments: argparse.Namespace) -> int:
    """Write each recording of the logs; what is no event gives a line on stderr and the exit code 66."""
    formats, folder = wanted_formats(arguments), output_folder(arguments)
    plots = Plots(arguments)
    logs = list(dict.fromkeys(arguments.logs))
    counts, errors = _counts(logs)
    plots.require_room(sum(counts.values()))
    rows: list[Overview] = []
    if folder is None:
        opening = _to_stdout(arguments, require_one_format(formats), sum(counts.values()))
        openings: dict[Path, OpenRecording] = dict.fromkeys(counts, opening)
    else:
        openings = _to_folder(arguments, folder, formats, counts)
    for log, opening in openings.items():
        try:
            with unwritable_is_one_line():
                for found in _write(log, opening, plots):
                    if isinstance(found, NoInputError):
                        errors.append(found)
                    else:
                        rows.append(found)
        except NoInputError as error:
            errors.append(error)
    plots.write()
    for problem in errors:
        print_line(problem)
    if folder is not None and len(rows) > 1:
        print_table(overview_table(rows))
    return NO_INPUT if errors else 0


def _counts(logs: Sequence[Path]) -> tuple[dict[Path, int], list[NoInputError]]:
    """How many recordings there are in each log that can be read, and what is wrong with the others."""
    counts: dict[Path, int] = {}
    errors: list[NoInputError] = []
    for log in logs:
        try:
            numbers = {found[0] for found in log_recordings(log) if not isinstance(found, NoInputError)}
        except NoInputError as error:
            errors.append(error)
        else:
            counts[log] = len(numbers)
    return counts, errors


def _to_folder(
    arguments: argparse.Namespace, folder: Path, formats: Sequence[str], counts: dict[Path, int]
) -> dict[Path, OpenRecording]:
    """Files by the name of the log and, where that has several recordings, the recording's number."""
    suffixes = {name: file_suffix(name, with_steps=arguments.steps) for name in formats}
    names = dict(zip(counts, output_names(list(counts), suffixes.values()), strict=True))
    types = checked_types(arguments.events, "--events") if arguments.events else ()

    def open_files(log: Path, number: int) -> AbstractContextManager[Exports]:
        stem = names[log] if counts[log] == 1 else f"{names[log]}-{number + 1}"
        files = {name: folder / f"{stem}{suffix}" for name, suffix in suffixes.items()}
        for_picture = bool(arguments.plot)
        return export_files(files, with_steps=arguments.steps, event_types=types, for_picture=for_picture)

    return {log: partial(open_files, log) for log in counts}


def _to_stdout(arguments: argparse.Namespace, name: str, recordings: int) -> OpenRecording:
    require_joinable(name, recordings)
    types = checked_types(arguments.events, "--events") if arguments.events else ()
    written: list[int] = []

    @contextmanager
    def open_spool(number: int) -> Iterator[Exports]:
        # The events of several recordings may stand in any order: what is written of each stays together.
        with tempfile.SpooledTemporaryFile(_SPOOL_BYTES) as file:
            # The strip is printed with what characters and colours the terminal has.
            with open_exports(
                {} if name == STRIP else {name: cast(BinaryIO, file)},
                with_steps=arguments.steps,
                event_types=types,
                for_terminal=sys.stdout.isatty(),
                is_first=not written,
                for_picture=bool(arguments.plot),
            ) as exports:
                yield exports
            if name == STRIP:
                print_to_console(lambda console: print_strip(exports.timeline(), console))
            written.append(number)
            file.seek(0)
            shutil.copyfileobj(file, sys.stdout.buffer)
            sys.stdout.buffer.flush()

    return open_spool


def _write(log: Path, opening: OpenRecording, plots: Plots) -> Iterator[Overview | NoInputError]:
    """Write the recordings of a log; gives the row of each, and what is wrong with lines of the log."""
    with ExitStack() as stack:
        opened: dict[int, tuple[ExitStack, Exports]] = {}
        of_stream: dict[str, int] = {}
        for found in log_recordings(log):
            if isinstance(found, NoInputError):
                yield found
                continue
            number, event = found
            if number not in opened:
                if (before := of_stream.get(event.stream)) is not None:
                    yield _end(*opened.pop(before), plots)
                own = stack.enter_context(ExitStack())
                opened[number] = own, own.enter_context(opening(number))
                of_stream[event.stream] = number
            try:
                opened[number][1].emit(event)
            except ValueError as error:
                raise NoInputError(f"{log}: {error}") from error
        for own, exports in opened.values():
            yield _end(own, exports, plots)


def _end(stack: ExitStack, exports: Exports, plots: Plots) -> Overview:
    timeline = exports.timeline()
    plots.add(timeline)
    stack.close()
    return overview(timeline)
