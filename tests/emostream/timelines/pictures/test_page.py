"""The page in a real Chromium: it plays, zooms, searches, is driven by keys, and loads nothing."""

import io
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import soundfile
from playwright.sync_api import Browser, Page, expect

from emostream.audio import AudioBlock, Samples
from emostream.timelines.builder import TimelineBuilder
from emostream.timelines.pictures import page as page_module
from emostream.timelines.pictures.page import MOST_AUDIO_BYTES, write_page
from emostream.timelines.sound_collector import SoundCollector
from emostream.timelines.timeline import Timeline
from tests.support.axe import faults
from tests.support.chromium import chromium
from tests.support.streams import HZ, Parts
from tests.support.timelines import made_up_timeline

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium("--autoplay-policy=no-user-gesture-required") as started:
        yield started


@pytest.fixture(scope="module")
def talk(parts: Parts, recording: Samples) -> Timeline:
    """The recording with its sound: eight sentences."""
    builder, collector = TimelineBuilder(with_steps=True), SoundCollector(MOST_AUDIO_BYTES)
    stream = parts.stream()
    collector.push(AudioBlock(recording, HZ, 0))
    for event in [stream.hello(), *parts.whole(recording), stream.summary()]:
        builder.emit(event)
    return collector.added_to(builder.timeline())


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Opens the page of some timelines; fails at the end where it had an error or asked for anything."""
    wrong: list[str] = []
    asked: list[str] = []
    pages: list[Page] = []

    def opened(timelines: Sequence[Timeline], **settings: object) -> Page:
        path = tmp_path / f"page{len(pages)}.html"
        with path.open("wb") as file:
            write_page(timelines, file)
        page = browser.new_page(viewport={"width": 1200, "height": 1000}, **settings)  # type: ignore[arg-type]
        pages.append(page)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        return page

    yield opened
    for page in pages:
        page.close()
    assert wrong == []
    assert all(url.startswith(("file://", "blob:")) and url.count("http") == 0 for url in asked), asked
    assert sum(url.startswith("file://") for url in asked) == len(pages)


def milliseconds(page: Page) -> float:
    """Where the page is."""
    return float(page.locator("#position").input_value())


def seen(page: Page) -> tuple[str, str]:
    """From when to when the picture goes."""
    label = page.locator("#detail").get_attribute("aria-label") or ""
    found = re.search(r"from ([\d:.]+) to ([\d:.]*\d)", label)
    assert found, label
    return found[1], found[2]


def painted(page: Page) -> set[str]:
    """Every opaque colour of the picture, as #rrggbb."""
    script = """canvas => {
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        const seen = new Set();
        for (let at = 0; at < data.length; at += 4)
            if (data[at + 3] === 255) seen.add((data[at] << 16) | (data[at + 1] << 8) | data[at + 2]);
        return [...seen].map(colour => "#" + colour.toString(16).padStart(6, "0"));
    }"""
    return set(page.locator("#detail").evaluate(script))


def test_it_plays_and_pauses(open_page: Open, talk: Timeline) -> None:
    page = open_page([talk])
    play = page.get_by_role("button", name="Play")
    play.click()
    page.wait_for_function("() => Number(document.querySelector('#position').value) > 300")
    pause = page.get_by_role("button", name="Pause")
    pause.click()
    expect(play).to_be_visible()
    stopped = milliseconds(page)
    assert page.locator("#now").inner_text() != "00:00.0"
    page.wait_for_timeout(300)
    assert milliseconds(page) == stopped


def test_it_ends_where_the_recording_does(open_page: Open, talk: Timeline) -> None:
    page = open_page([talk])
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press(" ")
    page.wait_for_function(f"() => Number(document.querySelector('#position').value) > {talk.length_ms - 150}")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    assert milliseconds(page) <= talk.length_ms
    page.keyboard.press(" ")  # from the beginning again
    page.wait_for_function("() => Number(document.querySelector('#position').value) < 20000")


def test_keys_drive_it(open_page: Open, talk: Timeline) -> None:
    page = open_page([talk])
    first, second = (one.start_ms for one in talk.utterances[:2])
    page.keyboard.press("n")
    assert milliseconds(page) == pytest.approx(first, abs=100)
    assert page.locator("#here").inner_text() == page_module.span_words(talk.utterances[0])
    page.keyboard.press("n")
    assert milliseconds(page) == pytest.approx(second, abs=100)
    page.keyboard.press("p")
    assert milliseconds(page) == pytest.approx(first, abs=100)
    page.keyboard.press("ArrowRight")
    assert milliseconds(page) == pytest.approx(first + 1_000, abs=100)
    page.keyboard.press("Shift+ArrowRight")
    assert milliseconds(page) == pytest.approx(first + 11_000, abs=100)
    page.keyboard.press("Home")
    assert milliseconds(page) == 0
    page.keyboard.press("/")
    expect(page.locator("#query")).to_be_focused()
    page.keyboard.type("0 n")  # in the field they are letters
    assert milliseconds(page) == 0
    page.keyboard.press("Escape")
    page.get_by_text("Keys", exact=True).click()
    page.get_by_label("These keys work everywhere").uncheck()
    page.keyboard.press("End")
    assert milliseconds(page) == 0


def test_controls_are_reached_by_tab(open_page: Open, talk: Timeline) -> None:
    page = open_page([talk])
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("() => document.activeElement.id || document.activeElement.className"))
    # Nothing to zoom out of yet, and no sound to choose.
    assert reached[:8] == ["play", "speed", "in", "position", "", "query", "label", "scroll"]
    page.locator("#play").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("() => Number(document.querySelector('#position').value) > 100")


def test_it_zooms(open_page: Open, talk: Timeline) -> None:
    page = open_page([talk])
    whole = seen(page)
    assert whole == ("00:00.0", "00:35.1")
    expect(page.get_by_role("button", name="Zoom out")).to_be_disabled()
    page.get_by_role("button", name="Zoom in").click()
    near = seen(page)
    assert near != whole
    page.locator("h2").click()
    page.keyboard.press("+")
    assert seen(page) != near
    page.keyboard.press("-")
    assert seen(page) == near
    page.get_by_role("button", name="Whole recording").click()
    assert seen(page) == whole
    page.locator("#detail").hover(position={"x": 600, "y": 50})
    page.keyboard.down("Control")
    page.mouse.wheel(0, -300)
    page.keyboard.up("Control")
    page.wait_for_function("whole => !document.querySelector('#detail').ariaLabel.includes(whole)", arg=whole[1])
    start, end = seen(page)
    assert start > "00:05.0"
    assert end < "00:30.0"
    page.locator("h2").click()
    page.keyboard.press("0")
    assert seen(page) == whole


def test_a_click_goes_there(open_page: Open, talk: Timeline) -> None:
    page = open_page([talk])
    box = page.locator("#detail").bounding_box()
    assert box
    page.locator("#detail").click(position={"x": box["width"] / 2, "y": 40})
    assert milliseconds(page) == pytest.approx(talk.length_ms / 2, abs=200)
    rows = page.locator("#rows tr")
    expect(rows).to_have_count(len(talk.utterances))
    rows.nth(3).get_by_role("button").click()
    assert milliseconds(page) == pytest.approx(talk.utterances[3].start_ms, abs=100)
    expect(rows.nth(3)).to_have_attribute("aria-current", "true")


def test_the_table_is_searched_and_sorted(open_page: Open, talk: Timeline) -> None:
    page = open_page([talk])
    names = [one.name for one in talk.utterances]
    name = names[0]
    expect(page.locator("#count")).to_have_text(f"{len(names)} of {len(names)}")
    colours = painted(page)
    page.get_by_label("Label", exact=True).select_option(name)
    expect(page.locator("#rows tr")).to_have_count(names.count(name))
    assert painted(page) != colours  # the others are pale
    page.get_by_label("Label", exact=True).select_option("")
    page.get_by_label("Search").fill("no such words")
    expect(page.locator("#count")).to_have_text(f"0 of {len(names)}")
    page.get_by_label("Search").fill("")
    page.get_by_role("button", name="Confidence").click()
    confidences = sorted(one.confidence for one in talk.utterances)
    cells = page.locator("#rows tr td:nth-child(4)").all_inner_texts()
    assert cells == [f"{confidence:.0%}" for confidence in confidences]
    page.get_by_role("button", name="Confidence").click()
    expect(page.locator("th[aria-sort=descending]")).to_have_text("Confidence ↓")
    assert page.locator("#rows tr td:nth-child(4)").all_inner_texts() == cells[::-1]


def test_recordings_are_chosen_and_searched_together(open_page: Open, talk: Timeline) -> None:
    page = open_page([talk, made_up_timeline("evening.wav")])
    expect(page.locator("#rows tr")).to_have_count(len(talk.utterances))
    page.get_by_label("in all recordings").check()
    expect(page.locator("#rows tr")).to_have_count(len(talk.utterances) + 5)
    page.get_by_label("Search").fill("evening angry")
    expect(page.locator("#rows tr")).to_have_count(1)
    page.locator("#rows").get_by_role("button").click()
    expect(page.locator("h1")).to_have_text("evening.wav")
    assert milliseconds(page) == 1_000
    expect(page.get_by_role("button", name="Play")).to_be_disabled()
    expect(page.locator("#sound-words")).to_have_text("The sound of this recording is not in this file.")
    page.get_by_label("Recording", exact=True).select_option("0")
    expect(page.get_by_role("button", name="Play")).to_be_enabled()


def test_sound_that_is_not_in_the_page_can_be_chosen(
    open_page: Open, talk: Timeline, recording: Samples, tmp_path: Path
) -> None:
    timeline = made_up_timeline("talk.wav")
    page = open_page([timeline])
    expect(page.locator("#voice")).to_have_text("This file holds no sound.")
    soundfile.write(tmp_path / "talk.wav", recording[: 3 * HZ], HZ)
    page.locator("#file").set_input_files(tmp_path / "talk.wav")
    expect(page.locator("#sound")).to_be_hidden()
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("() => Number(document.querySelector('#position').value) > 200")


def test_what_cannot_be_played_is_said(open_page: Open, tmp_path: Path) -> None:
    page = open_page([made_up_timeline("talk.wav")])
    (tmp_path / "talk.wav").write_bytes(b"no sound")
    page.locator("#file").set_input_files(tmp_path / "talk.wav")
    expect(page.locator("#sound-words")).to_contain_text("cannot play that sound")


def test_names_are_text_and_never_elements(open_page: Open) -> None:
    source = "</script><script>document.title = 'wrong'</script><b>.wav"
    page = open_page([made_up_timeline(source, with_steps=True)])
    expect(page.locator("h1")).to_have_text(source)
    assert page.title() == f"{source} – emotion over time"
    assert page.locator("b").count() == 0
    expect(page.locator("#rows tr")).to_have_count(5)
    expect(page.locator("#rows")).to_contain_text("unsure")
    expect(page.locator("#legend")).to_contain_text("paused")


@pytest.mark.parametrize(("scheme", "forced"), [("light", "none"), ("dark", "none"), ("dark", "active")])
def test_axe_finds_no_serious_fault(open_page: Open, talk: Timeline, scheme: str, forced: str) -> None:
    page = open_page([talk, made_up_timeline()], color_scheme=scheme, forced_colors=forced, reduced_motion="reduce")
    page.get_by_text("Keys", exact=True).click()
    page.keyboard.press("n")
    assert faults(page) == []
    page.get_by_label("Recording", exact=True).select_option("1")
    expect(page.locator("#sound")).to_be_visible()
    assert faults(page) == []


def test_narrow_screens_do_not_scroll_sideways(open_page: Open, talk: Timeline) -> None:
    page = open_page([talk, made_up_timeline()])
    page.set_viewport_size({"width": 360, "height": 700})
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_sound_has_a_limit(talk: Timeline, monkeypatch: pytest.MonkeyPatch) -> None:
    assert talk.audio is not None
    size = len(talk.audio.data)
    written = []
    for most in (size - 1, size, 2 * size):
        monkeypatch.setattr(page_module, "MOST_AUDIO_BYTES", most)
        file = io.BytesIO()
        write_page([talk, talk], file)
        written.append(file.getvalue().count(b'<script type="text/plain"'))
    assert written == [0, 1, 2]
