"""A server that wants a token: the page has a field for it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from emostream.server.server import Server
from tests.support.serving import serve
from tests.support.stream_events import estimate, hello
from tests.support.streams import Parts
from tests.support.widget_page import part

TOKEN = "a+token/of=ours!"


@pytest.fixture
def server(parts: Parts) -> Iterator[Server]:
    served = serve(parts, token=TOKEN)
    served.emit(hello())
    yield served
    served.close()


def give(page: Page, token: str, element: str = "#live") -> None:
    page.locator(element).get_by_label("Token").fill(token)
    page.locator(element).get_by_role("button", name="Connect").click()


def test_it_asks_for_the_token_and_all_elements_go_on_with_it(context: BrowserContext, server: Server) -> None:
    page = context.new_page()
    page.goto(server.address)
    expect(part(page, "label")).to_have_text("locked")
    expect(part(page, "detail")).to_have_text(
        f"127.0.0.1:{server.port} lets in those who know its token. Whoever runs it has the token."
    )
    expect(part(page, "notice")).to_have_text("No connection")
    expect(page.locator("input:visible")).to_have_count(2)  # quiet elements have no field
    give(page, "another-token-it-is")
    expect(part(page, "detail")).to_contain_text("That is not the token")
    expect(part(page, "detail", "#microphone")).to_contain_text("That is not the token")
    give(page, f" {TOKEN} ")
    expect(part(page, "state")).to_have_text("connected")
    server.emit(estimate(1))
    expect(page.locator("emo-stream:not([microphone]) #label")).to_have_text(["happy"] * 5)
    expect(part(page, "label", "#microphone")).to_have_text("ready")
    assert TOKEN not in page.url
    assert page.evaluate("() => localStorage.length + sessionStorage.length") == 0
    page.locator("#microphone").get_by_role("button", name="Read my voice").click()
    expect(part(page, "notice", "#microphone")).to_have_text("A voice is being read", timeout=60_000)


def test_a_wrong_token_in_the_address_is_said_and_not_tried_again(context: BrowserContext, server: Server) -> None:
    page = context.new_page()
    opened: list[str] = []
    page.on("websocket", lambda socket: opened.append(socket.url))
    page.goto(f"{server.address}?layout=badge#token=not-the-token-of-it")
    expect(part(page, "detail")).to_contain_text("That is not the token")
    expect(part(page, "aloud")).to_contain_text("That is not the token", timeout=15_000)
    assert len(opened) == 1
    give(page, TOKEN)
    server.emit(estimate(1))
    expect(part(page, "label")).to_have_text("happy")


def test_a_page_gives_the_token_itself(context: BrowserContext, server: Server) -> None:
    page = context.new_page()
    page.goto(f"{server.address}?layout=badge")
    expect(part(page, "label")).to_have_text("locked")
    page.evaluate(
        """token => {
            document.querySelector("#live").remove();
            const element = Object.assign(document.createElement("emo-stream"), { id: "live", token });
            element.setAttribute("src", `ws://${location.host}/ws`);
            document.body.append(element);
        }""",
        TOKEN,
    )
    server.emit(estimate(1))
    expect(part(page, "label")).to_have_text("happy")
    assert page.evaluate("() => document.querySelector('#live').token") is None
