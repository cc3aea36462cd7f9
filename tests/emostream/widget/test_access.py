"""Accessibility of the page: axe-core, in a real Chromium, finds no serious fault."""

from collections.abc import Iterator
from importlib import resources

import pytest
from playwright.sync_api import Browser, Page, expect

from emostream.server.server import Server
from tests.support.chromium import chromium
from tests.support.serving import serve
from tests.support.stream_events import estimate, gap, hello, utterance

AXE = (resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
SERIOUS = ("serious", "critical")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def server() -> Iterator[Server]:
    served = serve()
    yield served
    served.close()


def faults(page: Page) -> list[str]:
    """The serious ones, each with where it is. Scripts of the test are not held back by the page's policy."""
    page.evaluate(AXE)
    found = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{fault['id']}: {fault['help']}: {[node['target'] for node in fault['nodes']]}"
        for fault in found["violations"]
        if fault["impact"] in SERIOUS
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("query", ["", "?theme=transparent"])
def test_axe_finds_no_serious_fault(browser: Browser, server: Server, scheme: str, query: str) -> None:
    page = browser.new_page(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.goto(f"{server.address}{query}")
    if query:  # what lies behind an overlay is somebody's game or camera
        page.evaluate("() => { document.documentElement.style.background = '#33363d' }")
    label = page.locator("#live #label")
    expect(label).to_have_text("waiting")
    assert faults(page) == []
    for event in (hello(), estimate(1), gap(2), utterance(8), estimate(9, "sad")):
        server.emit(event)
    expect(label).to_have_text("sad")
    assert faults(page) == []
    server.emit(estimate(10, None))
    expect(label).to_have_text("not sure")
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
