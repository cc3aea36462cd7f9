"""Features of a second of audio: ours, librosa's, kaldi's, openSMILE's, and the least that any of them must do.

Each way reads the bundled recording, on one core, for both shipped networks together unless it says otherwise. Ours
comes in steps of 250 ms, as live. The floor is windowing, FFT and power of the same frames in numpy, at once or in the
same steps.
"""

from collections.abc import Callable

import kaldi_native_fbank as knf
import numpy as np
import opensmile
from numpy.lib.stride_tricks import sliding_window_view

from bench.side_by_side import Comparison, compare
from emostream.audio import Samples
from emostream.features import FeatureSpec, FeatureStream
from emostream.features.filterbanks import hann
from emostream_trainer.data.librosa_rows import librosa_rows

RATE_HZ, STEP, WINDOW = 16_000, 4_000, 48_000
FLOOR = "window, FFT and power (the floor)"


def features(samples: Samples, specs: dict[str, FeatureSpec], runs: int) -> list[Comparison]:
    """Both feature sets against everything else, then each against its floor and kaldi's with as many mel bands."""
    seconds = len(samples) / RATE_HZ
    functionals = opensmile.FeatureLevel.Functionals
    smile = opensmile.Smile(feature_set=opensmile.FeatureSet.eGeMAPSv02, feature_level=functionals)
    everything: dict[str, Callable[[], object]] = {
        "ours": lambda: [_ours(spec, samples) for spec in specs.values()],
        FLOOR: lambda: [_floor(spec, samples) for spec in specs.values()],
        "librosa, whole file at once": lambda: [librosa_rows(spec, samples) for spec in specs.values()],
        "librosa, each 3 s window anew": lambda: [_windows_anew(spec, samples) for spec in specs.values()],
        "openSMILE eGeMAPS, each 3 s window": lambda: _egemaps(smile, samples),
    }
    title = "features of both networks"
    found = [compare(title, "second of audio", "ours", everything, units=seconds, runs=runs)]
    for name, spec in specs.items():
        ways: dict[str, Callable[[], object]] = {
            "ours": lambda spec=spec: _ours(spec, samples),
            FLOOR: lambda spec=spec: _floor(spec, samples),
            "the same in steps": lambda spec=spec: _floor_in_steps(spec, samples),
            "kaldi-native-fbank, online": lambda spec=spec: _kaldi(spec, samples),
        }
        title = f"{name}: {', '.join(spec.features)}"
        found.append(compare(title, "second of audio", FLOOR, ways, units=seconds, runs=runs))
    return found


def _ours(spec: FeatureSpec, samples: Samples) -> None:
    stream = FeatureStream(spec)
    for start in range(0, len(samples), STEP):
        stream.push(samples[start : start + STEP])


def _floor(spec: FeatureSpec, samples: Samples) -> None:
    _powers(spec, samples, hann(spec.frame_length).astype(np.float32))


def _floor_in_steps(spec: FeatureSpec, samples: Samples) -> None:
    window, overlap = hann(spec.frame_length).astype(np.float32), spec.frame_length - spec.hop_length
    step = -(-STEP // spec.hop_length) * spec.hop_length
    for start in range(overlap, len(samples) - spec.hop_length, step):
        _powers(spec, samples[start - overlap : start + step], window)


def _powers(spec: FeatureSpec, samples: Samples, window: Samples) -> None:
    frames = sliding_window_view(samples, spec.frame_length)[:: spec.hop_length]
    spectrum = np.fft.rfft(frames * window, axis=1)
    _ = spectrum.real**2 + spectrum.imag**2


def _windows_anew(spec: FeatureSpec, samples: Samples) -> None:
    for end in range(STEP, len(samples), STEP):
        librosa_rows(spec, samples[max(0, end - WINDOW) : max(end, spec.frame_length)])


def _kaldi(spec: FeatureSpec, samples: Samples) -> None:
    options = knf.FbankOptions()
    options.frame_opts.dither = 0
    options.frame_opts.samp_freq = RATE_HZ
    options.frame_opts.frame_length_ms = 1000 * spec.frame_length / RATE_HZ
    options.frame_opts.frame_shift_ms = 1000 * spec.hop_length / RATE_HZ
    options.mel_opts.num_bins = spec.n_mels
    online = knf.OnlineFbank(options)
    read = 0
    for start in range(0, len(samples), STEP):
        online.accept_waveform(RATE_HZ, samples[start : start + STEP])
        while read < online.num_frames_ready:
            online.get_frame(read)
            read += 1


def _egemaps(smile: opensmile.Smile, samples: Samples) -> None:
    for end in range(WINDOW, len(samples), STEP):
        smile.process_signal(samples[end - WINDOW : end], RATE_HZ)
