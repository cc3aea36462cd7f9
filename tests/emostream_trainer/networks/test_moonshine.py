"""Moonshine's encoder as a trunk: its shapes, that a microphone's gain does not matter, and what it refuses."""

import numpy as np
import pytest
import torch

from emostream.audio import Samples
from emostream_trainer.networks.moonshine import LAYERS, WEIGHTS, WIDTH, Moonshine, Staged, load_moonshine

HZ = 16_000


def _windows(samples: Samples, rows: int) -> torch.Tensor:
    return torch.from_numpy(samples[: rows * 320].reshape(1, rows, 320))


@pytest.mark.parametrize(("samples", "rows"), [(895, 1), (1_278, 1), (1_279, 2), (24_000, 61), (48_000, 123)])
def test_a_row_is_24_ms(samples: int, rows: int) -> None:
    stages = load_moonshine()(torch.zeros(2, samples))
    assert [stage.shape for stage in stages] == [(2, rows, WIDTH)] * LAYERS


def test_the_file_has_every_weight_and_no_other() -> None:
    with np.load(WEIGHTS) as saved:
        kept = {name for name in saved.files if not name.endswith((".scale", ".zero"))}
    assert kept == set(Moonshine().state_dict())


def test_it_knows_speech_from_noise(recording: Samples) -> None:
    """Published weights in the right places: what they say of speech is not what they say of noise as loud."""
    speech = recording[HZ : 2 * HZ]
    noise = np.random.default_rng(0).normal(0, speech.std(), HZ).astype(np.float32)
    trunk = load_moonshine()
    with torch.inference_mode():
        of_speech, of_later, of_noise = (
            trunk(torch.from_numpy(audio[None]))[-1].mean(dim=1)[0]
            for audio in (speech, recording[6 * HZ : 7 * HZ], noise)
        )
    apart = torch.nn.functional.cosine_similarity
    assert apart(of_speech, of_later, dim=0) > 0.9 > apart(of_speech, of_noise, dim=0)


def test_gain_and_what_lies_before_the_latest_speech_change_nothing(recording: Samples) -> None:
    network = Staged(4).eval()
    windows = _windows(recording[HZ:], 150)
    with torch.inference_mode():
        summary = network.summary(windows)
        quiet, latest = network.summary(windows * 0.01), network.summary(windows[:, -75:])
    assert summary.shape == (1, 2 * WIDTH * LAYERS)
    torch.testing.assert_close(quiet, summary, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(latest, summary)


def test_silence_has_a_finite_summary() -> None:
    assert Staged(4).eval().summary(torch.zeros(1, 25, 320)).isfinite().all()


def test_the_trunk_is_not_learnt() -> None:
    network = Staged(4).train()
    assert not network.trunk.training
    assert not any(parameter.requires_grad for parameter in network.trunk.parameters())
