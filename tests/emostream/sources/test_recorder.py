"""A short recording of a real microphone: what was played is in it, on all channels, and what was lost is counted."""

import threading

import numpy as np
import pytest

from emostream.errors import UnavailableError
from emostream.sources.devices import find_device
from emostream.sources.recorder import record
from tests.support.virtual_microphone import MICROPHONE_HZ, VirtualMicrophone

SECONDS = 2.0


def test_what_is_played_is_recorded(microphone_here: VirtualMicrophone) -> None:
    noise = np.random.default_rng(0).normal(0, 3_000, 4 * MICROPHONE_HZ).astype(np.int16)
    microphone_here.play(noise)
    seen: list[float] = []
    recorded = record(find_device("pulse"), SECONDS, seen.append)
    assert recorded.frames.shape == (SECONDS * MICROPHONE_HZ, 2)
    assert recorded.frames.dtype == np.float32
    heard = np.round(recorded.frames[-MICROPHONE_HZ:, 0] * 32_768).astype(np.int16)
    start = np.flatnonzero(noise == heard[0])
    assert any((noise[at : at + len(heard)] == heard).all() for at in start), "each sample, in order"
    assert np.array_equal(recorded.frames[:, 0], recorded.frames[:, 1])
    assert seen == sorted(seen)


def test_what_the_source_left_out_is_counted(microphone_here: VirtualMicrophone) -> None:
    microphone_here.play(np.full(8 * MICROPHONE_HZ, 1_000, np.int16))
    began = threading.Event()
    starved = threading.Thread(target=lambda: (began.wait(60), microphone_here.starve(0.5)))
    starved.start()
    recorded = record(find_device("pulse"), 3 * SECONDS, lambda seconds: began.set() if seconds >= 1 else None)
    starved.join()
    assert recorded.losses >= 1
    assert recorded.lost_s > 0.3


def test_a_source_that_may_not_be_recorded_is_one_error(
    microphone_here: VirtualMicrophone, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = find_device("pulse")
    monkeypatch.setenv("PULSE_SOURCE", "nobody_may")
    with pytest.raises(UnavailableError, match=r"pulse, ALSA .*: "):
        record(device, SECONDS)
