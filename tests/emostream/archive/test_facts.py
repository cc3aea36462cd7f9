"""An archive is of one reader: others are refused, by what is other."""

from pathlib import Path

import msgspec
import pytest

from emostream import assets
from emostream.archive.facts import FILE, ArchiveFacts, ModelFacts, facts_of, require_same
from emostream.archive.store import Store
from emostream.errors import EmostreamError, UsageError

MODEL = ModelFacts("tiny", "test", "1", "ab" * 32)
FACTS = ArchiveFacts(model="0123", labels=("angry", "sad"), models=(MODEL,), options={"drift": "True"})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path))


def test_the_same_reader_goes_on(store: Store) -> None:
    require_same(store, FACTS)
    require_same(store, FACTS)
    assert msgspec.json.decode(store.read(FILE) or b"", type=ArchiveFacts) == FACTS


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema": 2}, "schema 1, not 2"),
        ({"emostream": "9.9"}, "not 9.9"),
        ({"models": (msgspec.structs.replace(MODEL, sha256="cd" * 32),)}, "tiny/test abababab, not tiny/test cdcdcdcd"),
        ({"options": {"drift": "True", "be-right": "0.8"}}, "--be-right none, not 0.8"),
        ({"model": "4567"}, r"profile \(0123, not 4567\)"),
    ],
)
def test_another_one_is_refused_by_what_is_other(change: dict[str, object], said: str, store: Store) -> None:
    require_same(store, FACTS)
    with pytest.raises(UsageError, match=said):
        require_same(store, msgspec.structs.replace(FACTS, **change))


def test_a_damaged_file_is_one_line(store: Store) -> None:
    store.write(FILE, b"{}")
    with pytest.raises(EmostreamError, match=r"archive.json is not what emostream wrote"):
        require_same(store, FACTS)


def test_other_weights_and_other_options_are_another_model(tiny_paths: list[Path]) -> None:
    def model(paths: list[Path], be_right: bool = False) -> str:
        factory = assets.load_stream_factory(paths, drift=be_right)
        return facts_of(factory, paths, [], {}).model

    assert model(tiny_paths) == model(tiny_paths)
    assert len({model(tiny_paths), model(tiny_paths[:1]), model(tiny_paths, be_right=True)}) == 3
