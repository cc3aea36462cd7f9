"""How far an archive has come, where standard error is no terminal."""

import pytest

from emostream.archive.results import BadFile, ReadFile
from emostream.archive.source import Source
from emostream.batch.overview import Overview
from emostream.commands.archive import progress as archive_progress
from emostream.commands.archive.progress import ArchiveProgress

MB = 1_000_000


@pytest.fixture
def clock_s(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the clock shows: the last number."""
    shown = [0.0]
    monkeypatch.setattr(archive_progress.time, "monotonic", lambda: shown[-1])
    return shown


def source(number: int) -> Source:
    return Source(f"{number}.wav", f"/{number}.wav", 10 * MB)


def read(number: int, seconds: float) -> ReadFile:
    row = Overview(
        source="", seconds=seconds, speech_s=0.0, lost_s=0.0, label=None, confidence=0.0, p={}, share={}, trouble=None
    )
    return ReadFile(source(number), row, ())


def test_a_line_says_hours_speed_and_the_time_that_is_left(
    capsys: pytest.CaptureFixture[str], clock_s: list[float]
) -> None:
    progress = ArchiveProgress([source(number) for number in range(1000)])
    progress.commit()
    for number in range(99):
        progress.advance(360.0)
        progress.end(read(number, 360.0))
    progress.end(BadFile(source(99), "99.wav is no sound"))
    progress.advance(360.0)  # of one that is being read
    clock_s.append(360.0)
    progress.commit()
    first, bad, line = capsys.readouterr().err.splitlines()
    assert first == "emostream:   0% · 0 of 1,000 files · 0.00 h of audio · 0.0 x real time"
    assert bad == "emostream: 99.wav is no sound"
    # 900 files of 10 MB are left; 1,000 MB came to 9.9 h, so they come to 89.1 h, of which .1 h is read.
    assert line.startswith("emostream:  10% · 100 of 1,000 files (1 could not be read) · 10.00 h of audio · ")
    assert line.endswith(" · 100.0 x real time · 53 min left")


def test_very_many_bad_files_do_not_fill_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    progress = ArchiveProgress([source(number) for number in range(100)])
    for number in range(100):
        progress.end(BadFile(source(number), f"{number}.wav is no sound"))
    assert len(capsys.readouterr().err.splitlines()) == 21


def test_the_end_is_all_of_it(capsys: pytest.CaptureFixture[str], clock_s: list[float]) -> None:
    progress = ArchiveProgress([source(1)])
    progress.advance(7200.0)
    progress.end(read(1, 7200.0))
    clock_s.append(72.0)
    progress.commit()
    assert (
        capsys.readouterr().err == "emostream: 100% · 1 of 1 files · 2.00 h of audio · 100.0 x real time · 0 s left\n"
    )
