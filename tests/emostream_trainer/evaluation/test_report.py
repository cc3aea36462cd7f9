"""The report's form: tables, pictures and numbers, in their order."""

import json
from pathlib import Path

from emostream_trainer.evaluation.report import Section, Table, change, percent, score, with_interval, write_report


def test_scores_as_tables_show_them() -> None:
    assert [score(0.6964), score(1.0), score(None)] == [".696", "1.000", "–"]
    assert with_interval(0.6964, (0.654, 0.7312)) == ".696 (.65–.73)"
    assert change(-0.0123, (-0.034, 0.011)) == "-.012 (-.03 to +.01)"
    assert [percent(0.8046), percent(None)] == ["80.5%", "–"]


def test_a_table_is_markdown_with_numbers_to_the_right() -> None:
    table = Table(("", "UAR"), (("one", ".5"), ("two", ".6")))
    assert table.markdown() == "|  | UAR |\n| --- | --: |\n| one | .5 |\n| two | .6 |\n"


def test_the_report_has_facts_sections_and_numbers(tmp_path: Path) -> None:
    body = ("A sentence.", Table(("", "x"), (("a", "1"),)), tmp_path / "picture.png")
    sections = [
        Section("first", "The first", body, {"x": 1, "pair": (0.25, 0.5)}),
        Section("second", "Next", ("End.",)),
    ]
    write_report(tmp_path, "Title", {"protocol": "As it was done.", "models": ["a", "b"], "date": "today"}, sections)
    text = (tmp_path / "report.md").read_text()
    assert text.startswith(
        "# Title\n\nAs it was done.\n\n- models: a, b\n- date: today\n\n## The first\n\nA sentence.\n"
    )
    assert "| a | 1 |\n\n![The first](picture.png)\n" in text
    assert text.endswith("## Next\n\nEnd.\n")
    numbers = json.loads((tmp_path / "report.json").read_text())
    assert numbers == {
        "protocol": "As it was done.",
        "models": ["a", "b"],
        "date": "today",
        "first": {"x": 1, "pair": [0.25, 0.5]},
        "second": {},
    }
