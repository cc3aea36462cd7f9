"""``emostream personal``: a model of one voice, learnt from that voice's own recordings and nobody else's."""

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console

from emostream.commands.settings import Settings
from emostream.errors import UsageError
from emostream_trainer import runs
from emostream_trainer.commands.preparation import prepared
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.labels import LabelSet
from emostream_trainer.corpora.presets import FOUR
from emostream_trainer.corpora.registry import KINDS
from emostream_trainer.data.splits import FOLDS, require_one_voice
from emostream_trainer.recipes import RECIPES

# The encoder is under the MIT licence, so nothing but the recordings sets terms.
RECIPE = RECIPES["whisper/staged"]
LICENCE = "as whoever is heard in the recordings wants: learnt from that voice alone"
# Of each mood. With fewer the figure of clips that were held out says nothing.
LEAST_CLIPS = 4


def add_arguments(parser: argparse.ArgumentParser, _settings: Settings) -> None:
    """The command's options."""
    parser.add_argument(
        "corpora",
        nargs="+",
        type=Path,
        metavar="FOLDER",
        help="recordings of one voice, each in a folder named after its mood, such as mine/angry/1.wav; or a corpus",
    )
    parser.add_argument("--kind", choices=KINDS, default="auto", help="the folder's layout (default: %(default)s)")
    parser.add_argument("--labels", help=f"moods to tell apart, A+B counts B as A (default: {FOUR})")
    parser.set_defaults(known_corpora=[], preset=None)
    parser.add_argument("--to", type=Path, required=True, metavar="MODEL", help="the model file to write")
    parser.add_argument(
        "--out", type=Path, default=Path("runs/personal"), help="where the run is kept (default: %(default)s)"
    )
    parser.add_argument(
        "--weights-licence", metavar="TEXT", default=LICENCE, help="of the model, for its card (default: %(default)s)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Learn, judge by clips that were held out, and write the model."""
    from emostream_trainer.metrics import uar

    console = Console()
    preparation = prepared(arguments, console)
    labels = preparation.labels
    clips = of_one_voice(preparation.corpus.clips, labels)

    from emostream_export.run_export import export_part
    from emostream_trainer.training.run import TrainingJob, train

    job = TrainingJob(
        recipe=RECIPE,
        clips=clips,
        labels=labels,
        root=arguments.out,
        pretrained=None,
        with_folds=True,
        with_all=True,
        fold_count=min(FOLDS, *Counter(labels.indices(clips).tolist()).values()),
        one_voice=True,
        licence=arguments.weights_licence,
    )
    folder = train(job, console)
    held_out = [runs.read_held_out(part) for part in runs.evaluated_parts(folder)]
    logits, truth = (np.concatenate(sides) for sides in zip(*held_out, strict=True))
    score = uar(truth, logits.argmax(1))
    runs.write_scores(folder, {"UAR own voice": round(score, 4)})
    export_part(folder, folder / runs.ALL, arguments.to, clips[0].path)
    console.print(
        f"{len(clips)} clips, each judged by a model that had not heard it: UAR {score:.2f} of {len(labels.labels)} "
        "moods. Other voices were not judged",
        highlight=False,
        soft_wrap=True,
    )
    console.print(f"now 'emostream listen --model {arguments.to}'", highlight=False, soft_wrap=True)
    return 0


def of_one_voice(found: Sequence[Clip], labels: LabelSet) -> list[Clip]:
    """The clips that have a label. Raises ``NoInputError`` and, for several voices or too few clips, ``UsageError``."""
    clips = labels.keep(found)
    require_one_voice(clips)
    counts = Counter(labels.labels[place] for place in labels.indices(clips).tolist())
    rare = [f"{count} of {label}" for label, count in counts.items() if count < LEAST_CLIPS]
    if rare:
        raise UsageError(
            f"found {', '.join(rare)}, expected {LEAST_CLIPS} clips of each mood: record more, or name the moods to "
            "tell apart with --labels"
        )
    return clips
