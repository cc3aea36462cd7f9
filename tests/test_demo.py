"""The bundled recording is what demo/README.md says it is."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

RECORDING = Path(__file__).parent.parent / "demo" / "recording.flac"
FRAME = 1600  # 100 ms


@pytest.fixture(scope="module")
def samples() -> NDArray[np.float32]:
    return np.asarray(soundfile.read(RECORDING, dtype="float32", always_2d=True)[0], dtype=np.float32)


def level_dbfs(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    frames = samples[: len(samples) // FRAME * FRAME, 0].reshape(-1, FRAME)
    return np.asarray(20 * np.log10(np.sqrt(np.mean(frames**2, axis=1)) + 1e-9), dtype=np.float32)


def test_it_is_mono_flac_at_16_khz_and_small() -> None:
    info = soundfile.info(RECORDING)
    assert (info.format, info.samplerate, info.channels, info.subtype) == ("FLAC", 16_000, 1, "PCM_16")
    assert 25 <= info.duration <= 40
    assert RECORDING.stat().st_size < 1_000_000


def test_it_is_loud_enough_and_never_clips(samples: NDArray[np.float32]) -> None:
    assert 0.5 < np.max(np.abs(samples)) < 10 ** (-1 / 20)


def test_eight_sentences_stand_between_nine_pauses(samples: NDArray[np.float32]) -> None:
    quiet = np.concatenate([[False], level_dbfs(samples) < -60, [False]])
    starts, ends = np.flatnonzero(~quiet[:-1] & quiet[1:]), np.flatnonzero(quiet[:-1] & ~quiet[1:])
    assert np.count_nonzero(ends - starts >= 7) == 9


def test_its_pauses_are_a_rooms_and_not_digital_silence(samples: NDArray[np.float32]) -> None:
    quietest = np.sort(level_dbfs(samples))[:20]
    assert np.all((quietest > -70) & (quietest < -60))


def test_the_sentences_differ_in_loudness(samples: NDArray[np.float32]) -> None:
    loud = level_dbfs(samples)
    loudest = {name: loud[int(10 * start) : int(10 * end)].max() for name, start, end in MANNERS}
    assert loudest["angry"] > loudest["happy"] > loudest["neutral"] > loudest["sad"]


MANNERS = (("neutral", 0.9, 4.3), ("angry", 5.5, 8.5), ("happy", 9.7, 12.0), ("sad", 13.1, 16.8))
