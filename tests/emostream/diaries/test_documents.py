"""Diaries as Markdown and HTML."""

from datetime import UTC
from pathlib import Path

import msgspec
import pytest
from rich.markdown import Markdown

from emostream.diaries.builder import DiaryBuilder
from emostream.diaries.diary import Diary
from emostream.diaries.html import html
from emostream.diaries.markdown import markdown
from tests.support.axe import faults
from tests.support.chromium import chromium
from tests.support.days import a_day

STRANGE = 'a "name" with | <b>*stars*</b>'


@pytest.fixture(scope="module")
def diary() -> Diary:
    builder = DiaryBuilder(UTC)
    for event in a_day():
        named = msgspec.structs.replace(event, source=STRANGE) if event.seq == 0 else event
        builder.push(named, "live")
    return builder.diary()


def test_markdown_has_each_day_and_its_tables(diary: Diary) -> None:
    text = markdown(diary)
    assert text.startswith("# Diary of Ada\n\n2 min of speech in 79 min of listening, on 2 days; read from ")
    assert "## Friday, 6 March 2026\n" in text
    assert "| 22:00 | 10 min | 66 s |  | 60 s |  | 6 s | −20 dB |\n" in text
    assert "Longest calm: 4 min, from 22:51 to 22:55, 60 s of it speech." in text
    assert "20 min paused" in text
    assert "60 s lost" in text
    assert "must have been told" in text


def test_names_in_markdown_mean_themselves(diary: Diary) -> None:
    text = markdown(diary)
    assert r"\| \<b\>\*stars\*\</b\>" in text
    tables = [token for token in Markdown(text).parsed if token.type == "table_open"]
    assert len(tables) == 4


def test_html_shows_the_same_and_fetches_nothing(diary: Diary, tmp_path: Path) -> None:
    path = tmp_path / "diary.html"
    path.write_text(html(diary), encoding="utf-8")
    asked: list[str] = []
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 900, "height": 800})
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        assert asked == [path.as_uri()]
        assert page.locator("h2").all_inner_texts() == ["Friday, 6 March 2026", "Saturday, 7 March 2026"]
        assert STRANGE in page.locator("h1 + p").inner_text()
        assert page.locator("tbody tr").first.locator("td").all_inner_texts()[:2] == ["10 min", "66 s"]
        titles = page.locator("svg.day").first.locator("title").evaluate_all("all => all.map(one => one.textContent)")
        assert titles == ["22:00: happy, 60 s", "22:00: too short, 6 s", "23:00: angry, 12 s", "23:00: unsure, 6 s"]
        heights = (
            page.locator("svg.day")
            .first.locator("rect.part")
            .evaluate_all("all => all.map(one => one.getBBox().height)")
        )
        assert heights[0] == pytest.approx(10 * heights[1], rel=0.05)
        assert faults(page) == []
