"""How a device is opened. Devices that refuse one channel or a rate are stood in for: no virtual one does."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from emostream.errors import UnavailableError
from emostream.sources import input_stream
from emostream.sources.devices import InputDevice
from emostream.sources.input_stream import open_input

DEVICE = InputDevice(3, "USB Audio: - (hw:1,0)", "ALSA", channels=2, sample_rate_hz=48_000, is_default=False)


class PortAudioError(Exception):
    pass


class Device:
    """Accepts what ``accepts`` says, and refuses all else with ``code``."""

    def __init__(self, accepts: Callable[[int, int], bool], code: int) -> None:
        self.accepts, self.code = accepts, code
        self.opened: tuple[int, int] | None = None
        self.callback: Any = None

    def InputStream(self, *, channels: int, samplerate: int, callback: Any, **_: Any) -> Any:  # noqa: N802
        if not self.accepts(channels, samplerate):
            raise PortAudioError("Error opening InputStream", self.code)
        self.opened, self.callback = (channels, samplerate), callback
        return SimpleNamespace(start=lambda: None, abort=lambda: None, close=lambda: None)


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[[Device], None]:
    def use(device: Device) -> None:
        sounddevice = SimpleNamespace(InputStream=device.InputStream, PortAudioError=PortAudioError)
        monkeypatch.setattr(input_stream, "portaudio", lambda: sounddevice)

    return use


def opened(device: Device, **options: Any) -> list[np.ndarray]:
    heard: list[np.ndarray] = []
    open_input(DEVICE, 48_000, lambda samples, _: heard.append(samples), lambda: None, **options)
    return heard


def play(device: Device, seconds: float) -> None:
    """The voice is on the last channel."""
    assert device.opened is not None
    channels, rate_hz = device.opened
    tone = np.sin(2 * np.pi * 200 * np.arange(round(seconds * rate_hz)) / rate_hz).astype(np.float32) / 2
    for at in range(0, len(tone), rate_hz // 20):
        frames = np.zeros((len(tone[at : at + rate_hz // 20]), channels), np.float32)
        frames[:, -1] = tone[at : at + rate_hz // 20]
        device.callback(frames, len(frames), None, SimpleNamespace(input_overflow=False))


def test_a_device_that_gives_two_channels_alone_is_opened_with_both_and_the_loudest_is_taken(use: Any) -> None:
    device = Device(lambda channels, _: channels == 2, -9998)
    use(device)
    heard = opened(device)
    assert device.opened == (2, 48_000)
    play(device, 1.0)
    assert np.abs(np.concatenate(heard)).max() == pytest.approx(0.5, abs=0.01)


def test_a_device_of_another_rate_is_resampled_to_the_rate_of_the_source(use: Any) -> None:
    device = Device(lambda _, rate_hz: rate_hz == 16_000, -9997)
    use(device)
    heard = opened(device)
    assert device.opened == (1, 16_000)
    play(device, 2.0)
    samples = np.concatenate(heard)
    assert len(samples) == pytest.approx(2 * 48_000, abs=0.06 * 48_000)
    spectrum = np.abs(np.fft.rfft(samples[:48_000]))
    assert int(spectrum.argmax()) == 200


def test_the_channel_that_is_asked_for_is_taken(use: Any) -> None:
    device = Device(lambda *_: True, 0)
    use(device)
    heard = opened(device, channel=1)
    assert device.opened == (2, 48_000)
    play(device, 0.1)
    assert not np.concatenate(heard).any()


def test_a_channel_that_is_not_there_says_how_many_there_are(use: Any) -> None:
    device = Device(lambda *_: True, 0)
    use(device)
    with pytest.raises(UnavailableError, match=r"has no channel 3: expected 1 to 2"):
        opened(device, channel=3)


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        (-9985, "another program uses it"),
        (-9996, "it has gone"),
        (-9997, "none of the usual sample rates"),
        (-9998, "neither one channel nor all of its own"),
        (-9999, "may this program use it"),
        (-9986, "choose another with --device"),
    ],
)
def test_the_advice_is_that_for_the_code(code: int, advice: str, use: Any) -> None:
    device = Device(lambda *_: False, code)
    use(device)
    with pytest.raises(UnavailableError, match=advice):
        opened(device)
