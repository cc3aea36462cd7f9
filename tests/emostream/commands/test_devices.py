"""``emostream devices``, with a sound server and without."""

from emostream.errors import UNAVAILABLE
from tests.support.processes import assert_one_line, emostream
from tests.support.virtual_microphone import VirtualMicrophone


def test_it_lists_the_microphones() -> None:
    with VirtualMicrophone() as microphone:
        ended = emostream("devices", env=microphone.env)
    assert (ended.returncode, ended.stderr) == (0, "")
    (pulse,) = [line.split() for line in ended.stdout.splitlines() if " pulse " in line]
    assert pulse[0].isdecimal()
    assert pulse[-3:] == ["44100", "Hz", "ALSA"]
    assert sum(line.rstrip().endswith(" default") for line in ended.stdout.splitlines()) == 1


def test_without_a_microphone_it_says_so() -> None:
    ended = emostream("devices")
    assert (ended.returncode, ended.stdout) == (UNAVAILABLE, "")
    assert_one_line(ended.stderr, "found no microphone", "plug one in", "emostream listen -")
