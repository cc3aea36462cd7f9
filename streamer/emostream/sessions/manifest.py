"""The manifest of a recorded session: which models read it, from what, and what was kept."""

from enum import StrEnum
from pathlib import Path

import msgspec

from emostream.errors import SessionError
from emostream.features.spec import Feature, FeatureSpec
from emostream.inference.model import EmotionModel
from emostream.private_file import write_private
from emostream.sessions.row_codec import ROUNDING

FORMAT = 1
MANIFEST = "session.json"


class Kept(StrEnum):
    """What a session keeps beside its events, which are always kept."""

    EVENTS = "events"
    SUMMARIES = "summaries"
    ROWS = "rows"


class RecordedModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model that read the session: its card in short, the SHA-256 of its file, and the fingerprint of its rows.

    ``summary_size`` is S, the length of its summaries.
    """

    name: str
    variant: str
    version: str
    licence: str
    split_hash: str
    sha256: str
    features: str
    summary_size: int

    @classmethod
    def of(cls, model: EmotionModel) -> "RecordedModel":
        """The entry of a loaded model."""
        card = model.card
        return cls(
            name=card.name,
            variant=card.variant,
            version=card.version,
            licence=card.licence,
            split_hash=card.split_hash,
            sha256=model.sha256,
            features=card.features.fingerprint(),
            summary_size=model.summary_size,
        )


class RecordedStream(msgspec.Struct, frozen=True, kw_only=True):
    """One stream of a session, from a ``hello`` to the next: other models that were taken meanwhile begin a new one.

    ``began`` is the wall clock at its beginning. ``specs`` are those of the models' rows, each once; a window has
    ``window_ms``, a step ``step_ms``, the first window at least ``shortest_window_ms``.
    """

    began: str
    labels: tuple[str, ...]
    window_ms: int
    step_ms: int
    shortest_window_ms: int
    models: tuple[RecordedModel, ...]
    specs: tuple[FeatureSpec, ...]


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How a recording ended: ``reason`` is empty where it was closed. ``seconds`` are those of its clock.

    ``lost_events`` and ``lost_steps`` are what found no room in memory or on the disk.
    """

    at: str
    reason: str
    seconds: float
    utterances: int
    size_bytes: int
    lost_events: int
    lost_steps: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What ``session.json`` holds. ``rounding`` is to what multiple each feature's values were rounded in rows.

    ``ended`` is null while the recording goes on, and after a process that was killed.
    """

    format: int = FORMAT
    program: str
    created: str
    source: str
    kept: Kept
    rounding: dict[Feature, float]
    streams: tuple[RecordedStream, ...] = ()
    ended: Ended | None = None


def new_manifest(program: str, created: str, source: str, kept: Kept) -> Manifest:
    """The manifest of a recording that begins."""
    return Manifest(
        program=program,
        created=created,
        source=source,
        kept=kept,
        rounding=dict(ROUNDING) if kept is Kept.ROWS else {},
    )


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write it, or leave what was there. Raises ``OSError``."""
    write_private(folder / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")


def read_manifest(folder: Path) -> Manifest:
    """The manifest in a folder. Raises ``SessionError`` for what is no session, or one that cannot be read."""
    if not folder.is_dir():
        found = "a file" if folder.exists() else "nothing"
        raise SessionError(f"found {found} at {folder}, expected the folder of a session that was recorded")
    path = folder / MANIFEST
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise SessionError(
            f"{folder} is no session: found no {MANIFEST} in it, expected a folder that 'emostream record' made"
        ) from error
    except OSError as error:
        raise SessionError(f"{path} cannot be read ({error.strerror}): expected a session of your own") from error
    try:
        version = msgspec.json.decode(data, type=dict[str, msgspec.Raw]).get("format", msgspec.Raw(b"none"))
        if bytes(version) != str(FORMAT).encode():
            raise SessionError(
                f"{folder} has format {bytes(version).decode(errors='replace')}, this emostream reads format {FORMAT}: "
                "install the emostream that recorded it, or a newer one"
            )
        return msgspec.json.decode(data, type=Manifest)
    except (ValueError, RecursionError) as error:
        raise SessionError(f"{path} is damaged: {error}; take it from a copy of the session") from error
