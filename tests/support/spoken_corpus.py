"""A small corpus of real speech: pieces of the demo recording, dealt out to made-up speakers and emotions."""

from pathlib import Path

import numpy as np
import soundfile

from emostream import assets

EMOTIONS = ("angry", "happy", "neutral", "sad")
HEADER = "path\tcorpus\tspeaker\temotion\tfold"


def spoken_corpus(root: Path, speakers: int = 2, seconds: float = 1.5) -> Path:
    """A clips.tsv of the corpus `spoken`: one clip an emotion by each speaker, speaker n in fold n."""
    samples, sample_rate_hz = soundfile.read(assets.DEMO_RECORDING, dtype="float32")
    pieces = np.array_split(samples, len(samples) // round(seconds * sample_rate_hz))
    loudest_first = sorted(pieces, key=lambda piece: -float(np.mean(piece**2)))
    root.mkdir(parents=True, exist_ok=True)
    lines = [HEADER]
    for speaker in range(speakers):
        for emotion in EMOTIONS:
            name = f"{speaker}_{emotion}.flac"
            soundfile.write(root / name, loudest_first.pop(0), sample_rate_hz)
            lines.append(f"{name}\tspoken\tspoken-{speaker}\t{emotion}\t{speaker}")
    (root / "clips.tsv").write_text("\n".join([*lines, ""]))
    return root
