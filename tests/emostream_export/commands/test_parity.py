"""``emostream parity`` finds nothing on real speech, and finds what was broken on purpose."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from numpy.typing import NDArray

from emostream.audio import Samples
from emostream.features import FeatureStream
from emostream_export import parity
from emostream_export.parity import Clip, Difference
from tests.support.commands import Said, assert_refused, emostream
from tests.support.streams import HZ

FAILED, USAGE, NO_INPUT = 1, 2, 66


@pytest.fixture
def clip(tmp_path: Path, recording: Samples) -> Path:
    """Five seconds of speech at a rate that must be resampled."""
    path = tmp_path / "clip.wav"
    soundfile.write(path, soxr.resample(recording[: 5 * HZ], HZ, 44_100), 44_100, subtype="FLOAT")
    return path


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[Difference]:
    """What the table is made of."""
    kept: list[Difference] = []
    worst = parity.worst

    def keep(differences: list[Difference]) -> list[Difference]:
        kept[:] = worst(differences)
        return kept

    monkeypatch.setattr("emostream_export.commands.parity.worst", keep)
    return kept


def compare(clip: Path, tiny_paths: list[Path], *more: object) -> Said:
    models = [word for path in tiny_paths for word in ("--model", path)]
    return emostream("parity", clip, "--times", 2, *models, *more)


def test_all_ways_lead_to_the_same(clip: Path, tiny_paths: list[Path], found: list[Difference]) -> None:
    said = compare(clip, tiny_paths)
    assert (said.code, said.errors) == (0, "")
    by_ways = {difference.ways: difference for difference in found}
    for name in ("tiny_mel", "tiny_mfcc"):
        assert by_ways[f"{name}: rows in chunks / in one piece"].largest == 0
        assert 0 < by_ways[f"{name}: rows / librosa's, relative"].largest < 1e-4
    assert by_ways["probabilities: in chunks / in one piece"].largest <= 1.01e-4


def test_shipped_models_on_the_bundled_recording(found: list[Difference]) -> None:
    said = emostream("parity", "demo/recording.flac", "--times", 1)
    assert said.code == 0
    assert said.out.splitlines()[-1] == "all 5 comparisons held"
    assert len(found) == 5


def test_another_window_is_not_librosas(
    clip: Path, tiny_paths: list[Path], found: list[Difference], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emostream.features.stream.hann", np.hanning)
    said = compare(clip, tiny_paths)
    assert said.code == FAILED
    assert "2 of 5 differences" in said.errors
    for difference in found:
        assert difference.is_within != ("librosa" in difference.ways)
    assert f"{clip} at " in found[-1].where


def test_a_stream_that_forgets_between_chunks_is_found(
    clip: Path, tiny_paths: list[Path], found: list[Difference], monkeypatch: pytest.MonkeyPatch
) -> None:
    push = FeatureStream.push

    def forgetful(self: FeatureStream, samples: Samples) -> NDArray[np.float32]:
        rows = push(self, samples)
        self._kept = np.zeros_like(self._kept)
        return rows

    monkeypatch.setattr(FeatureStream, "push", forgetful)
    assert compare(clip, tiny_paths).code == FAILED
    broken = [difference.ways for difference in found if not difference.is_within]
    assert broken == [
        "tiny_mel: rows in chunks / in one piece",
        "tiny_mfcc: rows in chunks / in one piece",
    ]


def test_rows_that_are_missing_are_found(
    clip: Path, tiny_paths: list[Path], found: list[Difference], monkeypatch: pytest.MonkeyPatch
) -> None:
    resampled = Clip.resampled
    monkeypatch.setattr(Clip, "resampled", lambda self, hz: np.append(resampled(self, hz), np.zeros(HZ, np.float32)))
    assert compare(clip, tiny_paths).code == FAILED
    assert found[0].largest == np.inf
    assert found[0].where.endswith(" rows")


def test_nan_is_the_worst_of_all() -> None:
    kinds = [Difference("ways", largest, "", 1.0) for largest in (0.5, float("nan"), 0.7)]
    for first in range(3):
        (worst,) = parity.worst(kinds[first:] + kinds[:first])
        assert not worst.is_within


class TestRefusals:
    def test_no_such_clip(self, tiny_paths: list[Path]) -> None:
        assert_refused(compare(Path("nowhere.wav"), tiny_paths), NO_INPUT, "nowhere.wav")

    def test_no_chunking(self, clip: Path, tiny_paths: list[Path]) -> None:
        assert_refused(compare(clip, tiny_paths, "--times", 0), USAGE, "--times")

    def test_a_run_without_an_exported_network(self, clip: Path, tiny_paths: list[Path], tmp_path: Path) -> None:
        assert_refused(compare(clip, tiny_paths, "--run", tmp_path), NO_INPUT, "emostream export")
