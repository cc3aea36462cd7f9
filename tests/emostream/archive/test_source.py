"""How recordings are shared out to processes."""

from emostream.archive.source import Source, units_of

MB = 1_000_000


def source(number: int, size: int | None) -> Source:
    return Source(f"{number}.wav", f"/{number}.wav", size)


def test_large_recordings_come_first_and_alone_and_small_ones_together() -> None:
    sources = [source(1, 3 * MB), source(2, 30 * MB), *(source(number, 200_000) for number in range(3, 1003))]
    sources.append(source(2000, 90 * MB))
    units = units_of(sources, 2)
    assert [[one.file for one in unit.sources] for unit in units[:2]] == [["2000.wav"], ["2.wav"]]
    together = [one for unit in units[2:] for one in unit.sources]
    assert [one.file for one in together] == ["1.wav", *(f"{number}.wav" for number in range(3, 1003))]
    assert max(sum(one.weight for one in unit.sources) for unit in units[2:]) <= 20 * MB


def test_a_few_recordings_give_work_to_all_processes() -> None:
    assert len(units_of([source(number, 200_000) for number in range(8)], 4)) == 8


def test_a_million_recordings_are_not_a_million_units() -> None:
    units = units_of([source(number, 100_000) for number in range(1_000_000)], 64)
    assert len(units) <= 20_000
    assert sum(len(unit.sources) for unit in units) == 1_000_000


def test_recordings_of_unknown_size_are_shared_out_too() -> None:
    assert len(units_of([source(number, None) for number in range(100)], 2)) > 2


def test_names_that_are_no_utf8_have_a_key_that_parquet_holds() -> None:
    assert Source("x", "/a\udcff.wav").key == r"/a\udcff.wav"
