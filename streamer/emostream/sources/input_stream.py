"""Open an input device as it lets itself be opened: one channel or all, at the rate that is wanted or at another."""

import re
from collections.abc import Callable
from typing import Any

from emostream.audio import Samples
from emostream.errors import UnavailableError
from emostream.features.resample import Resampler
from emostream.sources.channels import LoudestChannel
from emostream.sources.devices import InputDevice, portaudio

# A step of 250 ms is five of these, and the resampler holds nothing back: no window waits for the rest of a block. Half
# as long would wake the process twice as often for nothing.
BLOCK_S = 0.05

_INVALID_RATE = -9997
_INVALID_CHANNELS = -9998
_OTHER_RATES_HZ = (48_000, 44_100, 16_000, 32_000, 8_000)
_ADVICE = {
    -9985: "another program uses it: close that, or choose another with --device",
    -9996: "it has gone: 'emostream devices' lists what is there",
    _INVALID_RATE: "it takes none of the usual sample rates: set one in the system's sound settings",
    _INVALID_CHANNELS: "it takes neither one channel nor all of its own: choose another with --device",
    -9999: "is a microphone plugged in, and may this program use it? See the sound and privacy settings",
}
_OTHER_ADVICE = "close what else may be using it, or choose another with --device"


class InputStream:
    """A running stream of PortAudio; ``close`` ends it without a wait, and nothing is called from then on."""

    def __init__(self, on_samples: Callable[[Samples, bool], None]) -> None:
        self._on_samples = on_samples
        self._converter: tuple[LoudestChannel, Resampler] | None = None
        self._stream: Any = None

    def open(self, converter: tuple[LoudestChannel, Resampler], **options: Any) -> None:
        """Open and start a ``sounddevice.InputStream`` with these options; raises as that does."""
        self._stream = portaudio().InputStream(dtype="float32", callback=self._on_audio, **options)
        self._converter = converter
        self._stream.start()

    def close(self) -> None:
        """Give the device back; also for a stream that could not be started."""
        self._converter = None
        if self._stream is not None:
            self._stream.abort()  # not stop(), which waits for a silent device
            self._stream.close()

    def _on_audio(self, frames: Any, _count: int, _times: Any, status: Any) -> None:
        if self._converter is None:
            return
        picker, resampler = self._converter
        samples = resampler.push(picker.push(frames))
        self._on_samples(samples, bool(status.input_overflow))


def open_input(
    device: InputDevice,
    sample_rate_hz: int,
    on_samples: Callable[[Samples, bool], None],
    on_end: Callable[[], None],
    *,
    channel: int | None = None,
    all_channels: bool = False,
) -> InputStream:
    """A running stream that gives mono samples at ``sample_rate_hz``, in blocks of about ``BLOCK_S``.

    ``on_samples`` gets float32 of shape (n,), to be copied, and whether the sound system dropped something before
    them. ``channel`` (from 1) is the one to take; without it all channels are opened where one alone is refused or
    ``all_channels`` is set, and the loudest is taken. Raises ``UnavailableError``.
    """
    if channel is not None and not 1 <= channel <= device.channels:
        raise UnavailableError(f"{device} has no channel {channel}: expected 1 to {device.channels}")
    rates_hz = dict.fromkeys((sample_rate_hz, device.sample_rate_hz, *_OTHER_RATES_HZ))
    channel_counts = (device.channels,) if channel or all_channels else dict.fromkeys((1, device.channels))
    portaudio_error = portaudio().PortAudioError
    failure = None
    for channels in channel_counts:
        for rate_hz in rates_hz:
            stream = InputStream(on_samples)
            try:
                stream.open(
                    (LoudestChannel(None if channel is None else channel - 1), Resampler(rate_hz, sample_rate_hz)),
                    device=device.index,
                    channels=channels,
                    samplerate=rate_hz,
                    blocksize=round(BLOCK_S * rate_hz),
                    finished_callback=on_end,
                )
            except portaudio_error as error:
                stream.close()
                failure = error
                if _code(error) == _INVALID_CHANNELS:
                    break
                if _code(error) != _INVALID_RATE:
                    raise as_unavailable(device, error) from None
            else:
                return stream
    assert failure is not None
    raise as_unavailable(device, failure)


def as_unavailable(device: InputDevice, error: Exception) -> UnavailableError:
    """What PortAudio says of a device that it cannot open, with advice."""
    return UnavailableError(f"{device} cannot be opened ({error.args[0]}): {_ADVICE.get(_code(error), _OTHER_ADVICE)}")


def _code(error: Exception) -> int:
    if len(error.args) > 1:
        return int(error.args[1])
    found = re.search(r"PaErrorCode (-\d+)", str(error))
    return int(found[1]) if found else 0
