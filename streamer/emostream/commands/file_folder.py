"""``emostream file --out DIR``: many recordings into one folder, by several processes where that is asked for."""

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import msgspec

import emostream
from emostream import assets
from emostream.batch import table
from emostream.batch.fingerprint import fingerprint
from emostream.batch.overview import Overview
from emostream.batch.plan import Plan, make_plan
from emostream.batch.reading import Reading, Task, read_recording
from emostream.batch.record import Record
from emostream.batch.workers import Workers
from emostream.commands.options.stream import stream_factory_loader
from emostream.commands.overview_table import overview_table
from emostream.commands.plots import HOLDS_VOICES
from emostream.commands.progress import ProgressReport, progress_of
from emostream.commands.stderr import c_library_messages_hidden, print_line
from emostream.commands.stdout import print_table
from emostream.drafts import draft, unwritable_is_one_line
from emostream.errors import NO_INPUT, EmostreamError, NoInputError
from emostream.pipeline.factory import StreamFactory
from emostream.sinks.filtered import checked_types
from emostream.sources.file import declared_seconds, find_audio
from emostream.sources.opening import STDIN
from emostream.sources.spooling import STDIN_NAME, file_of_stdin
from emostream.timelines.registry import PAGE


def read_into_folder(arguments: argparse.Namespace, folder: Path, formats: Sequence[str]) -> int:
    """Read every path and write its files; then a table of all.

    What cannot be read gives a line on stderr, a row of the table and the exit code 66. Raises ``EmostreamError`` where
    the folder cannot be written, or another process writes into it, and ``OSError`` where the disk is full.
    """
    factory = stream_factory_loader(arguments)()
    found = list(find_audio(arguments.paths))
    paths = [Path(STDIN_NAME) if str(path) == STDIN else path for path in found if isinstance(path, Path)]
    with unwritable_is_one_line(), closing(Record(folder)) as record:
        events = checked_types(arguments.events, "--events") if arguments.events else ()
        options = (
            emostream.__version__,
            factory.config,
            factory.profile,
            arguments.steps,
            events,
            *_sound_options(arguments),
        )
        plan = make_plan(
            record,
            paths,
            formats,
            fingerprint(_model_files(arguments), *options),
            with_steps=arguments.steps,
            event_types=events,
            with_audio=not arguments.no_audio,
            roots=[path for path in arguments.paths if path.is_dir()],
        )
        run = _Run(plan, [error for error in found if isinstance(error, NoInputError)])
        try:
            run.read(arguments, factory)
        except KeyboardInterrupt:
            n_done = len(run.overviews)
            print_line(f"{n_done} recordings are complete in {folder}: the same command goes on with the others")
            raise
        with draft(folder / table.FILE) as file:
            by_source = sorted(record.completed.values(), key=lambda entry: entry.source)
            table.write_table([entry.overview for entry in by_source], run.failures, file)
    if PAGE in formats and plan.tasks and not arguments.no_audio:
        print_line(f"pages in {folder}: {HOLDS_VOICES}")
    rows = [run.overviews[path] for path in dict.fromkeys(paths) if path in run.overviews]
    if len(rows) > 1:
        print_table(overview_table(rows))
    return NO_INPUT if run.failures or any(row.trouble for row in rows) else 0


class _Run:
    """What came of a plan so far: the row of each recording, and (name, reason) of those that failed."""

    def __init__(self, plan: Plan, errors: Sequence[NoInputError]) -> None:
        self._plan = plan
        self.overviews: dict[Path, Overview] = {}
        self.failures = [("", str(error)) for error in errors]
        for error in errors:
            print_line(error)
        for path, entry in plan.complete.items():
            self.overviews[path] = msgspec.structs.replace(entry.overview, source=str(path))
            if entry.overview.trouble:
                print_line(entry.overview.trouble)

    def read(self, arguments: argparse.Namespace, factory: StreamFactory) -> None:
        """Do all tasks."""
        if self._plan.complete:
            n_all = len(self._plan.complete) + len(self._plan.tasks)
            print_line(f"{len(self._plan.complete)} of {n_all} recordings are complete and are not read again")
        lengths = {task: declared_seconds(task.path) or 0.0 for task in self._plan.tasks}
        # The longest first, or the last process would read it alone.
        ordered = sorted(self._plan.tasks, key=lambda task: -lengths[task]) if arguments.jobs > 1 else lengths
        if not lengths:
            return
        with progress_of(len(lengths), sum(lengths.values())) as progress:
            for task, outcome in _outcomes(arguments, factory, list(ordered), progress.advance):
                self._take(task, outcome, progress)

    def _take(self, task: Task, outcome: Reading | EmostreamError, progress: ProgressReport) -> None:
        if isinstance(outcome, EmostreamError):
            line = str(outcome) if isinstance(outcome, NoInputError) else f"{task.name}: {outcome}"
            self.failures.append((task.name, line))
            progress.say(line)
        else:
            self._plan.add(task, outcome)
            self.overviews[task.path] = outcome.overview
            for line in filter(None, (outcome.note, outcome.overview.trouble)):
                progress.say(line)
        progress.end_recording()


def _outcomes(
    arguments: argparse.Namespace, factory: StreamFactory, tasks: Sequence[Task], on_progress: Callable[[float], None]
) -> Iterator[tuple[Task, Reading | EmostreamError]]:
    """Each task with what came of it; standard input is read here, everything else by so many processes."""
    from_stdin = [task for task in tasks if task.name == STDIN_NAME]
    others = [task for task in tasks if task.name != STDIN_NAME]
    for task in from_stdin:
        with file_of_stdin() as path:
            yield task, _outcome(factory, replace(task, path=path), on_progress)
    if arguments.jobs == 1:
        for task in others:
            yield task, _outcome(factory, task, on_progress)
    else:
        load = stream_factory_loader(arguments)
        with Workers(min(arguments.jobs, len(others)), load, _read_quietly) as workers:
            yield from workers.run(others, on_progress)


def _outcome(factory: StreamFactory, task: Task, on_progress: Callable[[float], None]) -> Reading | EmostreamError:
    try:
        return read_recording(factory, task, on_progress)
    except EmostreamError as error:
        return error


def _read_quietly(factory: StreamFactory, task: Task, on_progress: Callable[[float], None]) -> Reading:
    """As ``read_recording``, in a process of its own: of a damaged file its decoder prints lines of its source code."""
    with c_library_messages_hidden():
        return read_recording(factory, task, on_progress)


def _sound_options(arguments: argparse.Namespace) -> tuple[str, ...]:
    """Folders that were written before there were pages are as complete as they were."""
    return ("no audio",) if arguments.no_audio else ()


def _model_files(arguments: argparse.Namespace) -> list[Path]:
    """All that is read of models; their reliability is in the factory's configuration."""
    models = [file for path in arguments.model or () for file in assets.files_of(path)] or assets.model_paths()
    return [*models, *assets.vad_paths(), assets.AROUSAL]
