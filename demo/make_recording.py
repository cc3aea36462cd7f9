"""Speaks demo/recording.flac with espeak-ng: eight synthetic voices in four moods, pauses between.

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
# More of it at the end.
LAST_PAUSE_S = 0.4
NOISE_SEED = 7


@dataclass(frozen=True)
class Manner:
    """How espeak-ng is to sound: pitch from 0 to 99, 50 being the voice's own."""

    words_per_minute: int
    pitch: int
    pitch_range_percent: int


# The loudest part of a sentence in each mood, against the loudest mood.
LEVEL_DB = {"angry": 0.0, "happy": -4.0, "neutral": -8.0, "sad": -14.0}

# Voices and manners were drawn at random, some 40 a sentence, and those kept that the shipped models are surest of.
# espeak-ng 1.51 drops the variant of plain "en-gb" when the text is marked up; the regional voices keep theirs.
SCRIPT: tuple[tuple[str, str, Manner, str], ...] = (
    ("neutral", "en-029+m5", Manner(150, 66, 89), "The kettle is on the stove, and the cups are on the shelf."),
    (
        "angry",
        "en-gb-scotland+m4",
        Manner(227, 98, 121),
        "No! I told you twice, and you still left the gate wide open!",
    ),
    ("happy", "en-us+f3", Manner(220, 76, 213), "They found the dog, and he is perfectly fine!"),
    ("sad", "en-gb-scotland+m8", Manner(124, 5, 69), "She packed her books, and the house went quiet."),
    ("neutral", "en-gb-x-gbcwmd+f5", Manner(131, 26, 108), "The next train leaves from platform four."),
    ("angry", "en-gb-x-gbcwmd+f3", Manner(224, 48, 154), "Stop it! That was my seat, and you know it!"),
    ("happy", "en-gb-x-rp+m7", Manner(169, 91, 160), "We did it! We really did it!"),
    ("sad", "en-029+m8", Manner(103, 17, 40), "I waited by the window until it was dark."),
)


def speak(voice: str, manner: Manner, sentence: str) -> NDArray[np.float32]:
    """One sentence, float32 at ``SAMPLE_RATE_HZ``, its loudest part at full scale."""
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder, "sentence.wav")
        command = ["espeak-ng", "-v", voice, "-s", str(manner.words_per_minute), "-p", str(manner.pitch), "-m"]
        marked_up = f'<prosody range="{manner.pitch_range_percent}%">{sentence}</prosody>'
        subprocess.run([*command, "-w", str(wav), marked_up], check=True, timeout=60)
        samples, rate_hz = soundfile.read(wav, dtype="float32")
    speech = np.asarray(soxr.resample(samples, rate_hz, SAMPLE_RATE_HZ), dtype=np.float32)
    return speech / np.max(np.abs(speech))


def recording() -> NDArray[np.float32]:
    """The whole script over a low floor of noise, so that its pauses are a room's and not a computer's."""
    pause = np.zeros(round(PAUSE_S * SAMPLE_RATE_HZ), np.float32)
    pieces = [pause]
    for mood, voice, manner, sentence in SCRIPT:
        pieces += [speak(voice, manner, sentence) * np.float32(10 ** (LEVEL_DB[mood] / 20)), pause]
    speech = np.concatenate([*pieces, np.zeros(round(LAST_PAUSE_S * SAMPLE_RATE_HZ), np.float32)])
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
