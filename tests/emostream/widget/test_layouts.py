"""The card, the bar and the badge: what each shows, how large, and whether it is legible on whatever is behind it."""

import io
import re

import matplotlib.image
import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Locator, Page, expect

from emostream.server.server import Server
from tests.emostream.widget.conftest import Open
from tests.support.backgrounds import BACKGROUNDS
from tests.support.stream_events import PATIENT_STEP_MS, estimate, hello, utterance
from tests.support.widget_page import part

PARTS = {
    "card": {"source", "label", "detail", "bars", "timeline", "state"},
    "bar": {"label", "detail", "bars", "timeline"},
}
PARTS["badge"] = {"label", "detail", "bars"}


def show(page: Page, sink: Server, label: str | None = "happy") -> None:
    sink.emit(hello(step_ms=PATIENT_STEP_MS))
    sink.emit(utterance(4))
    sink.emit(estimate(5, label))
    expect(part(page, "notice")).to_have_text("A voice is being read")
    expect(part(page, "label")).to_have_text(label or "not sure")


def visible(page: Page) -> set[str]:
    return {name for name in PARTS["card"] if part(page, name).is_visible()}


@pytest.mark.parametrize("layout", ["card", "bar", "badge"])
def test_each_layout_shows_its_parts_and_the_lamp(open_page: Open, sink: Server, layout: str) -> None:
    page = open_page(f"?layout={layout}&theme=transparent", viewport={"width": 1280, "height": 720})
    show(page, sink)
    assert visible(page) == PARTS[layout]
    expect(page.locator("#live .lamp i")).to_be_visible()
    expect(page.locator("emo-stream")).to_have_count(1)
    expect(page.locator("h1")).to_have_count(0)


def test_the_parts_that_are_named_are_shown_and_the_lamp_always(open_page: Open, sink: Server) -> None:
    page = open_page("?layout=badge&show=label,timeline,oddity", viewport={"width": 480, "height": 300})
    show(page, sink)
    assert visible(page) == {"label", "timeline"}
    expect(page.locator("#live .lamp i")).to_be_visible()
    # Its words are for those who cannot see it.
    box = part(page, "notice").bounding_box()
    assert box is not None
    assert box["width"] <= 1
    page.locator("#live").evaluate("element => element.setAttribute('show', 'oddity')")
    assert visible(page) == PARTS["badge"]  # nothing that it knows was named


@pytest.mark.parametrize("scale", [1, 1.5])
@pytest.mark.parametrize("language", ["en", "de", "ru"])
def test_a_badge_fits_into_480_x_300(open_page: Open, sink: Server, scale: float, language: str) -> None:
    page = open_page(f"?layout=badge&scale={scale}&lang={language}", viewport={"width": 480, "height": 300})
    sink.emit(hello(step_ms=PATIENT_STEP_MS))
    for event in (estimate(1, "neutral"), estimate(2, None), estimate(3, speech=False)):
        sink.emit(event)
        page.wait_for_function("() => document.querySelector('#live').shadowRoot.querySelector('.lamp i')")
        box = page.locator("#live .card").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["y"] >= 0
        assert box["x"] + box["width"] <= 480
        assert box["y"] + box["height"] <= 300
        for words in page.locator("#live .label, #live .line:visible, #live #notice").all():
            assert words.evaluate(
                "words => words.scrollWidth <= words.clientWidth + 1 || getComputedStyle(words).display === 'inline'"
            )


def test_the_scale_is_that_of_all_and_the_timeline_stays_sharp(open_page: Open, sink: Server) -> None:
    page = open_page("?theme=transparent", viewport={"width": 1280, "height": 900})
    show(page, sink)
    sizes = "lamp => lamp.getBoundingClientRect().width"
    pixels = "canvas => canvas.width / canvas.getBoundingClientRect().width"
    lamp, canvas = page.locator("#live .lamp i"), page.locator("#live canvas")
    before = lamp.evaluate(sizes)
    for scale, factor in (("2", 2), ("1e9", 8), ("0.001", 0.25), ("odd", 1)):
        page.locator("#live").evaluate("(element, scale) => element.setAttribute('scale', scale)", scale)
        assert lamp.evaluate(sizes) == pytest.approx(factor * before, rel=0.02)
        if factor <= 2:
            assert canvas.evaluate(pixels) == pytest.approx(1, rel=0.02)


def luminances(element: Locator) -> NDArray[np.float64]:
    """The relative luminance (WCAG 2) of each pixel that is seen of an element."""
    rgb = matplotlib.image.imread(io.BytesIO(element.screenshot()))[..., :3].astype(np.float64)
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    shares: NDArray[np.float64] = linear @ np.array([0.2126, 0.7152, 0.0722])
    return shares


def contrast(one: float, other: float) -> float:
    low, high = sorted((one, other))
    return (high + 0.05) / (low + 0.05)


def legibility(element: Locator) -> float:
    """The contrast of an element's brightest pixels, which are its text, with the brightest tenth of the others."""
    seen = luminances(element)
    text = np.quantile(seen, 0.995)
    behind = seen[seen < text / 2]
    return contrast(float(text), float(np.quantile(behind, 0.9)))


@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize("layout", ["card", "bar", "badge"])
def test_it_is_legible_on_whatever_lies_behind_it(open_page: Open, sink: Server, background: str, layout: str) -> None:
    page = open_page(
        f"?layout={layout}&theme=transparent",
        viewport={"width": 900, "height": 500},
        bypass_csp=True,
        reduced_motion="reduce",
    )
    page.evaluate("background => { document.documentElement.style.background = background }", BACKGROUNDS[background])
    show(page, sink)
    for name in ("label", "detail", "notice"):
        assert legibility(part(page, name)) >= 4.5, name
    lamp = luminances(page.locator("#live .lamp i"))
    middle = tuple(size // 2 for size in lamp.shape)
    beside = luminances(page.locator("#live .head"))[-1, -1]
    assert contrast(lamp[middle], beside) >= 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("theme", ["light", "dark", "transparent"])
def test_the_lamp_is_seen_in_forced_colours(open_page: Open, sink: Server, scheme: str, theme: str) -> None:
    page = open_page(f"?theme={theme}", forced_colors="active", color_scheme=scheme, reduced_motion="reduce")
    show(page, sink)
    lamp = luminances(page.locator("#live .lamp i"))
    edge, middle = lamp[lamp.shape[0] // 2, 1], lamp[lamp.shape[0] // 2, lamp.shape[1] // 2]
    beside = luminances(page.locator("#live .head"))[-1, -1]
    assert contrast(edge, beside) >= 3
    sink.emit(estimate(6, speech=False))
    page.locator("#live").evaluate("element => element.shadowRoot.querySelector('.card').classList.remove('live')")
    off = luminances(page.locator("#live .lamp i"))
    assert off[off.shape[0] // 2, off.shape[1] // 2] != middle, "a lamp that is off looks like one that is on"
    # The canvas is not repainted by the system, so its texts must be in the system's colours.
    ink = page.locator("#live canvas").evaluate("canvas => getComputedStyle(canvas).getPropertyValue('--muted')")
    assert re.search("canvastext", ink, re.IGNORECASE)
