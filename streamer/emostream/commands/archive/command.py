"""``emostream archive``: thousands of hours of recordings into Parquet, each file exactly once."""

import argparse
import math
import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec

from emostream import assets
from emostream.archive.engines import EmbeddedEngine, Engine
from emostream.archive.facts import facts_of, require_same
from emostream.archive.manifest import Found, find_sources
from emostream.archive.parts import Contents, PartWriter, open_parts
from emostream.archive.ray_engine import RayEngine
from emostream.archive.reader import read_sources
from emostream.archive.results import OnProgress, Result, read_unit
from emostream.archive.source import Source, Unit
from emostream.archive.store import Store
from emostream.commands.archive.progress import archive_progress
from emostream.commands.archive.summary import print_summary, summary_of
from emostream.commands.extras import require_extra
from emostream.commands.options.rules import refuse_without
from emostream.commands.options.stream import add_stream_arguments, stream_factory_loader
from emostream.commands.settings import Settings
from emostream.commands.stderr import c_library_messages_hidden, print_line
from emostream.errors import NO_INPUT, UsageError
from emostream.pipeline.factory import StreamFactory

EMBEDDED, RAY = "embedded", "ray"
SUMMARY = "summary.json"
_CHECKPOINT_S = 60.0


def add_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The command's options."""
    parser.add_argument(
        "place", metavar="MANIFEST|FOLDER", help="CSV, JSON lines or a list of paths or URLs, - for stdin; or a folder"
    )
    parser.add_argument(
        "--out", required=True, metavar="DIR", help="where the archive is, or will be: a folder or a URL"
    )
    add_stream_arguments(parser, settings)
    settings.add_option(
        parser, "--engine", EMBEDDED, choices=(EMBEDDED, RAY), help="processes of this machine, or of a Ray cluster"
    )
    parser.add_argument(
        "--jobs", type=int, metavar="N", help="with --engine embedded, so many processes (default: one for each core)"
    )
    parser.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="with --engine ray, the cluster (default: RAY_ADDRESS, or one of this machine alone)",
    )
    parser.add_argument("--retry-errors", action="store_true", help="try those again that could not be read")
    settings.add_option(
        parser,
        "--checkpoint",
        _CHECKPOINT_S,
        float,
        metavar="SECONDS",
        help="write what is read so often, which is what a kill may cost (default: %(default)s)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Read what is not complete; what cannot be read is a row of a table of its own, and the exit code 66."""
    _check(arguments)
    load = stream_factory_loader(arguments)
    factory = load()
    found = find_sources(arguments.place)
    with closing(Store(arguments.out)) as store:
        facts = facts_of(factory, *_files(arguments), _options(arguments))
        del factory
        require_same(store, facts)
        contents = open_parts(store, facts.labels, retry_errors=arguments.retry_errors)
        sources = _remaining(found, contents, arguments)
        writer = PartWriter(store, facts, contents)
        with archive_progress(sources) as report:
            try:
                read_sources(sources, _engine(arguments, load), writer, report, checkpoint_s=arguments.checkpoint)
            except KeyboardInterrupt:
                print_line(f"{contents.totals.files} files are complete in {arguments.out}: the same command goes on")
                raise
        store.write(SUMMARY, msgspec.json.format(msgspec.json.encode(summary_of(contents.totals, report))) + b"\n")
    print_summary(contents.totals, report)
    failed = contents.failed.intersection(source.key for source in found.sources)
    return NO_INPUT if failed or found.errors else 0


def _check(arguments: argparse.Namespace) -> None:
    if arguments.jobs is not None and arguments.jobs < 1:
        raise UsageError(f"found {arguments.jobs} for --jobs, expected 1 or more")
    if not 0 <= arguments.checkpoint < math.inf:
        raise UsageError(f"found {arguments.checkpoint:g} for --checkpoint, expected 0 or more seconds")
    if arguments.engine == RAY:
        require_extra("ray", "emostream archive --engine ray")
        if arguments.jobs is not None:
            raise UsageError("--jobs is for --engine embedded: a Ray cluster has as many as it has cores")
    else:
        refuse_without(arguments, ["cluster"], "--engine ray")


def _remaining(found: Found, contents: Contents, arguments: argparse.Namespace) -> list[Source]:
    """What is to be read, after lines on what is not."""
    for error in found.errors:
        print_line(error)
    if found.repeated:
        print_line(f"recordings that are named again: {found.repeated}; each is read once")
    for name in contents.removed:
        print_line(f"{arguments.out}/files/{name} is damaged: it is removed, and what it held is read again")
    done = [source for source in found.sources if source.key in contents.complete]
    failed = sum(source.key in contents.failed for source in found.sources)
    if done or failed:
        print_line(f"{len(done)} of {len(found.sources)} recordings are complete and are not read again")
    if failed:
        print_line(f"{failed} could not be read before, and are not tried again: --retry-errors does")
    changed = [source for source in done if source.size not in (None, contents.complete[source.key])]
    if changed:
        print_line(
            f"{len(changed)} of them have another size since, such as {changed[0].file}: what is said of them is of "
            "before; name another folder with --out to read them anew"
        )
    return [source for source in found.sources if source.key not in contents.complete.keys() | contents.failed]


def _engine(arguments: argparse.Namespace, load: Callable[[], StreamFactory]) -> Engine:
    if arguments.engine == RAY:
        return RayEngine(arguments.cluster, load, _read_quietly)
    return EmbeddedEngine(arguments.jobs or _cores(), load, _read_quietly)


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not every system says which cores are ours
        return os.cpu_count() or 1


def _read_quietly(factory: StreamFactory, unit: Unit, on_progress: OnProgress) -> list[Result]:
    """As ``read_unit``: of a damaged file its decoder prints lines of its source code."""
    with c_library_messages_hidden():
        return read_unit(factory, unit, on_progress)


def _files(arguments: argparse.Namespace) -> tuple[list[Path], list[Path]]:
    """The files of the models, and what else is read of models."""
    models = [file for path in arguments.model or () for file in assets.files_of(path)] or assets.model_paths()
    return models, [*assets.vad_paths(), assets.AROUSAL]


def _options(arguments: argparse.Namespace) -> dict[str, str]:
    """What was chosen of how to read, by the names of the options."""
    names = ("speaker", "drift", "be-right", "reliability")
    values = {name: getattr(arguments, name.replace("-", "_")) for name in names}
    return {name: str(value) for name, value in values.items() if value is not None}
