"""What an archive says of itself in ``archive.json``: who reads it, and how. Another reader does not go on with it."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec

import emostream
from emostream.archive.schema import VERSION
from emostream.archive.store import Store
from emostream.batch.fingerprint import fingerprint
from emostream.errors import EmostreamError, UsageError
from emostream.pipeline.factory import StreamFactory

FILE = "archive.json"


class ModelFacts(msgspec.Struct, frozen=True):
    """A model: what its card says, and the SHA-256 of its file."""

    name: str
    variant: str
    version: str
    sha256: str


class ArchiveFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The content of the file. ``model`` stands in each row: a hash of the models' files and of the options."""

    schema: int = VERSION
    emostream: str = emostream.__version__
    model: str
    labels: tuple[str, ...]
    models: tuple[ModelFacts, ...]
    options: dict[str, str]


def facts_of(
    factory: StreamFactory, model_files: Sequence[Path], other_files: Sequence[Path], options: dict[str, str]
) -> ArchiveFacts:
    """What reads with this factory, made of these files; ``options`` are what people chose. Raises ``OSError``."""
    models = tuple(
        ModelFacts(model.card.name, model.card.variant, model.card.version, _sha256(path))
        for model, path in zip(factory.models, model_files, strict=True)
    )
    read_by = (emostream.__version__, factory.config, factory.profile)
    return ArchiveFacts(
        model=fingerprint([*model_files, *other_files], *read_by),
        labels=tuple(factory.models[0].card.labels),
        models=models,
        options=options,
    )


def require_same(store: Store, facts: ArchiveFacts) -> None:
    """Write the facts into a new archive. Raises ``UsageError`` where an archive is of others."""
    data = store.read(FILE)
    if data is None:
        store.write(FILE, msgspec.json.format(msgspec.json.encode(facts)) + b"\n")
        return
    try:
        found = msgspec.json.decode(data, type=ArchiveFacts)
    except msgspec.MsgspecError as error:
        raise EmostreamError(
            f"{store.place}/{FILE} is not what emostream wrote ({error}): put it back, or name another folder"
        ) from error
    if found == facts:
        return
    differing = "; ".join(_difference(found, facts))
    raise UsageError(f"{store.place} was read with {differing}: go on with the same, or name another folder with --out")


def _difference(found: ArchiveFacts, facts: ArchiveFacts) -> list[str]:
    """What is other, in words."""
    said = []
    if found.schema != facts.schema:
        said.append(f"schema {found.schema}, not {facts.schema}")
    if found.emostream != facts.emostream:
        said.append(f"emostream {found.emostream}, not {facts.emostream}")
    if found.models != facts.models:
        said.append(f"the models {_names(found)}, not {_names(facts)}")
    for name in sorted(found.options.keys() | facts.options.keys()):
        before, now = found.options.get(name, "none"), facts.options.get(name, "none")
        if before != now:
            said.append(f"--{name} {before}, not {now}")
    return said or [f"other figures or another speaker's profile ({found.model}, not {facts.model})"]


def _names(facts: ArchiveFacts) -> str:
    return ", ".join(f"{model.name}/{model.variant} {model.sha256[:8]}" for model in facts.models)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
