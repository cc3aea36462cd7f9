"""The button of the page that pauses the server's own microphone, in a real Chromium."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from emostream.pause import SCHEDULE, PauseSwitch
from emostream.server.server import Server
from tests.support.foreign_page import foreign_page
from tests.support.pausable_server import pausable_server
from tests.support.processes import Running
from tests.support.serving import serve
from tests.support.stream_events import STEP_MS, estimate, hello
from tests.support.virtual_microphone import MICROPHONE_HZ, VirtualMicrophone
from tests.support.widget_page import part

TOKEN, FOLLOW_TOKEN = "a-token-that-nobody-guesses", "another-token-to-follow"
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/")
PATIENCE_MS = 60_000
ALOUD_MS = 15_000  # what is read aloud waits for its turn
NAMES = {
    "en": ("Pause", "Go on"),
    "de": ("Pause", "Weiter"),
    "ru": ("Пауза", "Продолжить"),
    "es": ("Pausa", "Seguir"),
    "zh": ("暂停", "继续"),
}
QUIET_LINE = "Quiet hours keep it paused: it goes on by itself when they end."
REFUSED_LINE = "The server does not let you do that. Ask whoever runs it."
UNANSWERED_LINE = "The server does not answer. Try again."


@pytest.fixture
def switch() -> PauseSwitch:
    return PauseSwitch()


@pytest.fixture
def server(switch: PauseSwitch) -> Iterator[Server]:
    with pausable_server(switch) as served:
        yield served


def button(page: Page) -> Locator:
    return part(page, "server-pause")


def answer(page: Page) -> Locator:
    return part(page, "pause-answer")


def opened(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(address)
    return page


class Aloud:
    """What a page announces from here on, however short it stands there."""

    def __init__(self, page: Page) -> None:
        self._page = page
        part(page, "aloud").evaluate(
            "aloud => { window.told = []; new MutationObserver(() => window.told.push(aloud.textContent))"
            ".observe(aloud, { childList: true }); }"
        )

    def wait_for(self, text: str) -> None:
        """Wait until this was announced once more."""
        told = "text => window.told.includes(text) && window.told.splice(0).length"
        self._page.wait_for_function(told, arg=text)


def test_one_page_pauses_a_real_microphone_and_another_goes_on(
    context: BrowserContext, microphone: VirtualMicrophone, model_arguments: list[str]
) -> None:
    noise = np.random.default_rng(7).integers(-200, 200, 300 * MICROPHONE_HZ)  # digital silence would be no sound
    microphone.play(noise.astype(np.int16))
    with Running("serve", "--port", 0, "--device", "pulse", *model_arguments, env=microphone.env) as running:
        running.wait_for(lambda it: ADDRESS.search(it.messages))
        address = ADDRESS.search(running.messages)
        assert address is not None
        one, other = opened(context, address[0]), opened(context, address[0])
        for page in (one, other):
            expect(part(page, "notice")).to_have_text("A voice is being read", timeout=PATIENCE_MS)
            expect(button(page)).to_have_text("Pause")
        button(one).click()
        for page in (one, other):
            expect(part(page, "notice")).to_have_text("Paused: no voice is being read", timeout=PATIENCE_MS)
            expect(part(page, "detail")).to_have_text("somebody paused: nothing is read")
            expect(button(page)).to_have_text("Go on")
        button(other).click()
        for page in (one, other):
            expect(part(page, "notice")).to_have_text("A voice is being read", timeout=PATIENCE_MS)
            expect(button(page)).to_have_text("Pause")
            expect(answer(page)).to_be_hidden()


def test_it_is_reached_by_keyboard_says_what_it_does_and_what_has_come_of_it(
    context: BrowserContext, server: Server, switch: PauseSwitch
) -> None:
    page = opened(context, server.address)
    expect(page.locator("#live").get_by_role("button", name="Pause", exact=True)).to_be_visible()
    expect(button(page)).to_have_attribute("title", "the server's microphone, for everybody")
    assert button(page).get_attribute("aria-pressed") is None  # its name says it already
    page.keyboard.press("Tab")
    expect(button(page)).to_be_focused()
    page.keyboard.press("Enter")
    expect(button(page)).to_have_text("Go on")
    assert switch.paused_by == ("person",)
    expect(button(page)).to_be_focused()
    expect(part(page, "aloud")).to_have_text("paused", timeout=ALOUD_MS)
    page.keyboard.press("Space")
    expect(button(page)).to_have_text("Pause")
    expect(part(page, "aloud")).to_have_text("waiting for speech", timeout=ALOUD_MS)
    assert not switch.paused


def test_after_a_pause_it_waits_for_speech_before_it_says_that_nothing_comes(
    context: BrowserContext, switch: PauseSwitch
) -> None:
    with pausable_server(switch, STEP_MS) as server:
        page = opened(context, server.address)
        expect(part(page, "label")).to_have_text("waiting for speech")
        part(page, "label").evaluate(
            """label => {
                window.shown = [];
                const note = () => label.textContent !== window.shown.at(-1) && window.shown.push(label.textContent);
                new MutationObserver(note).observe(label, { childList: true });
            }"""
        )
        server.emit(estimate(1, "happy"))
        page.wait_for_function("() => window.shown.includes('happy')")
        switch.pause("key")
        expect(part(page, "label")).to_have_text("paused")
        switch.resume("key")
        expect(part(page, "label")).to_have_text("no signal", timeout=PATIENCE_MS)
        assert page.evaluate("() => window.shown.slice(-3)") == ["paused", "waiting for speech", "no signal"]


def test_quiet_hours_stay_and_that_is_said_each_time(
    context: BrowserContext, server: Server, switch: PauseSwitch
) -> None:
    page = opened(context, server.address)
    button(page).click()
    expect(button(page)).to_have_text("Go on")
    switch.pause(SCHEDULE)
    expect(part(page, "detail")).to_have_text("these are quiet hours: nothing is read")
    expect(answer(page)).to_be_hidden()
    aloud = Aloud(page)
    for _ in range(2):
        button(page).click()
        aloud.wait_for(QUIET_LINE)
        expect(answer(page)).to_have_text(QUIET_LINE)
        assert switch.paused_by == ("schedule",)
    expect(button(page)).to_have_text("Go on")
    switch.resume(SCHEDULE)
    expect(button(page)).to_have_text("Pause")
    expect(answer(page)).to_be_hidden()


def test_a_token_that_only_follows_gets_no_button_and_the_other_does(
    context: BrowserContext, switch: PauseSwitch
) -> None:
    with pausable_server(switch, token=TOKEN, follow_token=FOLLOW_TOKEN) as server:
        page = context.new_page()
        with page.expect_response("**/pause") as looked:
            page.goto(f"{server.address}#token={FOLLOW_TOKEN}")
        assert looked.value.status == 403
        server.emit(estimate(1))
        expect(part(page, "label")).to_have_text("happy")
        expect(button(page)).to_be_hidden()
        page.close()

        page = opened(context, server.address)
        expect(part(page, "label")).to_have_text("locked")
        expect(button(page)).to_be_hidden()
        requested: list[str] = []
        page.on("request", lambda request: requested.append(request.url))
        page.locator("#live").get_by_label("Token").fill(TOKEN)
        page.locator("#live").get_by_role("button", name="Connect").click()
        button(page).click()
        expect(button(page)).to_have_text("Go on")
        assert switch.paused_by == ("person",)
        assert [address for address in requested if TOKEN in address] == []


def refuse_to_pause(page: Page, **response: Any) -> None:
    """As a proxy does that lets pages look and not pause, or whose server is away; nothing at all for no response."""

    def respond(route: Route) -> None:
        if route.request.method == "GET":
            route.continue_()
        elif response:
            route.fulfill(**response)
        else:
            route.abort()

    page.route("**/pause", respond)


def test_a_refusal_is_one_line_and_takes_the_button_away(
    context: BrowserContext, server: Server, switch: PauseSwitch
) -> None:
    page = context.new_page()
    refuse_to_pause(page, status=403, body="refused")
    page.goto(server.address)
    aloud = Aloud(page)
    button(page).click()
    aloud.wait_for(REFUSED_LINE)
    expect(answer(page)).to_have_text(REFUSED_LINE)
    expect(button(page)).to_be_hidden()
    expect(answer(page)).to_be_focused()
    switch.pause("key")  # the line is of the past once somebody else has paused
    expect(part(page, "label")).to_have_text("paused")
    expect(answer(page)).to_be_hidden()


def test_a_server_that_does_not_answer_is_said_and_may_be_asked_again(
    context: BrowserContext, server: Server, switch: PauseSwitch
) -> None:
    page = context.new_page()
    page.goto(server.address)
    expect(button(page)).to_be_visible()
    for response in ({}, {"status": 502, "body": "bad gateway"}):
        aloud = Aloud(page)
        refuse_to_pause(page, **response)
        button(page).click()
        aloud.wait_for(UNANSWERED_LINE)
        expect(answer(page)).to_have_text(UNANSWERED_LINE)
        page.unroute("**/pause")
    assert not switch.paused
    expect(button(page)).to_be_focused()
    button(page).click()
    expect(button(page)).to_have_text("Go on")
    expect(answer(page)).to_be_hidden()


def test_a_server_that_goes_away_takes_the_button_with_it_and_brings_it_back(
    context: BrowserContext, switch: PauseSwitch
) -> None:
    with pausable_server(switch) as server:
        page = opened(context, server.address)
        expect(button(page)).to_be_visible()
        port = server.port
    expect(part(page, "label")).to_have_text("not connected")
    expect(button(page)).to_be_hidden()
    switch.pause("key")
    with pausable_server(switch, port=port):
        expect(button(page)).to_have_text("Go on", timeout=PATIENCE_MS)


def test_it_is_not_in_overlays_nor_beside_other_voices(context: BrowserContext, server: Server) -> None:
    server.emit(msgspec.structs.replace(hello(), stream="desk"))
    page = context.new_page()
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    for query in ("?layout=bar", "?layout=badge", "?theme=transparent", "?stream=desk"):
        page.goto(server.address + query)
        expect(part(page, "label")).to_have_text("waiting for speech")
        expect(button(page)).to_be_hidden()
    assert [address for address in requested if address.endswith("/pause")] == []


def test_a_server_without_a_microphone_offers_none(context: BrowserContext) -> None:
    served = serve()
    try:
        page = opened(context, served.address)
        served.emit(hello())
        expect(part(page, "label")).to_have_text("waiting for speech")
        expect(page.locator("#live")).not_to_have_attribute("pausable", re.compile(""))
        expect(button(page)).to_be_hidden()
    finally:
        served.close()


def test_an_element_has_it_where_the_page_wants_it(context: BrowserContext, server: Server) -> None:
    page = opened(context, server.address)
    expect(button(page)).to_be_visible()
    expect(page.locator("emo-stream #server-pause:visible")).to_have_count(1)
    page.locator("#live").evaluate("live => live.removeAttribute('pausable')")
    expect(button(page)).to_be_hidden()
    page.locator("#live").evaluate("live => live.setAttribute('pausable', '')")
    expect(button(page)).to_be_visible()


def test_a_page_of_another_origin_has_none_whatever_it_asks_for(context: BrowserContext, switch: PauseSwitch) -> None:
    page = context.new_page()
    told: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    with (
        foreign_page('<emo-stream id="live" pausable></emo-stream>') as origin,
        pausable_server(switch, allowed_origins=[origin]) as server,
    ):
        page.goto(origin)
        page.evaluate(
            """base => {
                const script = document.createElement("script");
                document.body.append(Object.assign(script, { type: "module", src: `${base}emostream.js` }));
            }""",
            server.address,
        )
        server.emit(estimate(1))
        expect(part(page, "label")).to_have_text("happy")
        expect(button(page)).to_be_hidden()
        assert [address for address in asked if address.endswith("/pause")] == []
        assert len([line for line in told if "pausable" in line]) == 1


def test_it_speaks_the_language_of_the_page_and_stays_where_it_is(
    context: BrowserContext, server: Server, switch: PauseSwitch
) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": 320, "height": 800})
    page.goto(server.address)
    for language, (pause, go_on) in NAMES.items():
        page.evaluate("language => { document.documentElement.lang = language }", language)
        expect(button(page)).to_have_text(pause)
        before = button(page).bounding_box()
        switch.pause(SCHEDULE)
        expect(button(page)).to_have_text(go_on)
        after = button(page).bounding_box()
        button(page).click()
        expect(answer(page)).to_be_visible()
        shown = page.locator("#live .card").inner_text()
        assert not re.search(r"[{}*]|undefined|null", shown), shown
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 320
        assert before is not None
        assert after is not None
        assert (after["y"], after["x"] + after["width"]) == (before["y"], before["x"] + before["width"])
        assert min(after["width"], after["height"]) >= 24  # what WCAG 2.2 asks of a target
        switch.resume(SCHEDULE)
