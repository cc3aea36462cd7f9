"""``emostream parity``: live against offline, our rows against librosa's, ONNX against its framework, on any clip."""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rich import box
from rich.table import Table

from emostream.commands.extras import is_installed, require_extra
from emostream.commands.options.stream import add_stream_arguments, load_stream_factory
from emostream.commands.settings import Settings
from emostream.commands.stderr import print_line
from emostream.commands.stdout import print_table
from emostream.errors import EmostreamError, UsageError
from emostream.pipeline.factory import StreamFactory
from emostream.sources.file import find_audio
from emostream_export.parity import (
    Clip,
    Difference,
    events_in_chunks,
    onnx_by_framework,
    rows_by_librosa,
    rows_in_chunks,
    worst,
)

FAILED = 1


def add_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The command's options."""
    parser.add_argument("paths", nargs="+", type=Path, metavar="CLIP", help="a sound file, or a folder of them")
    parser.add_argument("--times", type=int, default=5, help="chunkings to try of each clip (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the chunkings (default: %(default)s)")
    parser.add_argument(
        "--run",
        action="append",
        default=[],
        type=Path,
        metavar="RUN",
        help="compare this run's ONNX files with their framework too; repeat it for several",
    )
    add_stream_arguments(parser, settings)


def run(arguments: argparse.Namespace) -> int:
    """Print the largest difference of each kind and where it is; 1 where one is larger than promised."""
    if arguments.times < 1:
        raise UsageError(f"found {arguments.times} for --times, expected 1 or more")
    if arguments.run:
        require_extra("train", "emostream parity --run")
    factory = load_stream_factory(arguments)
    found: list[Difference] = []
    for path in find_audio(arguments.paths):
        if isinstance(path, EmostreamError):
            raise path
        found += _of_clip(path, factory, arguments)
    largest = list(worst(found))
    print_table(_table(largest))
    if not is_installed("librosa"):
        print_line("librosa is not installed, so it was not compared: pip install librosa")
    broken = sum(not difference.is_within for difference in largest)
    if not broken:
        print(f"all {len(largest)} comparisons held")
    else:
        print_line(f"{broken} of {len(largest)} differences are larger than promised")
    return FAILED if broken else 0


def _of_clip(path: Path, factory: StreamFactory, arguments: argparse.Namespace) -> Iterator[Difference]:
    clip = Clip.read(path)
    rng = np.random.default_rng(arguments.seed)
    for _ in range(arguments.times):
        for model in factory.models:
            yield rows_in_chunks(clip, model.card, rng)
        live, offline = (factory.stream(clip.rate_hz, stream="parity", source=str(path)) for _ in range(2))
        yield events_in_chunks(clip, live, offline, rng)
    if is_installed("librosa"):
        for model in factory.models:
            yield rows_by_librosa(clip, model.card)
    for folder in arguments.run:
        yield from onnx_by_framework(folder, path)


def _table(found: list[Difference]) -> Table:
    table = Table("compared", "largest", "promised", "where", box=box.SIMPLE)
    for difference in found:
        style = None if difference.is_within else "red"
        promised = f"{difference.bound:.0e}" if difference.bound else "0"
        largest = f"{difference.largest:.1e}" if difference.largest else "0"
        table.add_row(difference.ways, largest, promised, difference.where, style=style)
    return table
