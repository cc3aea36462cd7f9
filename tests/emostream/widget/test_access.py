"""Accessibility of the page: axe-core, in a real Chromium, finds no serious fault."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from emostream.pause import SCHEDULE, PauseSwitch
from emostream.server.server import Server
from tests.support.axe import faults
from tests.support.pausable_server import pausable_server
from tests.support.serving import serve
from tests.support.stream_events import PATIENT_STEP_MS, estimate, gap, hello, utterance


@pytest.fixture
def server() -> Iterator[Server]:
    served = serve()
    yield served
    served.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("query", ["", "?theme=transparent", "?layout=bar", "?layout=badge"])
def test_axe_finds_no_serious_fault(browser: Browser, server: Server, scheme: str, query: str) -> None:
    page = browser.new_page(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.goto(f"{server.address}{query}")
    if query:  # what lies behind an overlay is somebody's game or camera
        page.evaluate("() => { document.documentElement.style.background = '#33363d' }")
    label = page.locator("#live #label")
    expect(label).to_have_text("waiting")
    assert faults(page) == []
    for event in (hello(step_ms=PATIENT_STEP_MS), estimate(1), gap(2), utterance(8), estimate(9, "sad")):
        server.emit(event)
    expect(label).to_have_text("sad")
    assert faults(page) == []
    server.emit(estimate(10, None))
    expect(label).to_have_text("not sure")
    assert faults(page) == []
    page.close()


@pytest.mark.parametrize("query", ["?lang=de", "?layout=bar&theme=light", "?layout=badge&theme=dark"])
@pytest.mark.parametrize("looks", ["right to left", "forced colours"])
def test_axe_finds_none_from_right_to_left_or_in_forced_colours(
    browser: Browser, server: Server, query: str, looks: str
) -> None:
    forced = "active" if looks == "forced colours" else "none"
    page = browser.new_page(forced_colors=forced, reduced_motion="reduce")  # type: ignore[arg-type]
    page.goto(f"{server.address}{query}")
    if looks == "right to left":
        page.evaluate("() => Object.assign(document.documentElement, { dir: 'rtl', lang: 'he' })")
    for event in (hello(step_ms=PATIENT_STEP_MS), gap(2), utterance(8), estimate(9, "sad")):
        server.emit(event)
    expect(page.locator("#live .live")).to_be_visible()
    assert faults(page) == []
    page.close()


@pytest.mark.parametrize(("scheme", "forced"), [("light", "none"), ("dark", "none"), ("dark", "active")])
def test_the_button_for_pauses_has_none(browser: Browser, scheme: str, forced: str) -> None:
    switch = PauseSwitch()
    with pausable_server(switch) as server:
        page = browser.new_page(color_scheme=scheme, forced_colors=forced, reduced_motion="reduce")  # type: ignore[arg-type]
        page.goto(server.address)
        button = page.locator("#live").get_by_role("button")
        expect(button).to_have_text("Pause")
        assert faults(page) == []
        switch.pause(SCHEDULE)
        button.click()
        expect(page.locator("#live #pause-answer")).to_be_visible()
        assert faults(page) == []
        page.evaluate("() => Object.assign(document.documentElement, { dir: 'rtl', lang: 'he' })")
        assert faults(page) == []
        page.close()


def test_axe_would_find_one(browser: Browser, server: Server) -> None:
    page = browser.new_page()
    page.goto(server.address)
    page.evaluate("() => document.querySelector('header img').removeAttribute('alt')")
    assert [fault.partition(":")[0] for fault in faults(page)] == ["image-alt"]
    page.close()


def test_a_microphone_that_was_refused_has_no_fault_either(browser: Browser, server: Server) -> None:
    page = browser.new_page(reduced_motion="reduce")
    page.add_init_script(
        "MediaDevices.prototype.getUserMedia = async () => { throw new DOMException('', 'NotAllowedError'); };"
    )
    page.goto(server.address)
    page.locator("#microphone").get_by_role("button").click()
    expect(page.locator("#microphone #label")).to_have_text("not allowed")
    assert faults(page) == []
    page.close()


def test_the_field_for_the_token_has_none(browser: Browser) -> None:
    server = serve(token="a-token-of-sixteen-and-more")
    page = browser.new_page(reduced_motion="reduce")
    try:
        page.goto(server.address)
        expect(page.locator("#live").get_by_label("Token")).to_be_visible()
        assert faults(page) == []
    finally:
        page.close()
        server.close()
