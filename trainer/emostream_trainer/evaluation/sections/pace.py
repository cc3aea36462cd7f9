"""What is seen while somebody speaks."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emostream_trainer.evaluation import plots
from emostream_trainer.evaluation.live_metrics import live_metrics
from emostream_trainer.evaluation.report import Section, Table, percent
from emostream_trainer.evaluation.result import StreamedEvaluation

F64 = NDArray[np.float64]


def pace(evaluation: StreamedEvaluation, out: Path) -> Section:
    """What is seen while somebody speaks."""
    found = live_metrics(evaluation.logs, evaluation.truth)
    delays = {"a label": found.first_label_s, "the right label": found.right_label_s}
    picture = out / "delays.png"
    plots.delay_picture(picture, delays, evaluation.name)
    waits = {name: _wait(delay) for name, delay in delays.items()}
    numbers = {
        "clips": found.clips,
        "flips_per_minute": found.flips_per_minute,
        "named": found.predicted,
        "right": found.right,
        **{f"time to {name}": wait for name, wait in waits.items()},
    }
    rows = [
        ("label changes a minute of speech", f"{found.flips_per_minute:.1f}"),
        *(
            (f"time to {name}, median of the clips that get it", _seconds(wait["median_s"]))
            for name, wait in waits.items()
        ),
        *((f"clips that never get {name}", percent(wait["never"])) for name, wait in waits.items()),
        ("speaking time with a label", percent(found.predicted)),
        ("of that, the right label", percent(found.right)),
    ]
    body = (
        f"Labels as shown with the default settings, of the {found.clips} clips with speech. Times run from the "
        "speech's beginning to the end of the window that has the label.",
        Table(("", "value"), tuple(rows)),
        picture,
    )
    return Section("live", "While somebody speaks", body, numbers)


def _wait(delays_s: F64) -> dict[str, float | None]:
    came = delays_s[np.isfinite(delays_s)]
    never = 1 - len(came) / len(delays_s) if len(delays_s) else None
    return {"median_s": float(np.median(came)) if len(came) else None, "never": never}


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f} s"
