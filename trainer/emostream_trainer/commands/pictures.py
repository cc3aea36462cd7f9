"""``emostream pictures``: a corpus's mel spectrograms as the report of 2024 drew them, a PNG a clip."""

import argparse
from functools import partial
from pathlib import Path

from rich.console import Console

from emostream.commands.settings import Settings
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.inspection import with_sound
from emostream_trainer.corpora.registry import KINDS, read_corpus
from emostream_trainer.parallel import parallel_map


def add_arguments(parser: argparse.ArgumentParser, _settings: Settings) -> None:
    """The command's options."""
    parser.add_argument("corpus", type=Path, help="a corpus, or a folder of corpora")
    parser.add_argument("--kind", choices=KINDS, default="auto", help="the corpus's layout (default: %(default)s)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where they go, in the corpus's layout")


def run(arguments: argparse.Namespace) -> int:
    """Draw every clip that can be heard and is not drawn yet."""
    console = Console()
    corpus = with_sound(read_corpus(arguments.corpus, arguments.kind), console)
    draw = partial(_draw, corpus=arguments.corpus, out=arguments.out)
    parallel_map(draw, corpus.clips, f"drawing {len(corpus.clips)} clips", console)
    console.print(f"{len(corpus.clips)} pictures of {arguments.corpus} are in {arguments.out}", highlight=False)
    return 0


def _draw(clip: Clip, corpus: Path, out: Path) -> None:
    from emostream_trainer.data.pictures import draw_clip

    place = out / clip.path.relative_to(corpus)
    draw_clip(clip.path, place.with_name(f"{place.name}.png"))
