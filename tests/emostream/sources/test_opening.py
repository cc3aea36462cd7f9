"""Which source a device means."""

import os
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from emostream.errors import UsageError
from emostream.pause import PauseSwitch
from emostream.sources import opening
from emostream.sources.opening import PcmFormat, open_source
from emostream.sources.pcm import PcmSource


@pytest.fixture
def piped_stdin(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Standard input is a pipe; gives the file descriptor that writes into it."""
    read_fd, write_fd = os.pipe()
    with os.fdopen(read_fd) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield write_fd


def test_a_hyphen_is_standard_input_in_the_given_format(piped_stdin: int) -> None:
    source = open_source("-", PcmFormat(8_000, "f32le"))
    os.write(piped_stdin, np.array([0.5, -0.25], np.float32).tobytes())
    os.close(piped_stdin)
    samples = np.concatenate([block.samples for block in source.blocks()])
    assert isinstance(source, PcmSource)
    assert source.sample_rate_hz == 8_000
    assert samples.tolist() == [0.5, -0.25]


def test_an_impossible_rate_is_refused(piped_stdin: int) -> None:
    os.close(piped_stdin)
    with pytest.raises(UsageError, match="10 Hz is no sample rate of speech"):
        open_source("-", PcmFormat(10, "s16le"))


@pytest.mark.parametrize(
    ("device", "stdin_format"), [(None, PcmFormat(8_000, "s16le")), ("Yeti", PcmFormat(8_000, "s16le")), ("-", None)]
)
def test_all_else_is_a_microphone(
    device: str | None, stdin_format: PcmFormat | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Microphone:
        def __init__(self, wanted: str | None, *, channel: int | None, wait: bool, switch: PauseSwitch) -> None:
            self.options = (wanted, channel, wait, switch)
            self.is_open = False

        def open(self) -> None:
            self.is_open = True

    monkeypatch.setattr(opening, "MicrophoneSource", Microphone)
    switch = PauseSwitch()
    source = open_source(device, stdin_format, channel=2, wait=True, switch=switch)
    assert isinstance(source, Microphone)
    assert source.options == (device, 2, True, switch)
    assert source.is_open
