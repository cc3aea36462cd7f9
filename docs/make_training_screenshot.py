"""Draws docs/images/training.svg and .png: the terminal while a network is trained, as tmux has it.

python docs/make_training_screenshot.py --corpora DIR
"""

import argparse
import re
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.text import Text
from terminal_picture import svg, write_png

IMAGES = Path(__file__).parent / "images"
RECIPE, LABELS, EPOCHS = "mfcc_cnn1d/attentive", "happy,neutral,sad", 12
# The moment that is drawn: some epochs into the second part.
MOMENT = re.compile(r"part 2 of 3.*epoch 5 of.* [4-6]\d of", re.DOTALL)


def screen(command: str, columns: int, rows: int, *, timeout_s: float = 1_800) -> str:
    """What a terminal shows of a command at ``MOMENT``, with its colours."""
    with tempfile.TemporaryDirectory() as folder:
        tmux = ["tmux", "-u", "-f", "/dev/null", "-S", f"{folder}/socket"]
        size = ("-x", str(columns), "-y", str(rows))
        subprocess.run([*tmux, "new-session", "-d", *size, f"clear; {command}; sleep 60"], check=True)
        try:
            deadline_s = time.monotonic() + timeout_s
            while time.monotonic() < deadline_s:
                shown = subprocess.run([*tmux, "capture-pane", "-e", "-p"], check=True, capture_output=True, text=True)
                if MOMENT.search(shown.stdout):
                    return shown.stdout
                time.sleep(0.1)
        finally:
            subprocess.run([*tmux, "kill-server"], check=True)
    sys.exit(f"never saw {MOMENT.pattern!r} on the terminal")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpora", type=Path, required=True)
    parser.add_argument("--columns", type=int, default=100)
    parser.add_argument("--rows", type=int, default=26)
    parser.add_argument("--out", type=Path, default=IMAGES / "training.svg")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as runs:
        train = f"emostream train {RECIPE} --corpora {given.corpora.name} --labels {LABELS} --epochs {EPOCHS} --folds 2"
        here = [sys.executable, "-m", *shlex.split(train), "--out", runs]
        here[here.index(given.corpora.name)] = str(given.corpora)
        shown = screen(shlex.join(here), given.columns, given.rows)
    text = Text.from_ansi(f"$ {train}\n{shown.rstrip()}")
    lines = Console(width=given.columns).render_lines(text, pad=False)
    given.out.write_text(svg(lines, given.columns, len(lines), "A training run"), encoding="utf-8")
    write_png(given.out, given.out.with_suffix(".png"))


if __name__ == "__main__":
    main()
