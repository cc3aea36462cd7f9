"""What a split that shares speakers would claim."""

from collections.abc import Sequence

from emostream_trainer.evaluation.regressions import DEVIATIONS, LEAKY
from emostream_trainer.evaluation.report import Section, Table, score
from emostream_trainer.evaluation.result import Evaluation


def leak(evaluations: Sequence[Evaluation]) -> Section:
    """What a careless split would have claimed: of the same features and classifier, with and without a leak."""
    by_name = {evaluation.name: evaluation for evaluation in evaluations}
    clean, leaky = by_name[DEVIATIONS], by_name[LEAKY]
    corpora = [*clean.uar_by_corpus(), "mean"]
    found = {"speakers kept apart": clean.scores(), "clips split at random: not a score": leaky.scores()}
    rows = [(name, *(score(of[f"UAR {c}"]) for c in corpora)) for name, of in found.items()]
    gaps = [leaky.scores()[f"UAR {c}"] - clean.scores()[f"UAR {c}"] for c in corpora]
    rows.append(("gap", *(f"{gap:+.3f}".replace("0.", ".") for gap in gaps)))
    body = (
        f"**Not a score: clips of one speaker on both sides.** The {DEVIATIONS}, judged once as everything here is, "
        "and once on clips dealt out at random. The gap is what such a split would flatter by; figures elsewhere are "
        "often of that kind.",
        Table(("", *corpora), tuple(rows)),
    )
    return Section(
        "leaky", "What a leaking split would claim", body, {**found, "gap": dict(zip(corpora, gaps, strict=True))}
    )
