"""The model card: what a model file says about itself. Data only, kept in the ONNX file's metadata."""

from typing import Annotated

import msgspec

from emostream.errors import ModelError
from emostream.events import ModelBrief
from emostream.features import FeatureSpec
from emostream.features.windows import WindowGrid

METADATA_KEY = "emostream.card"
SCHEMA = 1

Milliseconds = Annotated[int, msgspec.Meta(gt=0, le=60_000)]


class ModelIdentity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which network, trained on which speakers: what was measured with one does not hold for another."""

    name: str
    variant: str
    split_hash: str

    def __str__(self) -> str:
        return f"{self.name}/{self.variant} ({self.split_hash[:8]})"


class ModelCard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything the daemon needs to run a model, and everything a person needs to know about it.

    The model runs at every ``every_steps``-th step; the steps between take its last output.

    ``temperature`` divides the logits before the softmax. ``scores`` are figures by name, whose protocol ``protocol``
    states. ``training_data`` names the corpora with their licences, ``split_hash`` the division into
    speakers, ``heard_speakers`` those of the training side: the model may not be scored on them.

    ``neutral_summary`` and ``speech_summary`` are the means of the network's ``summary`` over the neutral speech and
    over all speech of the training speakers, of length S each; both are empty where the network has no such output or
    they were not measured; then the model does not adapt to speakers. ``label_summaries`` are the means of each label's
    speech, of shape (K, S), where the classifier was fitted for voices whose own mean is taken off; else it is empty.
    """

    name: str
    variant: str
    version: str
    labels: Annotated[tuple[str, ...], msgspec.Meta(min_length=2)]
    features: FeatureSpec
    window_ms: Milliseconds
    step_ms: Milliseconds
    shortest_window_ms: Milliseconds
    every_steps: Annotated[int, msgspec.Meta(ge=1, le=240)] = 1
    temperature: Annotated[float, msgspec.Meta(gt=0)]
    licence: str
    training_data: str
    protocol: str
    split_hash: str
    heard_speakers: tuple[str, ...]
    scores: dict[str, float]
    attribution: str = ""
    neutral_summary: tuple[float, ...] = ()
    speech_summary: tuple[float, ...] = ()
    label_summaries: tuple[tuple[float, ...], ...] = ()
    schema: int = msgspec.field(default_factory=lambda: SCHEMA)

    def __post_init__(self) -> None:
        if len(set(self.labels)) < len(self.labels):
            raise ValueError(f"labels must differ from each other, got {', '.join(self.labels)}")
        if len(self.neutral_summary) != len(self.speech_summary):
            raise ValueError(
                "neutral_summary and speech_summary must be of one length, "
                f"got {len(self.neutral_summary)} and {len(self.speech_summary)}"
            )
        sizes = [len(summary) for summary in self.label_summaries]
        if sizes and sizes != [len(self.speech_summary)] * len(self.labels):
            raise ValueError(
                f"label_summaries must be {len(self.labels)} of {len(self.speech_summary)} numbers each, one a label: "
                f"got lengths {sizes}"
            )

    def grid(self) -> WindowGrid:
        """The windows this model wants, in samples."""
        return WindowGrid.of(
            self.features, window_ms=self.window_ms, step_ms=self.step_ms, shortest_ms=self.shortest_window_ms
        )

    @property
    def interval_ms(self) -> int:
        """Milliseconds of audio from one run of the model to the next."""
        return self.step_ms * self.every_steps

    def identity(self) -> ModelIdentity:
        """What profiles and reliability figures are kept for."""
        return ModelIdentity(name=self.name, variant=self.variant, split_hash=self.split_hash)

    def brief(self) -> ModelBrief:
        """The card in short, for ``hello``."""
        return ModelBrief(name=self.name, variant=self.variant, version=self.version, licence=self.licence)


def to_metadata(card: ModelCard) -> dict[str, str]:
    """The card as ONNX ``metadata_props``."""
    return {METADATA_KEY: msgspec.json.encode(card).decode()}


def from_metadata(metadata: dict[str, str], where: str) -> ModelCard:
    """The card in an ONNX file's metadata; ``where`` names the file in errors. Raises ``ModelError``."""
    if METADATA_KEY not in metadata:
        found = ", ".join(sorted(metadata)) or "no metadata"
        raise ModelError(
            f"{where}: no model card (found {found}, expected the key {METADATA_KEY}): "
            "export the model with 'emostream export', which stamps one"
        )
    text = metadata[METADATA_KEY]
    try:
        schema = msgspec.json.decode(text, type=dict[str, msgspec.Raw]).get("schema", msgspec.Raw(b"null"))
        if bytes(schema) != str(SCHEMA).encode():
            raise ModelError(
                f"{where}: the card has schema {bytes(schema).decode()}, this emostream reads schema {SCHEMA}: "
                "export the model again or install the emostream that made it"
            )
        card = msgspec.json.decode(text, type=ModelCard)
        card.grid()
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{where}: the model card cannot be used: {error}; export the model again") from error
    return card
