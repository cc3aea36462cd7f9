"""The widget in a real Chromium, fed through real sockets: what is seen, and what is said to who does not see."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib import resources

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from streamer.events import Health
from streamer.server.config import ServerConfig
from streamer.server.server import Server
from streamer.sinks.palette import BY_NAME
from tests.chromium import chromium
from tests.stream_events import LABELS, estimate, gap, hello, utterance

# The browser itself writes this to the console when a daemon is away; no page can keep it from doing so.
REFUSED = "ERR_CONNECTION_REFUSED"

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def sink() -> Iterator[Server]:
    served = Server(ServerConfig(port=0))
    yield served
    served.close()


@pytest.fixture
def open_page(browser: Browser, sink: Server) -> Iterator[Open]:
    """Opens the daemon's page; afterwards nothing may have gone wrong in it, refusals by its own policy included."""
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and REFUSED not in message.text:
            complaints.append(message.text)

    with ExitStack() as stack:

        def start(query: str = "", **settings: object) -> Page:
            page = browser.new_page(**settings)  # type: ignore[arg-type]
            stack.callback(page.close)
            page.on("console", hear)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.goto(f"http://127.0.0.1:{sink.port}/{query}")
            expect(part(page, "state")).to_have_text("connected")
            return page

        yield start
    assert complaints == []


def part(page: Page, name: str) -> Locator:
    return page.locator(f"emo-stream #{name}")


def meter(page: Page, name: str) -> Locator:
    return page.locator("emo-stream").get_by_role("meter", name=name)


def timeline_colours(page: Page) -> set[str]:
    """Every opaque colour on the timeline, as #rrggbb."""
    script = """widget => {
        const canvas = widget.shadowRoot.querySelector("canvas");
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        const hex = at => data[at].toString(16).padStart(2, "0");
        const seen = new Set();
        for (let at = 0; at < data.length; at += 4)
            if (data[at + 3] === 255) seen.add("#" + hex(at) + hex(at + 1) + hex(at + 2));
        return [...seen];
    }"""
    return set(page.locator("emo-stream").evaluate(script))


def test_labels_come_from_the_hello(open_page: Open, sink: Server) -> None:
    page = open_page()
    expect(part(page, "label")).to_have_text("connecting")
    sink.emit(hello())
    expect(page.locator("emo-stream .name")).to_have_text([*LABELS, "level"])
    expect(part(page, "label")).to_have_text("waiting for speech")
    expect(part(page, "source")).to_have_text("test microphone")
    expect(part(page, "models")).to_have_text("first + second")
    sink.emit(hello(labels=("<b>bold</b>", "gelassen")))
    expect(page.locator("emo-stream .name")).to_have_text(["<b>bold</b>", "gelassen", "level"])


def test_the_label_follows_the_estimates(open_page: Open, sink: Server) -> None:
    page = open_page()
    sink.emit(hello())
    for seq, label in ((10, "happy"), (20, "sad"), (30, "angry")):
        sink.emit(estimate(seq, label, top=0.82))
        expect(part(page, "label")).to_have_text(label)
        expect(part(page, "detail")).to_have_text("82 % likely90 % agreement of the networks")
        expect(meter(page, label)).to_have_attribute("aria-valuenow", "82")
        expect(meter(page, "neutral")).to_have_attribute("aria-valuetext", "6 %")
    expect(meter(page, "level")).to_have_attribute("aria-valuenow", "-25")
    assert {BY_NAME["happy"], BY_NAME["sad"], BY_NAME["angry"]} <= timeline_colours(page)


def test_it_says_so_when_it_is_not_sure(open_page: Open, sink: Server) -> None:
    page = open_page()
    sink.emit(hello())
    sink.emit(estimate(1, None, top=0.31))
    expect(part(page, "label")).to_have_text("not sure")
    expect(part(page, "detail")).to_contain_text("closest is sad, at 31 %")
    assert BY_NAME["sad"] not in timeline_colours(page)


def test_silence_is_neither_a_label_nor_unsure(open_page: Open, sink: Server) -> None:
    page = open_page()
    sink.emit(hello())
    sink.emit(estimate(1, speech=False))
    expect(part(page, "detail")).to_have_text("nobody is speaking")
    expect(part(page, "label")).to_have_text("waiting for speech")
    sink.emit(estimate(2, "happy"))
    expect(part(page, "label")).to_have_text("happy")
    sink.emit(estimate(3, speech=False))
    expect(part(page, "label")).to_have_text("silence")
    expect(meter(page, "happy")).to_have_attribute("aria-valuetext", "–")


def test_the_lamp_is_on_while_a_voice_is_read_and_only_then(open_page: Open, sink: Server) -> None:
    page = open_page()
    sink.emit(hello())
    expect(part(page, "notice")).to_have_text("No voice is being read")
    sink.emit(estimate(1))
    expect(part(page, "notice")).to_have_text("A voice is being read")
    sink.emit(
        Health(seq=2, stream="live", t_start_ms=0, t_end_ms=500, source="x", source_ok=False, lost_ms=0, lag_ms=0)
    )
    expect(part(page, "notice")).to_have_text("No voice is being read")
    expect(part(page, "label")).to_have_text("no signal")
    sink.emit(estimate(3))
    expect(part(page, "notice")).to_have_text("A voice is being read")
    # No further estimate comes: what was read last must not stand there as if it were now.
    expect(part(page, "label")).to_have_text("no signal", timeout=8000)
    expect(part(page, "notice")).to_have_text("No voice is being read")


def test_gaps_and_skipped_updates_are_shown(open_page: Open, sink: Server) -> None:
    page = open_page(color_scheme="light")
    sink.emit(hello())
    sink.emit(estimate(1))
    expect(part(page, "label")).to_have_text("happy")
    assert BY_NAME["angry"] not in timeline_colours(page)
    sink.emit(gap(2, lost_ms=400))
    expect(part(page, "losses")).to_have_text("0.4 s of audio lost")
    sink.emit(utterance(6))
    expect(part(page, "losses")).to_have_text("0.4 s of audio lost, 3 updates skipped")


def test_utterances_are_drawn_and_told(open_page: Open, sink: Server) -> None:
    page = open_page()
    for event in (hello(), utterance(20, "sad"), utterance(40, None)):
        sink.emit(event)
    sink.emit(estimate(50, speech=False))
    expect(page.locator("emo-stream").get_by_role("img")).to_have_attribute(
        "aria-label", "The last minute. Latest utterances: sad, not sure."
    )
    assert BY_NAME["sad"] in timeline_colours(page)


def test_it_reconnects_and_goes_on_after_the_daemon_was_started_anew(open_page: Open, sink: Server) -> None:
    page = open_page()
    sink.emit(hello())
    sink.emit(estimate(40, "happy"))
    expect(part(page, "label")).to_have_text("happy")
    sink.close()
    expect(part(page, "label")).to_have_text("not connected")
    expect(part(page, "notice")).to_have_text("No connection")
    expect(part(page, "detail")).to_have_text(re.compile(r"next try in \d+ s"))
    again = Server(ServerConfig(port=sink.port))
    try:
        again.emit(hello())
        again.emit(estimate(1, "angry"))
        expect(part(page, "label")).to_have_text("angry", timeout=15_000)
        expect(part(page, "state")).to_have_text("connected")
        expect(part(page, "losses")).to_be_empty()
        assert BY_NAME["happy"] not in timeline_colours(page)
    finally:
        again.close()


def test_a_newer_protocol_is_named_and_not_guessed_at(open_page: Open, sink: Server) -> None:
    page = open_page()
    page.locator("emo-stream").evaluate(
        """widget => {
            const newer = JSON.stringify({ type: "hello", v: 2, seq: 0 });
            window.WebSocket = class {
                constructor() { setTimeout(() => this.onmessage({ data: newer })); }
                close() {}
            };
            widget.setAttribute("src", "/elsewhere");
        }"""
    )
    expect(part(page, "state")).to_have_text("the daemon speaks protocol 2, this widget 1")


def test_only_a_change_of_label_is_announced(open_page: Open, sink: Server) -> None:
    page = open_page()
    sink.emit(hello())
    sink.emit(estimate(1, "happy"))
    label = part(page, "label")
    expect(label).to_have_text("happy")
    expect(label).to_have_attribute("aria-live", "polite")
    assert page.locator("emo-stream [aria-live], emo-stream [role=alert]").count() == 1
    label.evaluate(
        "label => { window.changes = 0; new MutationObserver(() => window.changes++)"
        ".observe(label, { childList: true, characterData: true, subtree: true }); }"
    )
    for seq in (2, 3, 4):
        sink.emit(estimate(seq, "happy", top=0.5 + seq / 20))
        expect(meter(page, "happy")).to_have_attribute("aria-valuenow", str(50 + 5 * seq))
    assert page.evaluate("() => window.changes") == 0
    sink.emit(estimate(5, "sad"))
    expect(label).to_have_text("sad")
    assert page.evaluate("() => window.changes") == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("theme", ["", "light", "dark", "transparent"])
def test_themes(open_page: Open, scheme: str, theme: str) -> None:
    page = open_page(f"?theme={theme}", color_scheme=scheme)
    background = "element => getComputedStyle(element).backgroundColor"
    card, body = (page.locator(name).evaluate(background) for name in ("emo-stream .card", "body"))
    clear = "rgba(0, 0, 0, 0)"
    if theme == "transparent":
        assert (card, body) == (clear, clear)
        expect(page.locator("h1")).to_be_hidden()
    else:
        is_dark = (theme or scheme) == "dark"
        assert [max(map(int, re.findall(r"\d+", colour))) < 64 for colour in (card, body)] == [is_dark, is_dark]


def test_motion_stops_for_those_who_ask(open_page: Open, sink: Server) -> None:
    animation = "lamp => getComputedStyle(lamp).animationName"
    sink.emit(hello())
    for motion, name in (("no-preference", "breathe"), ("reduce", "none")):
        page = open_page(reduced_motion=motion)
        sink.emit(estimate(1))
        expect(part(page, "notice")).to_have_text("A voice is being read")
        assert page.locator("emo-stream .lamp i").evaluate(animation) == name


@pytest.mark.parametrize("width", [320, 768, 1440])
def test_nothing_overflows(open_page: Open, sink: Server, width: int) -> None:
    page = open_page(viewport={"width": width, "height": 800})
    sink.emit(hello(labels=("uncomfortably-long-label-of-somebody", "sad")))
    sink.emit(estimate(1, "sad", labels=("uncomfortably-long-label-of-somebody", "sad")))
    expect(part(page, "label")).to_have_text("sad")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width


def test_the_page_offers_what_to_copy(open_page: Open, sink: Server) -> None:
    page = open_page()
    expect(page.locator("#overlay")).to_have_text(f"http://127.0.0.1:{sink.port}/?theme=transparent")
    expect(page.locator("#element")).to_contain_text(f'<emo-stream src="ws://127.0.0.1:{sink.port}/ws">')
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button").first).to_have_text(re.compile("Copied|Selected"))


def test_the_colours_are_those_of_the_terminal() -> None:
    script = (resources.files("streamer") / "widget" / "emostream.js").read_text()
    palette = re.search(r"const PALETTE = \{(.*?)\}", script, re.DOTALL)
    assert palette is not None
    pairs = re.findall(r"(\w+): (\"#\w+\")", palette[1])
    assert {name: json.loads(colour) for name, colour in pairs} == BY_NAME
