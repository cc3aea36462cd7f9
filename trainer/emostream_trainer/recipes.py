"""What each variant of each network is trained with. One frozen recipe a variant; the checkpoints keep a copy."""

from math import inf
from typing import Literal

import msgspec

from emostream.errors import UsageError
from emostream.features import Feature, FeatureSpec
from emostream.features.windows import WindowGrid

Picture = Literal["direct", "drawn"]
Activation = Literal["gelu", "relu"]
# Whose network a recipe builds on or learns from: Dusha's, whose file one has to have, or Whisper's encoder, which
# comes along.
Pretrained = Literal["dusha", "whisper"]

# Our own variants are without a constant offset and rumble: below 20 Hz there is no voice (bench/recording_chain.py).
HIGH_PASS_HZ = 20.0

PUBLISHED_MFCC = FeatureSpec(features=(Feature.MFCC, Feature.CENTROID, Feature.CONTRAST_LOWEST), n_mfcc=50)
# The listing takes 20 MFCC, its network 52 inputs. Of 22 its unpadded convolutions would leave nothing.
PUBLISHED_MFCC_20 = msgspec.structs.replace(PUBLISHED_MFCC, n_mfcc=20)
PUBLISHED_MEL = FeatureSpec(features=(Feature.LOG_MEL,), hop_length=1024)
# Long frames tell the harmonics of low voices apart; all seven contrast bands say more than their mean
# (see models/README.md).
MFCC = FeatureSpec(
    features=(Feature.MFCC, Feature.CENTROID, Feature.CONTRAST),
    n_mfcc=50,
    high_pass_hz=HIGH_PASS_HZ,
)
# 64 ms frames still resolve harmonics, 20 ms hops keep syllables apart.
MEL = FeatureSpec(features=(Feature.LOG_MEL,), frame_length=1024, hop_length=320, high_pass_hz=HIGH_PASS_HZ)
# Half the bands and half the frame: what it takes to train over is a third.
MEL_64 = msgspec.structs.replace(MEL, frame_length=512, n_mels=64)

# What the Dusha network takes.
DUSHA = FeatureSpec(features=(Feature.LOG_MEL,), frame_length=320, hop_length=160, n_mels=64)
STAGED = msgspec.structs.replace(DUSHA, high_pass_hz=HIGH_PASS_HZ)

# What Whisper takes: 80 mel bands every 10 ms.
WHISPER = FeatureSpec(
    features=(Feature.LOG_MEL,), frame_length=400, hop_length=160, n_mels=80, high_pass_hz=HIGH_PASS_HZ
)

# The published 2-D network reads pictures of so many points a side.
PICTURE_SIDE = 224

# The clip as it is, disturbed, at another speed, and that disturbed (data.feature_cache).
MOST_VIEWS = 4

# What a teacher takes, and how many numbers its summary of a clip has: what is imitated.
TEACHER_FEATURES: dict[Pretrained, FeatureSpec] = {"dusha": DUSHA, "whisper": WHISPER}
TEACHER_SUMMARY: dict[Pretrained, int] = {"dusha": 928, "whisper": 2048}


class Recipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to train one variant of one network.

    ``views`` of each clip are cached, the clean one and augmented ones; a batch takes the clean one with the
    probability ``clean_share``. A batch draws clips with a probability proportional to (size of the clip's
    corpus-and-label cell) ** -balance: 0 is as they come, 1 makes cells equal.
    ``relative`` networks give a summary of the window, which is classified relative to the speaker's mean by a
    discriminant that is fitted last, with ``shrinkage``, ``between_speaker_weight`` and ``speaker_share``
    (``training.discriminant``). With ``narrow_band`` they get a second one, of the clean clips by telephone, for
    windows that came through a telephone's band (``networks.narrow_band``).
    ``teacher`` names the network whose summary is imitated in place of learning labels, ``pretrained`` the one that it
    builds on. ``soft_targets`` teaches the shares of listeners' votes where a clip has them. Of ``every_steps`` steps a
    stream asks the network at one. ``picture`` and ``activation`` are those of the published 2-D network
    (``networks.mel_cnn2d.Published``). With ``patience`` a fifth of the training side's speakers judge each epoch, the
    best epoch's network is what is used, and training ends after so many epochs that are no better; 0 is all epochs.
    """

    network: str
    variant: str
    features: FeatureSpec
    epochs: int
    batch_size: int
    learning_rate: float
    window_ms: int = 3000
    step_ms: int = 250
    shortest_window_ms: int = 500
    every_steps: int = 1
    views: int = 1
    clean_share: float = 1.0
    balance: float = 0.0
    clips_per_epoch: int | None = None
    label_smoothing: float = 0.0
    weight_decay: float = 0.0
    warm_up: bool = False
    random_crops: bool = False
    teacher: Pretrained | None = None
    pretrained: Pretrained | None = None
    relative: bool = False
    shrinkage: float = 0.1
    between_speaker_weight: float = 0.0
    speaker_share: float = 1.0
    narrow_band: bool = False
    soft_targets: bool = False
    picture: Picture = "direct"
    activation: Activation = "gelu"
    patience: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        rules = {
            "epochs must be 0 or more": self.epochs >= 0,
            "batch_size must be 1 or more": self.batch_size >= 1,
            "learning_rate must be 0 or more": 0 <= self.learning_rate < inf,
            "views must be 1 to 4": 1 <= self.views <= MOST_VIEWS,
            "clean_share must be 0 to 1": 0 <= self.clean_share <= 1,
            "label_smoothing must be 0 or more, and below 1": 0 <= self.label_smoothing < 1,
            "speaker_share must be 0 to 1": 0 <= self.speaker_share <= 1,
            "every_steps must be 1 or more": self.every_steps >= 1,
            "patience must be 0 or more": self.patience >= 0,
            "clips_per_epoch must be 1 or more": self.clips_per_epoch is None or self.clips_per_epoch >= 1,
        }
        broken = [rule for rule, holds in rules.items() if not holds]
        if broken:
            raise ValueError("; ".join(broken))

    @property
    def name(self) -> str:
        """The recipe as it is asked for on the command line."""
        return f"{self.network}/{self.variant}"

    def grid(self) -> WindowGrid:
        """The windows that the network will be given, in samples."""
        return WindowGrid.of(
            self.features, window_ms=self.window_ms, step_ms=self.step_ms, shortest_ms=self.shortest_window_ms
        )


_ATTENTIVE = Recipe(
    network="mfcc_cnn1d",
    variant="attentive",
    features=MFCC,
    epochs=15,
    batch_size=64,
    learning_rate=2e-3,
    views=4,
    clean_share=0.6,
    balance=0.5,
    clips_per_epoch=5000,
    label_smoothing=0.05,
    weight_decay=1e-3,
    warm_up=True,
    random_crops=True,
)

_DISTILLED = msgspec.structs.replace(
    _ATTENTIVE,
    variant="distilled",
    epochs=25,
    clean_share=0.4,
    clips_per_epoch=6000,
    relative=True,
    teacher="whisper",
    every_steps=4,
)

RECIPES = {
    recipe.name: recipe
    for recipe in (
        # As published (2024): Adam 1e-4, batches of 128; 30 epochs on CREMA-D, 100 on Dusha; 15 epochs for the 2-D one.
        Recipe(
            network="mfcc_cnn1d",
            variant="published",
            features=PUBLISHED_MFCC,
            epochs=30,
            batch_size=128,
            learning_rate=1e-4,
        ),
        Recipe(
            network="mfcc_cnn1d",
            variant="published-20",
            features=PUBLISHED_MFCC_20,
            epochs=30,
            batch_size=128,
            learning_rate=1e-4,
        ),
        Recipe(
            network="mel_cnn2d",
            variant="published",
            features=PUBLISHED_MEL,
            epochs=15,
            batch_size=128,
            learning_rate=1e-4,
        ),
        _ATTENTIVE,
        msgspec.structs.replace(_ATTENTIVE, network="mel_cnn2d", features=MEL),
        _DISTILLED,
        msgspec.structs.replace(_DISTILLED, network="mel_cnn2d", features=MEL_64),
        # Nothing but the discriminant is learnt. These two ship and take turns: the output of a step or three ago is
        # almost that of now (models/README.md).
        Recipe(
            network="mel_cnn2d",
            variant="staged",
            features=STAGED,
            epochs=0,
            batch_size=64,
            learning_rate=0.0,
            views=2,
            relative=True,
            pretrained="dusha",
            shrinkage=0.15,
            between_speaker_weight=1.0,
            speaker_share=0.5,
            narrow_band=True,
            every_steps=4,
        ),
        # The same over Whisper's encoder.
        Recipe(
            network="whisper",
            variant="staged",
            features=WHISPER,
            epochs=0,
            batch_size=64,
            learning_rate=0.0,
            views=2,
            relative=True,
            pretrained="whisper",
            shrinkage=0.5,
            between_speaker_weight=1.0,
            speaker_share=0.5,
            narrow_band=True,
            every_steps=4,
        ),
    )
}


def takes_published_features(spec: FeatureSpec) -> bool:
    """Whether rows that Dusha publishes without audio can stand for rows of a spec: the recording chain is in them."""
    return msgspec.structs.replace(spec, high_pass_hz=0.0, dynamic_range_db=0.0) == DUSHA


# The recipes that can learn from published features without audio.
DUSHA_RECIPES = " or ".join(name for name, recipe in RECIPES.items() if takes_published_features(recipe.features))


def recipe_named(name: str) -> Recipe:
    """The recipe called ``network/variant``; raises ``UsageError`` with the list of those there are."""
    if name not in RECIPES:
        raise UsageError(f"found recipe {name!r}, expected one of {', '.join(RECIPES)}")
    return RECIPES[name]
