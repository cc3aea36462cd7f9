"""A whole evaluation: every row of the table, then the sections of the report about the last one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from streamer.baseline import demand_baseline
from streamer.card import ModelIdentity
from streamer.model import EmotionModel
from trainer import runs, sections, stress
from trainer.baselines import LEAKY, baselines
from trainer.calibration import pair_temperature
from trainer.corpora.clip import Clip
from trainer.corpora.labels import LabelSet
from trainer.evaluation import Evaluation, StreamedEvaluation, evaluate, model_sets
from trainer.reliability import write_reliability
from trainer.report import Section, write_report

PROTOCOL = (
    "Each clip is streamed from its beginning to its end as the daemon hears it (speech gate, windows, smoothing), "
    "by models that "
    "never heard its speaker; its verdict is the likeliest label of the mean over its windows, and nothing abstains "
    "unless it says so."
)


@dataclass(frozen=True)
class Job:
    """What to judge and by what. ``rows`` are runs or model files that listen together.

    ``noise_sample`` is how many clips of each corpus are heard behind noise, ``enrol_s`` how many seconds a speaker is
    enrolled with, both None for not at all; ``with_harm`` also enrols too little and the wrong one.
    """

    rows: tuple[tuple[Path, ...], ...]
    clips: Sequence[Clip]
    labels: LabelSet
    out: Path
    with_baselines: bool
    with_leak: bool
    noise_sample: int | None
    enrol_s: float | None
    with_harm: bool


def evaluate_all(job: Job) -> list[Evaluation]:
    """Write the report; gives the rows of its table. Raises ``UsageError`` or ``NoInputError``."""
    labels = job.labels
    labels.keep(job.clips)  # refuses a label that nobody speaks
    rows = _with_singles(job.rows)
    sets = {row: model_sets(row) for row in rows}  # what is missing is said before an hour has passed
    if job.enrol_s is not None:
        for models in sets[rows[-1]]:
            demand_baseline([EmotionModel.load(path).card for path in models])
    job.out.mkdir(parents=True, exist_ok=True)
    regressions = baselines(job.clips, labels, leaky=job.with_leak) if job.with_baselines or job.with_leak else []
    evaluations = [each for each in regressions if job.with_baselines and each.name != LEAKY]
    streamed: StreamedEvaluation | None = None
    for row in rows:
        streamed = evaluate(_name(row), sets[row], job.clips, labels)
        evaluations.append(streamed)
        if len(row) == 1 and row[0].is_dir() and _is_whole(row[0], streamed):
            runs.write_scores(row[0], streamed.scores())
    written: list[Section] = [sections.scores(evaluations, job.out)] if evaluations else []
    if streamed is not None:
        written += _about(streamed, rows[-1], job)
    if job.with_leak:
        written.append(stress.leak(regressions))
    judged = evaluations or regressions
    write_report(job.out, "How well it hears", _facts(judged[-1].clips, rows), written)
    return judged


def _about(evaluation: StreamedEvaluation, row: tuple[Path, ...], job: Job) -> list[Section]:
    """The sections about one row."""
    if not evaluation.p.any():
        return [Section("heard", "Nothing was heard", ("In no clip was there any speech to judge by.",), {})]
    out, labels, sets = job.out, job.labels, model_sets(row)
    # The daemon tempers every window, before anything is smoothed: so must what its thresholds are chosen on.
    temperatures = sections.fold_temperatures(evaluation)
    streamed, tallies = None, None
    if temperatures:
        name = f"{evaluation.name} with temperatures"
        streamed = evaluate(name, sets, evaluation.clips, labels, temperatures=temperatures)
        tallies = sections.tallies_of(streamed)
        if models := _identities(row):
            temperature = pair_temperature(evaluation.p, evaluation.truth)
            write_reliability(out, models, temperature, *tallies)
    people = sections.people(evaluation, labels)
    written = [
        sections.breakdown(evaluation),
        sections.calibration(evaluation, streamed, temperatures, out),
        sections.abstaining(streamed or evaluation, tallies, out),
        sections.pace(evaluation, out),
        *([people] if people else []),
    ]
    if job.noise_sample is not None:
        written.append(stress.noise(evaluation, sets, labels, job.noise_sample, out))
    if job.enrol_s is not None:
        written.append(stress.enrolment(evaluation, sets, labels, job.enrol_s, harm=job.with_harm))
    if without := _never_heard(row, job):
        written.append(stress.other_corpora(without, evaluation))
    return written


def _never_heard(row: tuple[Path, ...], job: Job) -> StreamedEvaluation | None:
    """Each corpus by the networks without it; None where the runs have none."""
    if not all(folder.is_dir() and runs.judged_parts(folder, runs.WITHOUT) for folder in row):
        return None
    held_out = {part.name.removeprefix(runs.WITHOUT) for part in runs.judged_parts(row[0], runs.WITHOUT)}
    clips = [clip for clip in job.clips if clip.corpus in held_out]
    return evaluate(f"{_name(row)} without the corpus", model_sets(row, runs.WITHOUT), clips, job.labels)


def _with_singles(rows: Sequence[tuple[Path, ...]]) -> list[tuple[Path, ...]]:
    """Every row once; before those that listen together, each of them alone."""
    found: dict[tuple[Path, ...], None] = {}
    for row in rows:
        found.update(dict.fromkeys((path,) for path in row))
        found[row] = None
    return list(found)


def _is_whole(folder: Path, evaluation: Evaluation) -> bool:
    """Whether all clips of the folds were judged: a card must not carry scores of a part of them."""
    held_out = sum(len(runs.read_held_out(part)[1]) for part in runs.judged_parts(folder))
    return held_out == len(evaluation.clips)


def _name(row: tuple[Path, ...]) -> str:
    return " + ".join(path.name for path in row)


def _identities(row: tuple[Path, ...]) -> list[ModelIdentity]:
    """How the shipped networks of these runs are known; none where a run has no network of all speakers yet."""
    parts = [folder / runs.ALL for folder in row if (folder / runs.ALL / "split.json").exists()]
    if len(parts) < len(row):
        return []
    recipes = [runs.read_run(part.parent).recipe for part in parts]
    return [
        ModelIdentity(name=recipe.network, variant=recipe.variant, split_hash=runs.read_split(part).split_hash)
        for recipe, part in zip(recipes, parts, strict=True)
    ]


def _facts(clips: Sequence[Clip], rows: Sequence[tuple[Path, ...]]) -> dict[str, object]:
    """What a reader needs to know before any number."""
    cards = [EmotionModel.load(path).card for row in rows[-1:] for models in model_sets(row) for path in models]
    corpora = sorted({clip.corpus for clip in clips})
    return {
        "protocol": PROTOCOL,
        "date": date.today().isoformat(),
        "models": sorted({f"{card.name}/{card.variant} {card.version}" for card in cards}),
        "splits": sorted({card.split_hash for card in cards}),
        **{f"clips of {corpus}": _counted(clips, corpus) for corpus in corpora},
    }


def _counted(clips: Sequence[Clip], corpus: str) -> str:
    own = [clip for clip in clips if clip.corpus == corpus]
    return f"{len(own)} by {len({clip.speaker for clip in own})} speakers"
