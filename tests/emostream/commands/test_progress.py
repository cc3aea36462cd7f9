"""How far many recordings have come, where standard error is no terminal."""

import pytest

from emostream.commands.progress import progress_of


def test_there_is_a_line_for_each_tenth_and_the_last_waits_for_the_last_file(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with progress_of(2, 100.0) as progress:
        for _ in range(20):
            progress.advance(2.5)
        progress.end_recording()
        progress.say("b.wav is odd\n")
        for _ in range(20):
            progress.advance(2.5)
        progress.end_recording()
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 11
    assert lines[0] == "emostream:  10%, 0 of 2 files, 00:10 of 01:40 of audio"
    assert lines[5] == r"emostream: b.wav is odd\n"
    assert lines[-1] == "emostream: 100%, 2 of 2 files, 01:40 of 01:40 of audio"


def test_lengths_that_are_not_known_or_wrong_do_no_harm(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_of(3, 0.0) as progress:
        progress.end_recording()
        progress.advance(5.0)
        progress.advance(5.0)
        progress.end_recording()
        progress.end_recording()
    assert capsys.readouterr().err.splitlines()[-1] == "emostream: 100%, 3 of 3 files, 00:10 of 00:10 of audio"
    with progress_of(1, 1_000.0) as progress:
        progress.advance(10.0)
        progress.end_recording()
    assert capsys.readouterr().err == "emostream: 100%, 1 of 1 file, 00:10 of 00:10 of audio\n"
