"""Voices through a telephone's band are told from others, and are classified by a classifier of their own."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from emostream.audio import Samples
from emostream.features.resample import Resampler
from emostream.features.spec import FeatureSpec
from emostream_trainer.data.augmentation import at_snr, coloured_noise
from emostream_trainer.data.channel import TELEPHONE_HZ, band_limit, telephone
from emostream_trainer.data.codecs import TELEPHONE_CODECS, Codec
from emostream_trainer.data.feature_cache import feature_rows
from emostream_trainer.evaluation.cvsd import cvsd
from emostream_trainer.networks.narrow_band import NarrowBand
from emostream_trainer.networks.summarised import OverTrunk
from emostream_trainer.recipes import RECIPES, STAGED, WHISPER, Recipe

HZ = 16_000
SPECS = [WHISPER, STAGED]


def is_narrow(audio: Samples, spec: FeatureSpec) -> bool:
    """Whether the second second of it is taken to have come through a telephone's band."""
    rows = feature_rows(audio, spec)[None, 100:250]
    return bool(NarrowBand(spec)(torch.from_numpy(rows)).item())


def live(narrow: Samples) -> Samples:
    """As a daemon reads it that gets 8 kHz."""
    resampler = Resampler(TELEPHONE_HZ, HZ)
    return np.concatenate([resampler.push(narrow), resampler.flush()]).astype(np.float32)


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("codec", [None, *TELEPHONE_CODECS])
@pytest.mark.parametrize("gain_db", [0, -30])
def test_a_telephone_is_narrow(recording: Samples, codec: Codec | None, spec: FeatureSpec, gain_db: int) -> None:
    heard = live(telephone(recording[: 6 * HZ], codec, HZ))
    assert is_narrow(heard * np.float32(10 ** (gain_db / 20)), spec)


@pytest.mark.parametrize("spec", SPECS)
def test_a_headset_is_narrow(recording: Samples, spec: FeatureSpec) -> None:
    assert is_narrow(live(cvsd(telephone(recording[: 6 * HZ], None, HZ))), spec)


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("gain_db", [0, -30])
def test_other_voices_are_not(recording: Samples, spec: FeatureSpec, gain_db: int) -> None:
    audio = recording[: 6 * HZ] * np.float32(10 ** (gain_db / 20))
    assert not is_narrow(audio, spec)
    assert not is_narrow(band_limit(audio, 50, 7_000, HZ), spec), "a wide-band telephone's"
    noise = coloured_noise(len(audio), np.random.default_rng(0))
    assert not is_narrow(at_snr(audio, noise, 20), spec)


def test_silence_is_not_narrow() -> None:
    assert not NarrowBand(WHISPER)(torch.full((1, 150, 80), -100.0)).any()


class _Mean(OverTrunk):
    """The mean of each band of the latest rows."""

    LATEST = 4

    def __init__(self, recipe: Recipe) -> None:
        super().__init__(nn.Identity(), recipe.features.n_mels, 2, recipe)

    def statistics(self, features: Tensor) -> Tensor:
        return features[:, -self.LATEST :].mean(dim=1)


def test_each_window_is_classified_by_the_classifier_of_its_band() -> None:
    network = _Mean(RECIPES["whisper/staged"]).eval()
    wide = torch.zeros(1, 6, 80)
    narrow = wide.clone()
    narrow[:, :, 60:] = -80
    size = wide.shape[-1]
    with torch.no_grad():
        network.shift.copy_(torch.linspace(0, 1, size))
        offset = torch.full((2, size), 0.5)
        logits, summaries = network(torch.cat([wide, narrow]), offset)
        plain = network.standardise(torch.stack([wide[0].mean(0), narrow[0].mean(0)]))
        torch.testing.assert_close(summaries[0], plain[0])
        torch.testing.assert_close(summaries[1], plain[1] - network.shift)
        torch.testing.assert_close(logits[0], network.classify(summaries[0] - offset[0]))
        torch.testing.assert_close(logits[1], network.classify_narrow(summaries[1] - offset[1]))


def test_a_recipe_without_it_has_one_classifier() -> None:
    network = _Mean(RECIPES["mel_cnn2d/distilled"])
    assert {name.split(".")[0] for name in network.state_dict()} == {"standardise", "classify"}
