"""``emostream bench``: CPU time, latency and memory for one voice on this machine, in total and by part."""

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version

import numpy as np
from rich import box
from rich.table import Table

import emostream
from emostream import assets
from emostream.audio import AudioBlock, Samples
from emostream.commands.options.stream import add_stream_arguments, load_stream_factory
from emostream.commands.settings import Settings
from emostream.commands.stdout import print_table
from emostream.errors import UsageError
from emostream.events import Estimate
from emostream.features import FeatureStream
from emostream.inference.vad import VoiceActivityDetector
from emostream.pipeline.factory import StreamFactory
from emostream.sources.file import FileSource
from emostream.sources.input_stream import BLOCK_S
from emostream.voice.meter import VoiceMeter

WINDOWS = 20
FORMATS = ("text", "json")
ONE_VOICE, WAIT = "one voice, all included", "from a window's end to its estimate, p{}"
MODULES = ("numpy", "onnxruntime")


@dataclass(frozen=True, slots=True)
class Figure:
    """The measurements of one part: a value for each run, in one unit."""

    name: str
    unit: str
    values: list[float]

    @property
    def median(self) -> float:
        """The median over the runs."""
        return statistics.median(self.values)


def add_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The command's options."""
    parser.add_argument("--runs", type=int, default=5, help="how often each part is measured (default: %(default)s)")
    parser.add_argument("--format", choices=FORMATS, default=FORMATS[0], help="default: %(default)s")
    add_stream_arguments(parser, settings)


def run(arguments: argparse.Namespace) -> int:
    """Print one figure per line; the audio is the bundled recording, without waiting for real time."""
    if arguments.runs < 1:
        raise UsageError(f"found {arguments.runs} for --runs, expected 1 or more")
    factory = load_stream_factory(arguments)
    source = FileSource(assets.DEMO_RECORDING)
    figures = list(_figures(factory, source.read_all(), source.sample_rate_hz, arguments.runs))
    if arguments.format == "json":
        print(json.dumps({**_machine(), "figures": [_as_json(figure) for figure in figures]}, indent=2))
    else:
        print_table(_table(figures))
        print(meaning(figures))
    return 0


def _figures(factory: StreamFactory, samples: Samples, rate_hz: int, runs: int) -> Iterator[Figure]:
    audio_s = len(samples) / rate_hz
    _live(factory, samples, rate_hz)  # the first run warms caches
    live = [_live(factory, samples, rate_hz) for _ in range(runs)]
    yield Figure(ONE_VOICE, "of one core", [cpu_s / audio_s for cpu_s, _ in live])
    for share in (50, 95, 99):
        waits = [float(np.percentile(steps_ms, share)) for _, steps_ms in live]
        yield Figure(WAIT.format(share), "ms", waits)
    steps = len(live[0][1])
    step = factory.models[0].card.grid().step_samples
    whole_steps = [samples[start : start + step] for start in range(0, len(samples), step)]
    for model in factory.models:
        extract = partial(_push_all, FeatureStream(model.card.features).push, whole_steps)
        yield Figure(f"{model.card.name}: features", "ms a step", _cpu_ms(extract, runs, steps))
    detector = VoiceActivityDetector(
        factory.vad_model, factory.config.voice_activity, factory.models[0].card.grid().length_samples
    )
    half_steps = [samples[start : start + step // 2] for start in range(0, len(samples), step // 2)]
    detect = partial(_push_all, detector.push, half_steps)
    yield Figure("voice activity", "ms a step", _cpu_ms(detect, runs, steps))
    speak = partial(_measure_voice, whole_steps)
    yield Figure("pitch, loudness and speech rate, while somebody speaks", "ms a step", _cpu_ms(speak, runs, steps))
    for model in factory.models:
        windows = [np.zeros((1, model.card.grid().rows, model.card.features.dim), np.float32)] * WINDOWS
        run_network = partial(_push_all, model.run, windows)
        yield Figure(f"{model.card.name}: network", "ms a window", _cpu_ms(run_network, runs, WINDOWS))
    if (peak_mb := _peak_memory_mb()) is not None:
        yield Figure("memory of the process at most", "MB", [peak_mb])


def _live(factory: StreamFactory, samples: Samples, rate_hz: int) -> tuple[float, list[float]]:
    """CPU seconds in total, and for each estimate the milliseconds from the start of its last block's push."""
    stream = factory.stream(rate_hz, stream="bench", source="bench")
    steps_ms: list[float] = []
    first_sample = 0
    began_s = time.process_time()
    for block in _blocks(samples, rate_hz):
        pushed_s = time.perf_counter()
        events = stream.push(AudioBlock(block, rate_hz, first_sample))
        if any(isinstance(event, Estimate) for event in events):
            steps_ms.append(1000 * (time.perf_counter() - pushed_s))
        first_sample += len(block)
    return time.process_time() - began_s, steps_ms


def _push_all(push: Callable[[Samples], object], blocks: list[Samples]) -> None:
    for block in blocks:
        push(block)


def _measure_voice(steps: list[Samples]) -> None:
    """Measure all of it as one utterance."""
    meter, n_samples = VoiceMeter(), 0
    meter.start(0)
    for step in steps:
        meter.push(step)
        n_samples += len(step)
        meter.advance(n_samples)
    meter.end(n_samples)


def _cpu_ms(work: Callable[[], object], runs: int, n_items: int) -> list[float]:
    """Milliseconds of CPU time for each of the ``n_items`` that ``work`` processes; one value for each run."""
    item_ms = []
    for _ in range(runs):
        began_s = time.process_time()
        work()
        item_ms.append(1000 * (time.process_time() - began_s) / n_items)
    return item_ms


def _blocks(samples: Samples, rate_hz: int) -> Iterator[Samples]:
    size = round(BLOCK_S * rate_hz)
    for start in range(0, len(samples), size):
        yield samples[start : start + size]


def _peak_memory_mb() -> float | None:
    """The peak resident memory of this process; None where the system does not provide it."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def _machine() -> dict[str, object]:
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "versions": {"emostream": emostream.__version__, **{name: version(name) for name in MODULES}},
    }


def _as_json(figure: Figure) -> dict[str, object]:
    return {"name": figure.name, "unit": figure.unit, "median": figure.median, "values": figure.values}


def _table(figures: list[Figure]) -> Table:
    machine = _machine()
    title = f"Python {machine['python']}, {machine['system']}, {machine['cores']} cores"
    table = Table("", "median", "least to most", "", box=box.SIMPLE, title=title, title_justify="left")
    for figure in figures:
        least, most = (_shown(figure, pick(figure.values)) for pick in (min, max))
        spread = f"{least} to {most}" if len(figure.values) > 1 else ""
        table.add_row(figure.name, _shown(figure, figure.median), spread, figure.unit)
    return table


def meaning(figures: Sequence[Figure]) -> str:
    """What the figures mean, in two sentences.

    >>> meaning([Figure(ONE_VOICE, "of one core", [0.04]), Figure(WAIT.format(95), "ms", [8.0])])
    'A voice takes 4 % of one core, so one core has room for about 25. 95 of 100 estimates are there within 8 ms.'
    """
    values = {figure.name: figure.median for figure in figures}
    share, wait_ms = values[ONE_VOICE], values[WAIT.format(95)]
    room = f"one core has room for about {1 / share:.0f}" if share < 1 else "one core is too slow for it"
    return (
        f"A voice takes {_number(100 * share)} % of one core, so {room}. "
        f"95 of 100 estimates are there within {_number(wait_ms)} ms."
    )


def _shown(figure: Figure, value: float) -> str:
    return f"{_number(100 * value)} %" if figure.unit == "of one core" else _number(value)


def _number(value: float) -> str:
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"
