"""``emostream evaluate``: runs, alone and together, on the speakers that their folds never heard."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table

from streamer.errors import NoInputError, UsageError
from streamer.settings import Settings
from trainer import runs
from trainer.commands.preparation import add_corpora, prepared
from trainer.corpora.clip import Clip
from trainer.corpora.features import has_audio


def add_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The command's options."""
    parser.add_argument(
        "runs",
        nargs="*",
        metavar="RUN",
        help="a run's folder or a model file; A+B is the two listening together; a row of the table each",
    )
    add_corpora(parser, settings)
    parser.add_argument(
        "--baselines", action="store_true", help="logistic regressions on the published features as rows too"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("runs/evaluation"), help="where it goes (default: %(default)s)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the table of UAR by corpus; write it with scores and confusion pictures. Speaker overlap is refused."""
    if not arguments.runs and not arguments.baselines:
        raise UsageError("nothing to judge: name the folder of a run, such as runs/mel_cnn2d-attentive, or --baselines")
    from trainer.baselines import baselines
    from trainer.evaluation import evaluate, model_sets
    from trainer.plots import confusion_picture

    console = Console()
    out: Path = arguments.out
    preparation = prepared(arguments, console)
    clips, labels = _recordings(preparation.corpus.clips, console), preparation.labels
    out.mkdir(parents=True, exist_ok=True)
    evaluations = baselines(clips, labels) if arguments.baselines else []
    for words in arguments.runs:
        folders = [Path(word) for word in words.split("+")]
        name = " + ".join(folder.name for folder in folders)
        evaluation = evaluate(name, model_sets(folders), clips, labels)
        evaluations.append(evaluation)
        confusion_picture(out / f"confusion-{name.replace(' ', '')}.png", evaluation.confusion(), labels.labels, name)
        if len(folders) == 1 and folders[0].is_dir():
            runs.write_scores(folders[0], evaluation.scores())
    scores = {evaluation.name: evaluation.scores() for evaluation in evaluations}
    (out / "scores.json").write_bytes(msgspec.json.format(msgspec.json.encode(scores), indent=2))
    (out / "table.md").write_text(markdown(scores))
    console.print(_table(scores))
    return 0


def _recordings(clips: Sequence[Clip], console: Console) -> list[Clip]:
    """The clips that have audio: scores are those of the live path, which hears nothing else."""
    recordings = [clip for clip in clips if has_audio(clip)]
    if not recordings:
        raise NoInputError(f"found {len(clips)} clips that are features without audio, expected audio to listen to")
    if len(recordings) < len(clips):
        console.print(f"{len(clips) - len(recordings)} clips are features without audio and are not judged")
    return recordings


def markdown(scores: dict[str, dict[str, float]]) -> str:
    """The table as Markdown."""
    columns = list(next(iter(scores.values()), {}))
    lines = [["", *columns], ["---"] * (len(columns) + 1)]
    lines += [[name, *(f"{of[column]:.3f}" for column in columns)] for name, of in scores.items()]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _table(scores: dict[str, dict[str, float]]) -> Table:
    """The UAR columns alone: recalls are in the files, and terminals are narrow."""
    columns = [column for column in next(iter(scores.values()), {}) if column.startswith("UAR")]
    table = Table("", *columns, box=box.SIMPLE_HEAD)
    for name, of in scores.items():
        table.add_row(name, *(f"{of[column]:.3f}" for column in columns))
    return table
