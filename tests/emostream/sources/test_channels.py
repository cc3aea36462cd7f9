import numpy as np

from emostream.audio import Samples
from emostream.sources.channels import LoudestChannel

VOICE = np.sin(np.arange(800) / 5).astype(np.float32)


def stereo(left: Samples, right: Samples) -> np.ndarray:
    return np.stack([left, right], axis=1)


def test_a_voice_on_the_right_alone_is_found() -> None:
    assert LoudestChannel().push(stereo(0 * VOICE, VOICE)).tolist() == VOICE.tolist()


def test_it_does_not_jump_between_channels_that_both_have_the_voice() -> None:
    picker = LoudestChannel()
    for factor in (1.2, 0.8, 1.3, 1.5):
        assert picker.push(stereo(VOICE, np.float32(factor) * VOICE)).tolist() == VOICE.tolist()


def test_a_voice_that_moves_to_the_other_channel_is_followed() -> None:
    picker = LoudestChannel()
    picker.push(stereo(VOICE, 0 * VOICE))
    for _ in range(100):
        heard = picker.push(stereo(0 * VOICE, VOICE))
    assert heard.tolist() == VOICE.tolist()


def test_the_channel_that_was_asked_for_is_kept_however_quiet() -> None:
    assert LoudestChannel(0).push(stereo(0 * VOICE, VOICE)).tolist() == (0 * VOICE).tolist()


def test_one_channel_passes_through() -> None:
    assert LoudestChannel().push(VOICE[:, None]).tolist() == VOICE.tolist()
