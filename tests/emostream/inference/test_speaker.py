"""Speaker adaptation: which offset it gives, how slowly it follows, and how little harm a wrong profile does."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emostream.errors import ProfileError
from emostream.inference.card import ModelCard
from emostream.inference.profile import ModelMean, MoodMean, SpeakerProfile
from emostream.inference.speaker import AdaptationConfig, SpeakerAdaptation, require_adaptation
from tests.support.tiny_models import TINY_CARD, tiny_card

CARD = tiny_card(neutral_summary=(0.0, 0.5), speech_summary=(0.25, 0.25))
OTHER = tiny_card(name="other", neutral_summary=(0.1, 0.2, 0.3), speech_summary=(0.0, 0.0, 0.0))
# The labels are angry, happy, neutral and sad.
MOODS = msgspec.structs.replace(CARD, label_summaries=((2.0, 0.0), (1.0, 1.0), (0.0, 0.5), (-2.0, -0.5)))
EVEN = np.full(4, 0.25, np.float32)
STEADY = AdaptationConfig(drift=False)

summaries = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=2).map(lambda values: np.array(values, np.float32))


def profile(mean: tuple[float, ...] = (1.0, 0.5), seconds: float = 8.0, card: ModelCard = CARD) -> SpeakerProfile:
    return SpeakerProfile(name="Ada", seconds=seconds, models=(ModelMean(model=card.identity(), mean=mean),))


def offset(adaptation: SpeakerAdaptation) -> list[float]:
    (only,) = adaptation.offsets
    assert only is not None
    assert only.dtype == np.float32
    return [round(float(value), 5) for value in only]


def push_steps(adaptation: SpeakerAdaptation, *values: float, seconds: float, steps: int = 1) -> None:
    for _ in range(steps):
        adaptation.push([np.array(values, np.float32)], EVEN, seconds / steps)


def test_of_an_unknown_speaker_nothing_is_taken_off() -> None:
    assert offset(SpeakerAdaptation([CARD], AdaptationConfig())) == [0.0, 0.0]


def test_a_model_without_mean_summaries_has_no_offset() -> None:
    adaptation = SpeakerAdaptation([TINY_CARD, CARD], AdaptationConfig())
    assert adaptation.offsets[0] is None
    for size in (0, 4):  # its graph may have a summary all the same
        adaptation.push([np.ones(size, np.float32), np.ones(2, np.float32)], EVEN, 30.0)
    adaptation.adapt()
    assert adaptation.offsets[0] is None
    assert [len(entry.mean) for entry in adaptation.profile("Ada").models] == [2]
    assert not SpeakerAdaptation([TINY_CARD], AdaptationConfig()).adapts


@pytest.mark.parametrize(("seconds", "weight"), [(0.0, 0.0), (8.0, 0.5), (24.0, 0.75)])
def test_a_profile_of_more_speech_has_more_weight(seconds: float, weight: float) -> None:
    adaptation = SpeakerAdaptation([CARD], STEADY, profile((1.0, 1.0), seconds))
    assert offset(adaptation) == [weight * 1.0, weight * 0.5]


def mood(label: str, *mean: float, seconds: float = 4.0) -> MoodMean:
    return MoodMean(label=label, seconds=seconds, mean=mean)


def with_moods(*moods: MoodMean, card: ModelCard = MOODS) -> SpeakerProfile:
    entry = ModelMean(model=card.identity(), mean=(9.0, 9.0), moods=moods)
    return SpeakerProfile(name="Ada", seconds=sum(each.seconds for each in moods), models=(entry,))


def test_moods_are_compared_each_with_its_own() -> None:
    # 0.5 and 0.1 above the usual angry one and 0.3 and 0.1 above the usual sad one, whatever the mean of all is.
    known = with_moods(mood("angry", 2.5, 0.1), mood("sad", -1.7, -0.4, seconds=20.0))
    assert offset(SpeakerAdaptation([MOODS], STEADY, known)) == pytest.approx([0.75 * 0.4, 0.75 * 0.1])


def test_a_voice_like_all_others_has_no_offset_however_few_moods_were_said() -> None:
    for count in range(1, 5):
        moods = [mood(label, *mean) for label, mean in zip(MOODS.labels, MOODS.label_summaries, strict=True)][:count]
        assert offset(SpeakerAdaptation([MOODS], STEADY, with_moods(*moods))) == [0.0, 0.0]


def test_a_model_that_knows_no_moods_is_told_of_neutral_speech_alone() -> None:
    known = with_moods(mood("neutral", 1.0, 0.5, seconds=8.0), mood("sad", -9.0, -9.0, seconds=16.0), card=CARD)
    assert offset(SpeakerAdaptation([CARD], STEADY, known)) == [0.5, 0.0]
    known = with_moods(mood("sad", -9.0, -9.0, seconds=8.0), card=CARD)
    assert offset(SpeakerAdaptation([CARD], STEADY, known)) == [2.0, 2.0], "the mean over all, within the bound"


def test_a_profile_without_moods_means_what_it_meant() -> None:
    known = profile((1.0, 1.0), 8.0)
    assert offset(SpeakerAdaptation([MOODS], STEADY, known)) == offset(SpeakerAdaptation([CARD], STEADY, known))


@pytest.mark.parametrize("wrong", [mood("bored", 0.0, 0.0), mood("sad", 0.0)], ids=["label", "size"])
def test_moods_that_cannot_be_of_this_model_are_refused(wrong: MoodMean) -> None:
    for card in (MOODS, CARD):
        how = " --moods" if card.label_summaries else ""
        with pytest.raises(ProfileError, match=f"enrol again with 'emostream enrol Ada{how} --force'"):
            SpeakerAdaptation([card], STEADY, with_moods(wrong))


def test_each_model_has_its_own() -> None:
    both = msgspec.structs.replace(profile(), models=(*profile((1.0, 2.0, 3.0), card=OTHER).models, *profile().models))
    first, second = SpeakerAdaptation([CARD, OTHER], STEADY, both).offsets
    assert first == pytest.approx([0.5, 0.0])
    assert second == pytest.approx([0.45, 0.9, 1.35])


def test_it_changes_when_it_adapts_and_not_before() -> None:
    adaptation = SpeakerAdaptation([CARD], AdaptationConfig())
    push_steps(adaptation, 1.25, 0.25, seconds=1.0)
    assert offset(adaptation) == [0.0, 0.0]
    adaptation.adapt()
    assert offset(adaptation) == [round(1 / 61, 5), 0.0]


def test_the_drift_follows_slowly_and_only_so_far() -> None:
    adaptation = SpeakerAdaptation([CARD], AdaptationConfig())
    shares = []
    for _ in range(40):
        push_steps(adaptation, 1.25, 0.25, seconds=10.0)
        adaptation.adapt()
        shares.append(offset(adaptation)[0])
    assert shares == sorted(shares)
    assert shares[0] < 0.15
    assert shares[-1] == 0.5


def test_what_was_heard_long_ago_is_forgotten() -> None:
    adaptation = SpeakerAdaptation([CARD], AdaptationConfig())
    push_steps(adaptation, -3.0, -3.0, seconds=600.0, steps=600)
    push_steps(adaptation, 1.25, 0.25, seconds=1200.0, steps=1200)
    adaptation.adapt()
    assert offset(adaptation) == pytest.approx([0.5, 0.0], abs=0.005)


def test_without_drift_nothing_follows() -> None:
    adaptation = SpeakerAdaptation([CARD], STEADY, profile())
    before = offset(adaptation)
    push_steps(adaptation, 9.0, 9.0, seconds=600.0)
    adaptation.adapt()
    assert offset(adaptation) == before
    assert not adaptation.adapts


def test_beside_a_profile_the_drift_adds_a_bounded_share_of_the_difference() -> None:
    adaptation = SpeakerAdaptation([CARD], AdaptationConfig(), profile((1.0, 0.5), 8.0))
    push_steps(adaptation, 2.25, 0.25, seconds=600.0, steps=600)
    adaptation.adapt()
    assert offset(adaptation) == pytest.approx([0.5 + 0.5 * (2.0 - 0.5), 0.0], abs=1e-5)


def test_a_mood_that_is_believed_is_no_part_of_the_voice() -> None:
    config = AdaptationConfig(drift_prior_s=10.0, belief_exponent=1.0)
    adaptation = SpeakerAdaptation([MOODS], config)
    sad = np.array([0, 0, 0, 1], np.float32)
    for _ in range(3600):  # an hour of sadness by a voice that is exactly as all are
        adaptation.push([np.array([-2.0, -0.5], np.float32)], sad, 1.0)
    adaptation.adapt()
    assert offset(adaptation) == pytest.approx([0.0, 0.0])
    adaptation.reset()
    for _ in range(10):  # one that is 0.5 above in the first number, in two moods
        adaptation.push([np.array([2.5, 0.0], np.float32)], np.array([1, 0, 0, 0], np.float32), 1.0)
        adaptation.push([np.array([-1.5, -0.5], np.float32)], sad, 1.0)
    adaptation.adapt()
    assert offset(adaptation) == pytest.approx([0.5 * 20 / 30, 0.0], abs=0.01)


def test_of_doubted_moods_a_mean_is_taken_that_their_exponent_evens() -> None:
    adaptation = SpeakerAdaptation([MOODS], AdaptationConfig(belief_exponent=0.5))
    adaptation.push([np.zeros(2, np.float32)], np.array([0.64, 0.16, 0.16, 0.04], np.float32), 10.0)
    adaptation.adapt()
    belief = np.array([0.8, 0.4, 0.4, 0.2]) / 1.8
    assert offset(adaptation) == pytest.approx(-0.5 * belief @ MOODS.label_summaries, abs=1e-5)


def test_silence_weighs_nothing() -> None:
    adaptation = SpeakerAdaptation([CARD], AdaptationConfig())
    push_steps(adaptation, 9.0, 9.0, seconds=0.0)
    adaptation.adapt()
    assert offset(adaptation) == [0.0, 0.0]
    assert adaptation.speech_s == 0
    assert adaptation.profile("Ada").models[0].mean == (0.0, 0.0)


@given(said=st.dictionaries(st.sampled_from(MOODS.labels), summaries, min_size=1))
def test_whatever_moods_are_enrolled_no_offset_is_beyond_its_bound(said: dict[str, np.ndarray]) -> None:
    known = with_moods(*(mood(label, *mean.tolist(), seconds=1e9) for label, mean in said.items()))
    assert np.abs(offset(SpeakerAdaptation([MOODS], AdaptationConfig(), known))).max() <= 2


@given(steps=st.lists(st.tuples(summaries, st.floats(0, 100)), max_size=20), enrolled=st.none() | summaries)
def test_whatever_is_heard_or_enrolled_no_offset_is_beyond_its_bound(
    steps: list[tuple[np.ndarray, float]], enrolled: np.ndarray | None
) -> None:
    known = None if enrolled is None else profile(tuple(enrolled.tolist()), seconds=1e9)
    adaptation = SpeakerAdaptation([CARD], AdaptationConfig(), known)
    for summary, seconds in steps:
        adaptation.push([summary], EVEN, seconds)
        adaptation.adapt()
        assert np.abs(offset(adaptation)).max() <= 2
    assert np.abs(offset(adaptation)).max() <= 2


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_summary_that_is_no_number_is_not_remembered(value: float) -> None:
    adaptation = SpeakerAdaptation([CARD], AdaptationConfig())
    push_steps(adaptation, 1.0, value, seconds=5.0)
    push_steps(adaptation, 1.0, 2.0, seconds=5.0)
    assert adaptation.profile("Ada") == profile((1.0, 2.0), 5.0)


def test_after_reset_it_equals_a_new_one() -> None:
    adaptation = SpeakerAdaptation([CARD], AdaptationConfig(), profile())
    fresh = SpeakerAdaptation([CARD], AdaptationConfig(), profile())
    push_steps(adaptation, 5.0, 5.0, seconds=30.0)
    adaptation.adapt()
    adaptation.reset()
    for one in (adaptation, fresh):
        push_steps(one, 1.0, 0.0, seconds=3.0)
        one.adapt()
    assert offset(adaptation) == offset(fresh)
    assert adaptation.profile("Ada") == fresh.profile("Ada")


def test_a_profile_is_the_mean_by_seconds_of_all_that_was_heard() -> None:
    adaptation = SpeakerAdaptation([CARD], AdaptationConfig())
    push_steps(adaptation, 1.0, 0.0, seconds=300.0, steps=3)
    push_steps(adaptation, 5.0, 4.0, seconds=100.0)
    assert adaptation.profile("Ada") == profile((2.0, 1.0), 400.0)


@pytest.mark.parametrize(
    "card",
    [tiny_card(name="new", neutral_summary=(0.0, 0.0), speech_summary=(0.0, 0.0)), OTHER],
    ids=["another model", "another size"],
)
def test_a_profile_of_other_models_is_one_line(card: ModelCard) -> None:
    with pytest.raises(ProfileError, match="the profile of Ada was made with tiny/test") as caught:
        SpeakerAdaptation([card], STEADY, profile())
    assert str(card.identity()) in str(caught.value)
    assert "emostream enrol Ada --force" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_models_that_know_no_speaker_say_so() -> None:
    require_adaptation([TINY_CARD, CARD])
    for attempt in (
        lambda: require_adaptation([TINY_CARD]),
        lambda: SpeakerAdaptation([TINY_CARD], STEADY, profile()),
        lambda: SpeakerAdaptation([TINY_CARD], STEADY).profile("Ada"),
    ):
        with pytest.raises(ProfileError, match="tiny/test cannot take a speaker into account"):
            attempt()


@pytest.mark.parametrize(
    "changes",
    [
        {"enrol_prior_s": 0},
        {"drift_prior_s": -1},
        {"drift_half_life_s": 0},
        {"longest_unadapted_s": 0},
        {"moodless_limit": 1.1},
        {"moodless_prior_s": 0},
        {"belief_exponent": -0.1},
        {"largest": -1},
        {"largest": float("nan")},
    ],
    ids=str,
)
def test_a_config_that_cannot_be_is_refused(changes: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="adaptation needs"):
        AdaptationConfig(**changes)


# How a voice's summaries differ from everybody's (moods of MOODS as likely as each other).
USUAL, ADA, BEN = np.array([0.25, 0.25]), np.array([1.0, 0.2]), np.array([-0.3, -1.0])


def hear(adaptation: SpeakerAdaptation, voice: np.ndarray, seconds: float) -> None:
    push_steps(adaptation, *(USUAL + voice), seconds=seconds, steps=round(4 * seconds))
    adaptation.adapt()


def test_another_voice_is_followed_without_the_one_before() -> None:
    adaptation, alone = SpeakerAdaptation([MOODS], AdaptationConfig()), SpeakerAdaptation([MOODS], AdaptationConfig())
    hear(adaptation, ADA, 60)
    assert offset(adaptation) == pytest.approx((ADA * 0.81).tolist(), abs=0.03)
    hear(adaptation, BEN, 8)
    hear(alone, BEN, 8)
    # Of late a little of the voice before is still heard.
    assert offset(adaptation) == pytest.approx(offset(alone), abs=0.25)
    hear(adaptation, BEN, 30)
    hear(alone, BEN, 30)
    assert offset(adaptation) == pytest.approx(offset(alone), abs=0.1)


@pytest.mark.parametrize(("before_s", "voice", "late_s"), [(60, ADA + 0.3 * BEN, 10), (60, -ADA, 3), (8, -ADA, 10)])
def test_a_voice_is_no_other_for_a_nuance_or_for_a_moment(before_s: float, voice: np.ndarray, late_s: float) -> None:
    """A likeness of more than the bound, too little speech of late, or too little before."""
    noticing = SpeakerAdaptation([MOODS], AdaptationConfig())
    never = SpeakerAdaptation([MOODS], AdaptationConfig(same_voice_cosine=-1))
    for adaptation in (noticing, never):
        hear(adaptation, ADA, before_s)
        hear(adaptation, voice, late_s)
    assert offset(noticing) == offset(never)


def test_without_means_of_moods_no_voice_is_another() -> None:
    """What differs there may be the mood as well."""
    noticing = SpeakerAdaptation([CARD], AdaptationConfig())
    never = SpeakerAdaptation([CARD], AdaptationConfig(same_voice_cosine=-1))
    for adaptation in (noticing, never):
        hear(adaptation, ADA, 60)
        hear(adaptation, -ADA, 20)
    assert offset(noticing) == offset(never)


def test_enrolment_outlasts_a_change_of_voice() -> None:
    adaptation = SpeakerAdaptation([MOODS], AdaptationConfig(), with_moods(mood("neutral", 0.6, 1.1, seconds=8.0)))
    enrolled = offset(adaptation)
    hear(adaptation, ADA, 60)
    hear(adaptation, -ADA, 12)
    # Of late three quarters were the new voice, and 8.7 s of them weigh 8.7 / (8.7 + 10) against the profile.
    expected = np.array(enrolled) + 0.46 * (-0.5 * ADA - np.array(enrolled))
    assert offset(adaptation) == pytest.approx(expected.tolist(), abs=0.05)
