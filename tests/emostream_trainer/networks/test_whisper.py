"""Whisper's encoder as a trunk: its shapes, that a microphone's gain does not matter, and that it is Whisper's."""

import numpy as np
import pytest
import torch

from emostream.audio import Samples
from emostream_trainer.data.feature_cache import feature_rows
from emostream_trainer.networks.whisper import STAGES, SUMMARY, WEIGHTS, WIDTH, Staged, Whisper, load_whisper
from emostream_trainer.recipes import RECIPES, WHISPER

HZ = 16_000


def _levels(samples: Samples) -> torch.Tensor:
    return torch.from_numpy(feature_rows(samples, WHISPER)[None])


@pytest.mark.parametrize(("rows", "moments"), [(1, 1), (2, 1), (3, 2), (150, 75), (300, 150)])
def test_a_moment_is_20_ms(rows: int, moments: int) -> None:
    stages = load_whisper()(torch.zeros(2, rows, 80))
    assert [stage.shape for stage in stages] == [(2, moments, WIDTH)] * len(STAGES)


def test_the_file_has_every_weight_and_no_other() -> None:
    with np.load(WEIGHTS) as saved:
        kept = {name for name in saved.files if not name.endswith(".scale")}
    assert kept == set(Whisper().state_dict())


def test_positions_are_those_of_the_published_encoder() -> None:
    """Sines of all timescales first, then cosines. The numbers are those of the published file, in float16."""
    angles = torch.tensor([1, 74]).unsqueeze(1) * load_whisper().timescales
    assert angles.sin()[0, :3].tolist() == pytest.approx([0.84131, 0.82178, 0.80176], abs=1e-3)
    assert angles.sin()[1, -2:].tolist() == pytest.approx([0.00767, 0.00740], abs=1e-5)
    assert angles.cos()[1, :2].tolist() == pytest.approx([0.17175, -0.63574], abs=1e-3)


def test_it_knows_speech_from_noise(recording: Samples) -> None:
    """Published weights in the right places: what they say of speech is not what they say of noise as loud."""
    speech, later = recording[HZ : 2 * HZ], recording[6 * HZ : 7 * HZ]
    noise = np.random.default_rng(0).normal(0, speech.std(), HZ).astype(np.float32)
    trunk = load_whisper()
    with torch.inference_mode():
        of_speech, of_later, of_noise = (trunk.summary(_levels(audio))[0] for audio in (speech, later, noise))
    alike = torch.nn.functional.cosine_similarity
    assert alike(of_speech, of_later, dim=0) > 0.98
    assert alike(of_speech, of_noise, dim=0) < 0.96


def test_gain_and_what_lies_before_the_latest_speech_change_nothing(recording: Samples) -> None:
    network = Staged(4, RECIPES["whisper/staged"]).eval()
    windows = _levels(recording[HZ : 4 * HZ])
    with torch.inference_mode():
        summary = network.summary(windows)
        quiet, latest = network.summary(windows - 15), network.summary(windows[:, -150:])
    assert summary.shape == (1, SUMMARY)
    torch.testing.assert_close(quiet, summary, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(latest, summary)


def test_silence_has_a_finite_summary() -> None:
    assert Staged(4, RECIPES["whisper/staged"]).eval().summary(torch.full((1, 50, 80), -100.0)).isfinite().all()


def test_the_trunk_is_not_learnt() -> None:
    network = Staged(4, RECIPES["whisper/staged"]).train()
    assert not network.trunk.training
    assert not any(parameter.requires_grad for parameter in network.trunk.parameters())
