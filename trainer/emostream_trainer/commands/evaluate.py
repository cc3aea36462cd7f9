"""``emostream evaluate``: runs, alone and together, on speakers that their folds never heard; a report of it all."""

import argparse
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table

from emostream.commands.settings import Settings
from emostream.errors import NoInputError, UsageError
from emostream_trainer.commands.preparation import add_corpora, corpora_of, prepared
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.features import has_audio

if TYPE_CHECKING:
    from emostream_trainer.evaluation.result import Evaluation


def add_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The command's options."""
    parser.add_argument(
        "runs",
        nargs="*",
        metavar="RUN",
        help="a run's folder or a model file; A+B is the two listening together, with a row for each alone; the report "
        "is about the last one named",
    )
    add_corpora(parser, settings)
    parser.add_argument(
        "--baselines", action="store_true", help="logistic regressions on the published features as rows too"
    )
    parser.add_argument(
        "--leaky", action="store_true", help="show how far a split that shares speakers would flatter a regression"
    )
    parser.add_argument("--noise", action="store_true", help="score a sample behind babble and in a cafe too")
    parser.add_argument(
        "--disturbed",
        action="store_true",
        help="score a sample by telephone and headset, with an offset, quiet, in noise and in a room too",
    )
    parser.add_argument(
        "--sessions",
        action="store_true",
        help="score each speaker's clips in one stream too, with and without adaptation, by the minute",
    )
    parser.add_argument(
        "--sample",
        type=int,
        metavar="N",
        default=200,
        help="clips of each corpus for --noise, --disturbed and --enrol-wrong (default: %(default)s)",
    )
    parser.add_argument(
        "--enrol",
        type=float,
        nargs="?",
        const=20.0,
        metavar="SECONDS",
        help="score clips after their speaker was enrolled with so much neutral speech (20 where no number follows)",
    )
    parser.add_argument(
        "--enrol-wrong",
        action="store_true",
        help="with --enrol: of a sample also drift alone, and the harm of 5 s and of another speaker's enrolment; with "
        "--enrol-moods: the harm of another speaker's, of one mood, in babble, and of silence",
    )
    parser.add_argument(
        "--enrol-moods",
        type=int,
        nargs="?",
        const=1,
        metavar="N",
        help="score speakers in one stream each, enrolled with N of their clips of each mood and not, with and without "
        "drift (1 where no number follows)",
    )
    parser.add_argument(
        "--out", type=Path, default=Path("runs/evaluation"), help="where the report goes (default: %(default)s)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the table of UAR by corpus; write the report. Speaker overlap is refused."""
    if not arguments.runs and not arguments.baselines and not arguments.leaky:
        raise UsageError("nothing to judge: name the folder of a run, such as runs/mel_cnn2d-attentive, or --baselines")
    enrols = arguments.enrol is not None or arguments.enrol_moods is not None
    if (arguments.noise or arguments.disturbed or arguments.sessions or enrols) and not arguments.runs:
        raise UsageError(
            "--noise, --disturbed, --sessions, --enrol and --enrol-moods judge a run, and none was named: "
            "give its folder"
        )
    if arguments.enrol_moods is not None and arguments.enrol_moods < 1:
        raise UsageError(f"found --enrol-moods {arguments.enrol_moods}, expected clips of each mood, 1 or more")
    if arguments.enrol is not None and arguments.enrol <= 0:
        raise UsageError(f"found --enrol {arguments.enrol:g}, expected seconds, more than 0")
    if arguments.enrol_wrong and not enrols:
        raise UsageError("--enrol-wrong shows what can go wrong with --enrol or --enrol-moods: give one of them too")
    if arguments.sample < 1:
        raise UsageError(f"found --sample {arguments.sample}, expected 1 or more")
    corpora_of(arguments)  # both are asked for before any clip is opened
    rows = tuple(tuple(Path(word) for word in words.split("+")) for words in arguments.runs)
    for path in itertools.chain(*rows):
        if not path.exists():
            raise NoInputError(f"{path} does not exist: expected the folder of a run, or a model file")
    from emostream_trainer.evaluation.run import EvaluationJob, evaluate_all

    console = Console()
    preparation = prepared(arguments, console)
    job = EvaluationJob(
        rows=rows,
        clips=_recordings(preparation.corpus.clips, console),
        labels=preparation.labels,
        out=arguments.out,
        with_baselines=arguments.baselines,
        with_leak=arguments.leaky,
        with_noise=arguments.noise,
        with_disturbed=arguments.disturbed,
        with_sessions=arguments.sessions,
        sample=arguments.sample,
        enrol_s=arguments.enrol,
        with_harm=arguments.enrol_wrong,
        enrol_moods=arguments.enrol_moods,
    )
    console.print(_table(evaluate_all(job)))
    console.print(f"report: {arguments.out / 'report.md'}", highlight=False, soft_wrap=True)
    return 0


def _recordings(clips: Sequence[Clip], console: Console) -> list[Clip]:
    """The clips that have audio: scores are those of the live path, which hears nothing else."""
    recordings = [clip for clip in clips if has_audio(clip)]
    if not recordings:
        raise NoInputError(f"found {len(clips)} clips that are features without audio, expected audio to listen to")
    if len(recordings) < len(clips):
        console.print(f"{len(clips) - len(recordings)} clips are features without audio and are not judged")
    return recordings


def _table(evaluations: "list[Evaluation]") -> Table:
    """The UAR columns alone: recalls and intervals are in the report, and terminals are narrow."""
    scores = {evaluation.name: evaluation.scores() for evaluation in evaluations}
    columns = [column for column in next(iter(scores.values())) if column.startswith("UAR")]
    table = Table("", *columns, box=box.SIMPLE_HEAD)
    for name, of in scores.items():
        table.add_row(name, *(f"{of[column]:.3f}" for column in columns))
    return table
