"""What comes of recordings, where they end the processes that read them."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile

from emostream import assets
from emostream.archive.results import BadFile, ReadFile, Result, read_unit, results_of
from emostream.archive.source import Source, Unit
from emostream.audio import Samples
from emostream.batch.workers import Workers


def load() -> None:
    """Nothing: what is done needs no models."""


def work(_: None, unit: Unit, on_progress: Callable[[float], None]) -> list[Result]:
    """A result for each recording; one of them ends the process."""
    for source in unit.sources:
        on_progress(1.0)
        if source.file == "poison":
            os.kill(os.getpid(), signal.SIGKILL)
    return [BadFile(source, "read") for source in unit.sources]


def test_a_recording_that_ends_its_processes_leaves_those_beside_it_alone() -> None:
    units = [Unit(tuple(Source(name, f"/{name}") for name in names)) for names in (("a", "poison", "b"), ("c",))]
    progress: list[float] = []
    with Workers(1, load, work) as workers:
        found = [result for some in results_of(workers, units, progress.append) for result in some]  # type: ignore[arg-type]
    reasons = {result.source.file: result.reason for result in found if isinstance(result, BadFile)}
    assert len(found) == 4
    assert {name for name, reason in reasons.items() if reason == "read"} == {"a", "b", "c"}
    assert reasons["poison"].startswith("poison: 2 processes that read it ended without a word (signal 9)")
    assert sum(progress) == 3.0


def test_a_unit_has_a_result_for_each_recording(recording: Samples, tiny_paths: list[Path], tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", recording[: 16_000 * 8], 16_000)
    (tmp_path / "b.wav").write_text("no sound")
    sources = [Source(name, str(tmp_path / name)) for name in ("a.wav", "b.wav", "c.wav")]
    progress: list[float] = []
    good, bad, gone = read_unit(assets.load_stream_factory(tiny_paths), Unit(tuple(sources)), progress.append)
    assert isinstance(good, ReadFile)
    assert good.utterances
    assert sum(progress) == good.overview.seconds == 8.0
    assert isinstance(bad, BadFile)
    assert bad.reason.startswith("b.wav holds text, not sound")
    assert isinstance(gone, BadFile)
    assert gone.reason.startswith("c.wav does not exist")


def test_a_fault_of_ours_is_the_recordings_and_a_full_disk_is_not(
    recording: Samples, tiny_paths: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    soundfile.write(tmp_path / "a.wav", recording[:16_000], 16_000)
    factory = assets.load_stream_factory(tiny_paths)
    unit = Unit((Source("a.wav", str(tmp_path / "a.wav")),))

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(type(factory), "stream", broken)
    (bad,) = read_unit(factory, unit, lambda _: None)
    assert isinstance(bad, BadFile)
    assert bad.reason == "a.wav: a fault of emostream, ZeroDivisionError: division by zero"

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(factory), "stream", full)
    with pytest.raises(OSError, match="No space left"):
        read_unit(factory, unit, lambda _: None)
