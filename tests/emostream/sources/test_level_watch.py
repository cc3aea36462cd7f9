import numpy as np

from emostream.audio import AudioBlock
from emostream.sources.level_watch import LevelWatch

HZ = 1000


def trouble_after(seconds: float, level: float, watch: LevelWatch | None = None) -> str:
    watch = watch or LevelWatch()
    for at in range(0, round(seconds * HZ), 50):
        watch.push(AudioBlock(np.full(50, level, np.float32), HZ, at))
    return watch.trouble("Yeti") or ""


def test_five_seconds_of_exact_zeros_are_trouble_and_less_is_not() -> None:
    assert trouble_after(4.9, 0.0) == ""
    assert "Yeti gives nothing but zeros" in trouble_after(5.0, 0.0)


def test_thirty_seconds_below_70_dbfs_are_trouble_and_a_quiet_room_is_not() -> None:
    assert trouble_after(29.9, 3.0e-4) == ""
    assert "nothing above -70 dBFS for 30 s" in trouble_after(30.0, 3.0e-4)
    assert trouble_after(60.0, 3.3e-4) == ""


def test_one_sound_ends_it_and_empty_blocks_change_nothing() -> None:
    watch = LevelWatch()
    assert trouble_after(6.0, 0.0, watch)
    watch.push(AudioBlock(np.zeros(0, np.float32), HZ, 6000))
    assert watch.trouble("Yeti")
    assert trouble_after(0.05, 0.1, watch) == ""
