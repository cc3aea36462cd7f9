"""Telling voices that came through a telephone's band, which ends at 3.4 kHz, from all others."""

import numpy as np
import torch
from torch import Tensor, nn

from emostream.features.filterbanks import mel_centres_hz
from emostream.features.spec import FeatureSpec

# Where a voice is loud on any line, and where a telephone's has nothing.
VOICE_HZ = (1_000.0, 3_200.0)
ABOVE_HZ = 4_300.0
# So far the loudest moment above the band is below the voice. In 2,480 windows of studios and rooms it was 28 dB at
# most, in as many by telephone and headset 41 dB at least (`python -m bench.narrow_band --corpora DIR`).
LEAST_FALL_DB = 37.0


class NarrowBand(nn.Module):
    """1 for windows whose loudest moment above 4.3 kHz lies ``LEAST_FALL_DB`` below the voice, else 0."""

    voice: Tensor
    above: Tensor

    def __init__(self, spec: FeatureSpec) -> None:
        super().__init__()
        hz = mel_centres_hz(spec)
        self.register_buffer("voice", _places((hz > VOICE_HZ[0]) & (hz < VOICE_HZ[1])), persistent=False)
        self.register_buffer("above", _places(hz > ABOVE_HZ), persistent=False)

    def forward(self, levels_db: Tensor) -> Tensor:
        """Windows (B, T, D) in dB -> (B, 1)."""
        return (self.fall_db(levels_db) > LEAST_FALL_DB).to(levels_db.dtype)

    def fall_db(self, levels_db: Tensor) -> Tensor:
        """How far the loudest moment above the band lies below the voice, in windows (B, T, D) in dB: (B, 1)."""
        loudest = levels_db.amax(dim=1)
        voice, above = loudest.index_select(1, self.voice), loudest.index_select(1, self.above)
        return voice.mean(dim=1, keepdim=True) - above.amax(dim=1, keepdim=True)


def _places(chosen: np.typing.NDArray[np.bool_]) -> Tensor:
    return torch.from_numpy(np.flatnonzero(chosen))
