"""Speaks demo/recording.flac with espeak-ng: four synthetic voices, four manners of speaking, pauses between.

    python demo/make_recording.py

The same espeak-ng version gives the same file, sample for sample.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

SAMPLE_RATE_HZ = 16_000
NOISE_DBFS = -66.0
PEAK_DBFS = -3.0
PAUSE_S = 0.9
NOISE_SEED = 7


@dataclass(frozen=True)
class Manner:
    """How espeak-ng is to sound: pitch from 0 to 99, 50 being the voice's own; level against the loudest manner."""

    words_per_minute: int
    pitch: int
    pitch_range_percent: int
    level_db: float


ANGRY = Manner(words_per_minute=215, pitch=68, pitch_range_percent=170, level_db=0.0)
HAPPY = Manner(words_per_minute=185, pitch=78, pitch_range_percent=210, level_db=-4.0)
NEUTRAL = Manner(words_per_minute=160, pitch=45, pitch_range_percent=90, level_db=-8.0)
SAD = Manner(words_per_minute=115, pitch=28, pitch_range_percent=20, level_db=-14.0)

# espeak-ng 1.51 drops the variant of plain "en-gb" when the text is marked up; the regional voices keep theirs.
SCRIPT: tuple[tuple[str, Manner, str], ...] = (
    ("en-gb-x-rp+f3", NEUTRAL, "The kettle is on the stove, and the cups are on the shelf."),
    ("en-us+m3", ANGRY, "No! I told you twice, and you still left the gate wide open!"),
    ("en-us+f2", HAPPY, "Look, it is snowing! We can take the sledge up the hill today!"),
    ("en-gb-scotland+m1", SAD, "She packed her books, and the house went quiet."),
    ("en-us+m3", NEUTRAL, "The next train leaves from platform four."),
    ("en-gb-x-rp+f3", ANGRY, "Stop it! That was my seat, and you know it!"),
    ("en-gb-scotland+m1", HAPPY, "They found the dog, and he is perfectly fine!"),
    ("en-us+f2", SAD, "I waited by the window until it was dark."),
)


def speak(voice: str, manner: Manner, sentence: str) -> NDArray[np.float32]:
    """One sentence, float32 at ``SAMPLE_RATE_HZ``, its loudest part at ``manner.level_db`` below full scale."""
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder, "sentence.wav")
        command = ["espeak-ng", "-v", voice, "-s", str(manner.words_per_minute), "-p", str(manner.pitch), "-m"]
        marked_up = f'<prosody range="{manner.pitch_range_percent}%">{sentence}</prosody>'
        subprocess.run([*command, "-w", str(wav), marked_up], check=True, timeout=60)
        samples, rate_hz = soundfile.read(wav, dtype="float32")
    speech = np.asarray(soxr.resample(samples, rate_hz, SAMPLE_RATE_HZ), dtype=np.float32)
    return speech * np.float32(10 ** (manner.level_db / 20) / np.max(np.abs(speech)))


def recording() -> NDArray[np.float32]:
    """The whole script over a low floor of noise, so that its pauses are a room's and not a computer's."""
    pause = np.zeros(round(PAUSE_S * SAMPLE_RATE_HZ), np.float32)
    pieces = [pause]
    for voice, manner, sentence in SCRIPT:
        pieces += [speak(voice, manner, sentence), pause]
    speech = np.concatenate(pieces)
    noise = np.random.default_rng(NOISE_SEED).standard_normal(len(speech)).astype(np.float32)
    whole = speech * np.float32(10 ** (PEAK_DBFS / 20)) + noise * np.float32(10 ** (NOISE_DBFS / 20))
    return np.asarray(whole, dtype=np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("recording.flac"))
    given = parser.parse_args()
    if shutil.which("espeak-ng") is None:
        sys.exit("espeak-ng was not found on the PATH: install it (Debian: apt install espeak-ng) and try again")
    samples = recording()
    soundfile.write(given.out, samples, SAMPLE_RATE_HZ, subtype="PCM_16")
    print(f"{given.out}: {len(samples) / SAMPLE_RATE_HZ:.1f} s, {given.out.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
