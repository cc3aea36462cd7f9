"""How often the doctor is right: alarms on real clips as they are, and on microphones made of them.

    python -m bench.doctor CORPORA [CORPORA …] [--sessions 40] [--seed 0]

CORPORA is a folder with a ``clips.tsv``. A session is some clips of one speaker between pauses, over noise 25 or 40 dB
below the voice, as one would record it for the doctor. The table has, for each microphone, the share of sessions in
which each check gave an alarm (a warning or a problem), of those in which it could judge.
"""

import argparse
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import soxr

from emostream import assets
from emostream.audio import Samples
from emostream.doctor.finding import Verdict
from emostream.doctor.judge import judge
from emostream.doctor.recording import Recording
from emostream_trainer.corpora.registry import read_corpus
from emostream_trainer.data.feature_cache import read_audio
from tests.support.microphones import (
    HZ,
    below_4_khz,
    by_telephone,
    clipped,
    compressed,
    denoised,
    gain_controlled,
    gated,
    noise,
    with_dropouts,
    with_hum,
)

SPEECH_S, SPEECH_DBFS = 7.0, -24.0
SILENCE_S, PAUSES_S = 2.0, (0.8, 1.6)
SNR_DB = (25.0, 40.0)
CHECKS = (
    "speech", "level", "clipping", "offset", "noise", "hum", "band", "gain control", "noise suppression", "dropouts",
)  # fmt: skip
MICROPHONES: dict[str, Callable[[Samples, int], Samples]] = {
    "good": lambda heard, _: heard,
    "good, 48 kHz": lambda heard, _: soxr.resample(heard, HZ, 48_000).astype(np.float32),
    "clipped": lambda heard, _: clipped(heard),
    "DC of .04": lambda heard, _: heard + np.float32(0.04),
    "telephone (GSM)": lambda heard, _: by_telephone(heard),
    "8 kHz": lambda heard, _: below_4_khz(heard),
    "gain control, 9 dB/s": lambda heard, _: gain_controlled(heard),
    "gain control, 25 dB/s": lambda heard, _: gain_controlled(heard, db_per_s=25.0),
    "compander": lambda heard, _: compressed(heard),
    "dropouts, 5 of 20 ms": with_dropouts,
    "hum of 50 Hz": lambda heard, _: with_hum(heard, 50.0),
    "hum of 60 Hz": lambda heard, _: with_hum(heard, 60.0),
    "48 dB too quiet": lambda heard, _: (np.round(heard * 10 ** (-48 / 20) * 32_768) / 32_768).astype(np.float32),
    "spectral subtraction": lambda heard, _: denoised(heard),
    "gate": lambda heard, _: gated(heard),
    "noise alone": lambda heard, seed: noise(len(heard), -45.0, seed, pink=True),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("corpora", nargs="+", type=Path)
    parser.add_argument("--sessions", type=int, default=40, help="speakers, at two levels of noise each")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    rng = random.Random(given.seed)
    speakers = _speakers(given.corpora)
    chosen = rng.sample(sorted(speakers), min(given.sessions, len(speakers)))
    vad_model = assets.load_vad_model()
    tables: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def count(name: str, samples: Samples, rate_hz: int) -> None:
        tables[name]["sessions"] += 1
        for finding in judge(Recording(samples[:, None], rate_hz, name), vad_model):
            if finding.verdict is not Verdict.UNKNOWN:
                tables[name][f"{finding.check} judged"] += 1
            if finding.verdict in (Verdict.WARNING, Verdict.PROBLEM):
                tables[name][finding.check] += 1

    for place, speaker in enumerate(chosen):
        clips = rng.sample(speakers[speaker], min(12, len(speakers[speaker])))
        for snr_db in SNR_DB:
            heard = _session(clips, snr_db, np.random.default_rng([given.seed, place]), is_pink=place % 2 == 1)
            for name, microphone in MICROPHONES.items():
                changed = microphone(heard, place)
                count(name, changed, 48_000 if "48 kHz" in name else HZ)
        count(f"as it is: {speaker[0]}", read_audio(clips[0], HZ), HZ)
    _print(tables)


def _speakers(corpora: Sequence[Path]) -> dict[tuple[str, str], list[Path]]:
    found: defaultdict[tuple[str, str], list[Path]] = defaultdict(list)
    for folder in corpora:
        for clip in read_corpus(folder).clips:
            found[clip.corpus, clip.speaker].append(clip.path)
    return {speaker: paths for speaker, paths in found.items() if len(paths) > 4}


def _session(clips: Sequence[Path], snr_db: float, rng: np.random.Generator, *, is_pink: bool) -> Samples:
    pieces, spoken = [np.zeros(round(SILENCE_S * HZ), np.float32)], 0
    for clip in clips:
        samples = read_audio(clip, HZ)
        pieces += [samples, np.zeros(round(rng.uniform(*PAUSES_S) * HZ), np.float32)]
        spoken += len(samples)
        if spoken > SPEECH_S * HZ:
            break
    whole = np.concatenate(pieces)
    whole *= 10 ** (SPEECH_DBFS / 20) / np.sqrt(np.mean(whole[np.abs(whole) > 0.05 * np.abs(whole).max()] ** 2))
    return np.clip(whole, -1, 1) + noise(len(whole), SPEECH_DBFS - snr_db, int(rng.integers(1 << 31)), pink=is_pink)


def _print(tables: dict[str, Counter[str]]) -> None:
    for line in _lines(tables):
        print(line)


def _lines(tables: dict[str, Counter[str]]) -> Iterator[str]:
    yield f"| microphone | sessions | {' | '.join(CHECKS)} |"
    yield "|---" * (len(CHECKS) + 2) + "|"
    for name, counts in tables.items():
        shares = (f"{counts[check]} of {counts[f'{check} judged']}" for check in CHECKS)
        yield f"| {name} | {counts['sessions']} | {' | '.join(shares)} |"


if __name__ == "__main__":
    main()
