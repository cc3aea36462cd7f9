"""All comparisons, side by side in one run, then the daemon: ``python -m bench [--runs 5] [--json FILE]``.

With ``--part`` one of them alone, which is printed and not written.
"""

import os

# Before anything that starts threads is imported: one core is what is compared.
os.environ.update({"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"})
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import argparse
from pathlib import Path

import numpy as np
import soundfile
from rich.console import Console

from bench.daemon import daemon
from bench.estimates import estimates
from bench.features import features
from bench.networks import networks
from bench.side_by_side import show, show_figures, write
from bench.voice import voice
from emostream import assets


def main() -> None:
    """Print the tables, and write them."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=60, help="how long the daemon listens")
    parser.add_argument("--json", type=Path, default=Path("bench/results.json"))
    parser.add_argument("--part", choices=["features", "networks", "estimates", "voice"])
    arguments = parser.parse_args()
    console = Console()
    samples = np.asarray(soundfile.read(assets.DEMO_RECORDING, dtype="float32")[0], np.float32)
    specs = {model.card.name: model.card.features for model in assets.load_models()}
    found = []
    parts = {
        "features": lambda: features(samples, specs, arguments.runs),
        "networks": lambda: networks(arguments.runs),
        "estimates": lambda: estimates(samples, arguments.runs),
        "voice": lambda: voice(samples, arguments.runs),
    }
    for name, part in parts.items():
        for comparison in part() if arguments.part in {None, name} else ():
            show(console, comparison)
            found.append(comparison)
    if arguments.part:
        return
    figures = list(daemon(arguments.runs, arguments.seconds, hour=True))
    show_figures(console, figures)
    write(arguments.json, found, figures)
    console.print(f"written to {arguments.json}", highlight=False)


if __name__ == "__main__":
    main()
