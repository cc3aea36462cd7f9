"""Speaker profiles: what their files hold, and how several become one."""

import json

import pytest

from emostream.errors import ProfileError
from emostream.inference.profile import (
    ModelMean,
    SpeakerProfile,
    decode_profile,
    encode_profile,
    mean_profile,
    profile_with_moods,
)
from tests.support.tiny_models import TINY_CARD


def profile(mean: tuple[float, ...] = (1.0, 0.5), seconds: float = 8.0) -> SpeakerProfile:
    return SpeakerProfile(name="Ada", seconds=seconds, models=(ModelMean(model=TINY_CARD.identity(), mean=mean),))


def test_several_profiles_weigh_by_their_seconds() -> None:
    assert mean_profile([profile((1.0, 0.0), 3.0), profile((5.0, 4.0), 1.0)]) == profile((2.0, 1.0), 4.0)
    assert mean_profile([profile((0.0, 0.0), 0.0)] * 2) == profile((0.0, 0.0), 0.0)


def test_moods_are_kept_beside_the_mean_of_all_and_silent_ones_are_left_out() -> None:
    silent = profile((0.0, 0.0), 0.0)
    whole = profile_with_moods(
        {"neutral": profile((1.0, 0.0), 3.0), "sad": profile((5.0, 4.123456), 1.0), "angry": silent}
    )
    (entry,) = whole.models
    assert (whole.name, whole.seconds) == ("Ada", 4.0)
    assert entry.mean == (2.0, 1.0309)
    assert {mood.label: mood.mean for mood in entry.moods} == {"neutral": (1.0, 0.0), "sad": (5.0, 4.1235)}
    assert whole.seconds_of_moods() == {"neutral": 3.0, "sad": 1.0}
    assert hash(whole) == hash(decode_profile(encode_profile(whole), "here")), "streams are cached by profile"
    assert profile().seconds_of_moods() == {}
    assert profile_with_moods({"sad": silent}) == silent


def test_a_profile_is_numbers_and_survives_its_file() -> None:
    data = encode_profile(profile())
    assert decode_profile(data, "here") == profile()
    assert set(json.loads(data)) == {"name", "seconds", "models", "schema"}
    assert set(json.loads(data)["models"][0]) == {"model", "mean"}, "as before there were moods"
    moods = profile_with_moods({"neutral": profile(), "sad": profile((0.0, -1.0), 2.0)})
    assert decode_profile(encode_profile(moods), "here") == moods


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "cannot be used"),
        (b"\xff{", "cannot be used"),
        (b"[" * 100_000, "cannot be used"),
        (b"{}", "has schema null"),
        (b'{"schema": 2}', "has schema 2, this emostream reads schema 1"),
        (b'{"schema": 1, "name": "x", "seconds": -1, "models": []}', "$.seconds"),
        (b'{"schema": 1, "name": "x", "seconds": 1e999, "models": []}', "cannot be used"),
        (b'{"schema": 1, "name": "", "seconds": 1, "models": []}', "$.name"),
        (b'{"schema": 1, "name": "x", "seconds": 1, "models": [], "sound": ""}', "unknown field `sound`"),
        (encode_profile(profile()).replace(b'"mean":', b'"moods":[{"label":"sad"}],"mean":'), "$.models[0].moods[0]"),
    ],
)
def test_a_damaged_profile_is_one_line(data: bytes, said: str) -> None:
    with pytest.raises(ProfileError) as caught:
        decode_profile(data, "here")
    line = str(caught.value)
    assert line.startswith("here: ")
    assert said in line
    assert line.endswith("enrol again")
    assert "\n" not in line
