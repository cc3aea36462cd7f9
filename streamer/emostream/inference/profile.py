"""Speaker profiles: the means of the models' summaries over a person's speech, as numbers without sound."""

from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec
import numpy as np

from emostream.errors import ProfileError
from emostream.inference.card import ModelIdentity

SCHEMA = 1
# The label of ordinary speech: what people enrol with, and what a profile without moods is compared with.
NEUTRAL = "neutral"
# With moods, means are kept to so many decimals, or a profile of all moods would not fit into a client's ``start``.
MOOD_DECIMALS = 4

Seconds = Annotated[float, msgspec.Meta(ge=0)]


class MoodMean(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The mean of one model's ``summary``, of length S, over ``seconds`` of speech in the mood of one label."""

    label: str
    seconds: Seconds
    mean: tuple[float, ...]


class ModelMean(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The mean of one model's ``summary`` over somebody's speech, of length S; ``moods`` are its means by label.

    ``moods`` is empty where the person did not say in which mood they spoke.
    """

    model: ModelIdentity
    mean: tuple[float, ...]
    moods: tuple[MoodMean, ...] = ()


class SpeakerProfile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a person usually speaks: each model's mean summary over ``seconds`` of their speech."""

    name: Annotated[str, msgspec.Meta(min_length=1)]
    seconds: Seconds
    models: tuple[ModelMean, ...]
    schema: int = msgspec.field(default_factory=lambda: SCHEMA)

    def seconds_of_moods(self) -> dict[str, float]:
        """Seconds of speech by label, those of the first model; empty for a profile without moods."""
        return {mood.label: mood.seconds for entry in self.models[:1] for mood in entry.moods}


def encode_profile(profile: SpeakerProfile) -> bytes:
    """The profile as JSON."""
    return msgspec.json.encode(profile)


def decode_profile(data: bytes, where: str) -> SpeakerProfile:
    """The profile in some JSON; ``where`` names its place in errors. Raises ``ProfileError``."""
    try:
        schema = bytes(msgspec.json.decode(data, type=dict[str, msgspec.Raw]).get("schema", msgspec.Raw(b"null")))
        if schema != str(SCHEMA).encode():
            raise ProfileError(
                f"{where}: the profile has schema {schema.decode(errors='replace')}, this emostream reads schema "
                f"{SCHEMA}: enrol again"
            )
        return msgspec.json.decode(data, type=SpeakerProfile)
    except (ValueError, RecursionError) as error:
        raise ProfileError(f"{where}: the profile cannot be used: {error}; enrol again") from error


def check_schema(profile: SpeakerProfile) -> None:
    """Raise ``ProfileError`` for a profile that another version of emostream wrote."""
    if profile.schema != SCHEMA:
        raise ProfileError(
            f"the profile has schema {profile.schema}, this emostream reads schema {SCHEMA}: enrol again"
        )


def mean_profile(profiles: Sequence[SpeakerProfile]) -> SpeakerProfile:
    """Several profiles of one person, made with the same models, as one: their mean, weighted by seconds of speech.

    It has no moods, and theirs are left out.
    """
    seconds = sum(profile.seconds for profile in profiles)
    weights = [profile.seconds / seconds if seconds else 0.0 for profile in profiles]
    by_model = zip(*(profile.models for profile in profiles), strict=True)
    return SpeakerProfile(
        name=profiles[0].name,
        seconds=seconds,
        models=tuple(
            ModelMean(model=entries[0].model, mean=tuple(np.dot(weights, [entry.mean for entry in entries]).tolist()))
            for entries in by_model
        ),
    )


def profile_with_moods(by_label: Mapping[str, SpeakerProfile]) -> SpeakerProfile:
    """One profile of the profiles of a person's moods, {label: profile}; a mood without any speech is left out.

    Means are rounded to ``MOOD_DECIMALS``: summaries are in deviations of the training speakers.
    """
    heard = {label: profile for label, profile in by_label.items() if profile.seconds > 0}
    whole = mean_profile(list(by_label.values()))
    return msgspec.structs.replace(
        whole,
        models=tuple(
            msgspec.structs.replace(
                entry,
                mean=_rounded(entry.mean),
                moods=tuple(
                    MoodMean(label=label, seconds=profile.seconds, mean=_rounded(profile.models[i].mean))
                    for label, profile in heard.items()
                ),
            )
            for i, entry in enumerate(whole.models)
        ),
    )


def _rounded(mean: Sequence[float]) -> tuple[float, ...]:
    return tuple(round(value, MOOD_DECIMALS) for value in mean)
