"""What one feature row is: a frozen description that travels in the model card."""

import hashlib
from enum import StrEnum
from typing import TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

Frame = TypeVar("Frame", int, NDArray[np.int64])


class Feature(StrEnum):
    """The kinds of columns a row may have; a row holds them in the order its spec lists them."""

    LOG_MEL = "log_mel"
    MFCC = "mfcc"
    CENTROID = "spectral_centroid"
    CONTRAST = "spectral_contrast"
    CONTRAST_MEAN = "spectral_contrast_mean"
    CONTRAST_LOWEST = "spectral_contrast_lowest"
    WAVEFORM = "waveform"


class FeatureSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sizes and rates of a feature row.

    Lengths are in samples at ``sample_rate_hz``: a frame is ``frame_length`` samples under a periodic Hann window, and
    frames begin every ``hop_length`` samples. The defaults are librosa's at 16 kHz. ``features`` names the columns:

    - ``log_mel``: ``n_mels`` values in dB re 1.0 (Slaney mel scale and area normalisation, floor 1e-10 = -100 dB)
    - ``mfcc``: the first ``n_mfcc`` of the orthonormal DCT-II of the same log-mel values
    - ``spectral_centroid``: one value in Hz
    - ``spectral_contrast``: ``contrast_bands + 1`` values in dB, octaves up from ``contrast_f_min_hz`` (Jiang 2002)
    - ``spectral_contrast_mean``: their mean, one value
    - ``spectral_contrast_lowest``: that of the lowest band, from 0 Hz to ``contrast_f_min_hz``, one value
    - ``waveform``: the ``hop_length`` samples themselves, for networks that begin with them; it stands alone, with
      frames that touch (``frame_length`` equal to ``hop_length``)

    Two fields take out what belongs to the recording chain, and not to the voice; 0 turns each off:

    - ``high_pass_hz``: the corner of a one-pole high-pass on the samples (``features.high_pass``)
    - ``dynamic_range_db``: no FFT bin of a frame counts as lower than this below the frame's loudest bin. In the band
      that a telephone or a codec leaves out there is no sound at all, in a studio's some noise: neither should decide.

    Raises ``ValueError`` where the numbers cannot make a row.

    >>> FeatureSpec(features=(Feature.MFCC, Feature.CENTROID, Feature.CONTRAST_MEAN), n_mfcc=50).dim
    52

    Frame i holds the samples ``[frame_start(i), frame_start(i) + frame_length)``; row i is computed from it
    alone, with a high-pass also from the samples before it.

    >>> spec = FeatureSpec(features=(Feature.LOG_MEL,), frame_length=400, hop_length=160)
    >>> spec.n_frames(399), spec.n_frames(400), spec.n_frames(560), spec.frame_start(1)
    (0, 1, 2, 160)
    """

    features: tuple[Feature, ...]
    sample_rate_hz: int = 16_000
    frame_length: int = 2048
    hop_length: int = 512
    n_mels: int = 128
    f_min_hz: float = 0.0
    f_max_hz: float = 8_000.0
    n_mfcc: int = 20
    contrast_bands: int = 6
    contrast_f_min_hz: float = 200.0
    contrast_quantile: float = 0.02
    high_pass_hz: float = 0.0
    dynamic_range_db: float = 0.0

    def __post_init__(self) -> None:
        # Counts first: the other rules compute with them, and a spec may come from a stranger's file.
        self._require(
            {
                "features must name at least one feature, each once": (
                    bool(self.features) and len(set(self.features)) == len(self.features)
                ),
                "sample_rate_hz must be 4000 to 192000": 4_000 <= self.sample_rate_hz <= 192_000,
                "frame_length must be even, 16 to 65536 samples": (
                    16 <= self.frame_length <= 65_536 and self.frame_length % 2 == 0
                ),
                "hop_length must be 1 to frame_length": 1 <= self.hop_length <= self.frame_length,
                "n_mels must be 1 to 512": 1 <= self.n_mels <= 512,
                "n_mfcc must be 1 to n_mels": 1 <= self.n_mfcc <= self.n_mels,
                "contrast_bands must be 1 to 16": 1 <= self.contrast_bands <= 16,
            }
        )
        nyquist_hz = self.sample_rate_hz / 2
        bin_hz = self.sample_rate_hz / self.frame_length
        top_octave_hz = self.contrast_f_min_hz * 2 ** (self.contrast_bands - 1)
        self._require(
            {
                "0 <= f_min_hz < f_max_hz <= half the sample rate": 0 <= self.f_min_hz < self.f_max_hz <= nyquist_hz,
                "contrast_f_min_hz must be at least one FFT bin, sample_rate_hz / frame_length": (
                    self.contrast_f_min_hz >= bin_hz
                ),
                "the top contrast octave must begin below half the sample rate": top_octave_hz < nyquist_hz,
                "contrast_quantile must lie between 0 and 1": 0 < self.contrast_quantile < 1,
                "0 <= high_pass_hz < half the sample rate": 0 <= self.high_pass_hz < nyquist_hz,
                "waveform must be the only feature, with frame_length equal to hop_length": (
                    Feature.WAVEFORM not in self.features
                    or (self.features == (Feature.WAVEFORM,) and self.frame_length == self.hop_length)
                ),
                "dynamic_range_db must be 0 to 200": 0 <= self.dynamic_range_db <= 200,
            }
        )

    def _require(self, rules: dict[str, bool]) -> None:
        broken = [rule for rule, holds in rules.items() if not holds]
        if broken:
            raise ValueError(f"feature spec cannot be built: {'; '.join(broken)}; got {self}")

    @property
    def dim(self) -> int:
        """D, the number of columns in a row."""
        return sum(self.width(feature) for feature in self.features)

    @property
    def hop_ms(self) -> float:
        """Time from one row to the next."""
        return 1000 * self.hop_length / self.sample_rate_hz

    def n_frames(self, n_samples: int) -> int:
        """How many whole frames lie within the first ``n_samples``."""
        return max(0, (n_samples - self.frame_length) // self.hop_length + 1)

    def frame_start(self, frame: Frame) -> Frame:
        """The first sample of a frame, by its index from 0; an array of indices gives an array of samples."""
        return frame * self.hop_length

    def width(self, feature: Feature) -> int:
        """The number of columns that one feature takes."""
        match feature:
            case Feature.LOG_MEL:
                return self.n_mels
            case Feature.MFCC:
                return self.n_mfcc
            case Feature.CONTRAST:
                return self.contrast_bands + 1
            case Feature.WAVEFORM:
                return self.hop_length
            case Feature.CENTROID | Feature.CONTRAST_MEAN | Feature.CONTRAST_LOWEST:
                return 1

    def fingerprint(self) -> str:
        """Sixteen hex digits that two specs share only if their rows are the same."""
        return hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()[:16]
