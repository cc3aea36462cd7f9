"""A lamp's command as a real process: one that ends, one that holds its line, one that fails or is not there."""

import sys
from pathlib import Path

import pytest

from emostream.errors import UsageError
from emostream.sinks.lamp import LampError
from emostream.sinks.lamp_command import LampCommand, words_of
from tests.support.serving import until

WRITES = "import os, sys; open(sys.argv[1], 'a').write(' '.join([os.environ['EMOSTREAM_LAMP'], *sys.argv[2:]]) + '\\n')"
# As gpioset does: the line has its value for as long as the program runs.
HOLDS = """
import pathlib, signal, sys
line = pathlib.Path(sys.argv[1])
def end(*_):
    line.unlink()
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
line.write_text(sys.argv[2])
signal.pause()
"""


@pytest.mark.parametrize(
    ("words", "lines"),
    [([], ["on on", "off off"]), (["17={value}"], ["on 17=1", "off 17=0"]), (["{state}!"], ["on on!", "off off!"])],
)
def test_a_command_is_told_the_state(tmp_path: Path, words: list[str], lines: list[str]) -> None:
    command = LampCommand([sys.executable, "-c", WRITES, str(tmp_path / "line"), *words], settle_s=60)
    command.show(True)
    command.show(False)
    assert (tmp_path / "line").read_text().splitlines() == lines


def test_one_that_holds_the_line_is_ended_before_the_next(tmp_path: Path) -> None:
    line = tmp_path / "line"
    command = LampCommand([sys.executable, "-c", HOLDS, str(line), "{value}"], settle_s=0.01, end_timeout_s=60)
    for on, value in ((True, "1"), (False, "0")):
        command.show(on)
        until(lambda value=value: line.exists() and line.read_text() == value)
    command.close()
    assert not line.exists()


def test_one_that_fails_or_is_not_there_says_why() -> None:
    with pytest.raises(LampError, match=r"python\S* ended with 3"):
        LampCommand([sys.executable, "-c", "raise SystemExit(3)"], settle_s=60).show(True)
    with pytest.raises(LampError, match="/none/gpioset: No such file or directory"):
        LampCommand(["/none/gpioset"]).show(True)


def test_words_are_those_of_a_shell_without_one() -> None:
    assert words_of("gpioset -c 'chip 0' GPIO17={value}") == ["gpioset", "-c", "chip 0", "GPIO17={value}"]
    with pytest.raises(UsageError, match="whose quotes do not close"):
        words_of("gpioset 'x")
    with pytest.raises(UsageError, match="found no command"):
        words_of("  ")
