"""Draws docs/images/timeline-*: the bundled recording, an hour and a folder, as pictures, as a page and on a terminal.

The hour and the folder are the sentences of the bundled recording in other orders, with silence between them.

python docs/make_timeline_pictures.py
"""

import argparse
import io
import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
from rich.console import Console
from terminal_picture import svg, write_png

sys.path.insert(0, str(Path(__file__).parent.parent))

from emostream import assets
from emostream.audio import Samples
from emostream.pipeline.factory import StreamFactory
from emostream.sources.file import FileSource
from emostream.timelines.builder import TimelineBuilder
from emostream.timelines.pictures.figure import draw_png, draw_svg
from emostream.timelines.pictures.page import MOST_AUDIO_BYTES, write_page
from emostream.timelines.pictures.strip import COLUMNS, strip_lines
from emostream.timelines.sound_collector import SoundCollector
from emostream.timelines.timeline import Timeline
from tests.support.chromium import chromium

IMAGES = Path(__file__).parent / "images"
RATE_HZ, HOUR_S, SEED = 16_000, 3600, 7
# Where people hold on to a mood: so many sentences of one, then so many seconds of silence.
SENTENCES, PAUSES_S = (1, 8), (0.6, 0.9, 1.2, 2.0, 6.0, 20.0)
# The recording's sentences by their moods, as demo/README.md has them.
MOODS = ((0, 4), (1, 5), (2, 6), (3, 7))
FOLDER = {"monday.flac": 9, "tuesday.flac": 6, "wednesday.flac": 12, "thursday.flac": 8}


def timeline_of(factory: StreamFactory, path: Path, name: str) -> Timeline:
    """The timeline of a sound file with steps and sound."""
    collector = SoundCollector(MOST_AUDIO_BYTES)
    source = FileSource(path, block_s=5.0, name=name, hear=collector.push)
    builder = TimelineBuilder(with_steps=True)
    for event in factory.stream(source.sample_rate_hz, stream=name, source=name).read(source.blocks()):
        builder.emit(event)
    return collector.added_to(builder.timeline())


def sentences_of(timeline: Timeline) -> list[Samples]:
    """The samples of each of its utterances."""
    samples, rate_hz = soundfile.read(assets.DEMO_RECORDING, dtype="float32")
    assert rate_hz == RATE_HZ
    margin_ms = 150
    return [
        samples[(one.start_ms - margin_ms) * RATE_HZ // 1000 : (one.end_ms + margin_ms) * RATE_HZ // 1000]
        for one in timeline.utterances
    ]


def spoken(sentences: list[Samples], rng: random.Random) -> Iterator[Samples]:
    """Without end: some sentences of a mood, a pause after each, then others; quieter and louder."""
    noise = np.random.default_rng(rng.randrange(1 << 30))
    while True:
        mood = rng.choice(MOODS)
        for _ in range(rng.randint(*SENTENCES)):
            yield sentences[rng.choice(mood)] * np.float32(rng.uniform(0.5, 1.0))
            pause_s = rng.choices(PAUSES_S, (8, 8, 6, 4, 2, 1))[0]
            yield noise.normal(0.0, 3e-4, round(pause_s * RATE_HZ)).astype(np.float32)


def write_spoken(path: Path, sentences: list[Samples], seed: int, seconds: float) -> None:
    """A recording of that length."""
    parts, n_samples = [], 0
    for part in spoken(sentences, random.Random(seed)):
        parts.append(part)
        n_samples += len(part)
        if n_samples >= seconds * RATE_HZ:
            break
    soundfile.write(path, np.concatenate(parts)[: round(seconds * RATE_HZ)], RATE_HZ)


def draw(name: str, timelines: list[Timeline]) -> None:
    """As PNG."""
    with (IMAGES / f"timeline-{name}.png").open("wb") as file:
        draw_png(timelines, file)


def draw_terminal(name: str, timeline: Timeline) -> None:
    """As it stands in a terminal of 80 columns."""
    console = Console(file=io.StringIO(), width=COLUMNS, force_terminal=True, color_system="truecolor")
    lines = [line for text in strip_lines(timeline) for line in console.render_lines(text, pad=False)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "terminal.svg"
        path.write_text(svg(lines, COLUMNS, len(lines), "A timeline in a terminal"), encoding="utf-8")
        write_png(path, IMAGES / f"timeline-{name}-terminal.png")


def photograph_page(timelines: list[Timeline]) -> None:
    """The page, while the second sentence is heard, light and dark."""
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        path = Path(folder) / "page.html"
        with path.open("wb") as file:
            write_page(timelines, file)
        for scheme in ("light", "dark"):
            page = browser.new_page(color_scheme=scheme, viewport={"width": 1180, "height": 980})
            page.goto(path.as_uri())
            page.keyboard.press("n")
            page.keyboard.press("n")
            page.keyboard.press("ArrowRight")
            page.wait_for_timeout(500)
            page.screenshot(path=IMAGES / f"timeline-page{'-dark' if scheme == 'dark' else ''}.png")


def main() -> None:
    """Read and draw all of them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--without-hour", action="store_true", help="leave out what takes a minute or more")
    given = parser.parse_args()
    factory = assets.load_stream_factory()
    clip = timeline_of(factory, assets.DEMO_RECORDING, "demo/recording.flac")
    draw("clip", [clip])
    with (IMAGES / "timeline-clip.svg").open("wb") as file:
        draw_svg([clip], file)
    draw_terminal("clip", clip)
    photograph_page([clip])
    sentences = sentences_of(clip)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = []
        for seed, (file, n_sentences) in enumerate(FOLDER.items()):
            write_spoken(folder / file, sentences, SEED + seed, 5.0 * n_sentences)
            found.append(timeline_of(factory, folder / file, f"recordings/{file}"))
        draw("folder", found)
        if given.without_hour:
            return
        write_spoken(folder / "hour.flac", sentences, SEED, HOUR_S)
        hour = timeline_of(factory, folder / "hour.flac", "hour.flac")
        draw("hour", [hour])
        draw_terminal("hour", hour)


if __name__ == "__main__":
    main()
