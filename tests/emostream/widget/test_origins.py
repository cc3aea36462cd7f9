"""In a real Chromium: what pages of other origins, and pages that reach the server by a false name, can read."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.chromium import chromium
from tests.support.foreign_page import foreign_page
from tests.support.serving import serve
from tests.support.stream_events import estimate, hello

FORGED = "rebound.test"
# Everything that a page can try: what is told of each answer is all that it learns.
TRY = """async ([http, ws]) => {
  const told = (promise) => promise.then((text) => `read: ${text}`, () => "nothing");
  const read = (path, options) => told(fetch(http + path, options).then((response) => response.text()));
  const load = (tag, name, path) => told(new Promise((resolve, reject) => {
    const element = Object.assign(document.createElement(tag), { onload: () => resolve("loaded"), onerror: reject });
    element[name] = http + path;
    document.head.append(element);
  }));
  const listen = (...version) => told(new Promise((resolve, reject) => {
    const socket = new WebSocket(ws + "/ws", ...version);
    socket.onmessage = ({ data }) => resolve(data);
    socket.onopen = () => resolve("opened");
    socket.onclose = reject;
  }));
  return {
    page: await read("/"),
    health: await read("/healthz"),
    metrics: await read("/metrics"),
    unseen: await read("/", { mode: "no-cors" }),
    module: await told(import(http + "/emostream.js").then(() => "loaded")),
    script: await load("script", "src", "/page.js"),
    picture: await load("img", "src", "/icon.svg"),
    socket: await listen("emostream.v1"),
    plain: await listen(),
  };
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium(f"--host-resolver-rules=MAP {FORGED} 127.0.0.1") as started:
        yield started


def attempts(page: Page, port: int, name: str = "127.0.0.1") -> dict[str, str]:
    learnt: dict[str, str] = page.evaluate(TRY, [f"http://{name}:{port}", f"ws://{name}:{port}"])
    return learnt


def test_a_foreign_page_reads_nothing(browser: Browser) -> None:
    server = serve()
    page = browser.new_page()
    try:
        server.emit(hello())
        server.emit(estimate(1))
        with foreign_page() as origin:
            page.goto(origin)
            assert set(attempts(page, server.port).values()) == {"nothing"}
        page.goto(server.address)
        # The same attempts succeed where they may: it is the origin that they failed by.
        own = attempts(page, server.port)
        assert "<emo-stream" in own["page"]
        assert own["socket"] == "read: opened"
    finally:
        page.close()
        server.close()


def test_a_false_name_reads_nothing(browser: Browser) -> None:
    server = serve()
    page = browser.new_page()
    try:
        server.emit(hello())
        answer = page.goto(f"http://{FORGED}:{server.port}/")
        assert answer is not None
        assert answer.status == 403
        assert "emo-stream" not in page.content()
        # To the browser this page is of the same origin as the server: it may read the answers, which are refusals.
        learnt = attempts(page, server.port, FORGED)
        assert {
            learnt.pop(name).startswith("read: refused: the Host header") for name in ("page", "health", "metrics")
        } == {True}
        assert learnt.pop("unseen").startswith("read: refused")
        assert set(learnt.values()) == {"nothing"}
    finally:
        page.close()
        server.close()


def test_an_allowed_origin_shows_the_element(browser: Browser) -> None:
    page = browser.new_page()
    with foreign_page("<div></div>") as origin:
        server = serve(allowed_origins=[origin])
        try:
            server.emit(hello())
            server.emit(estimate(1, "sad"))
            page.goto(origin)
            page.evaluate(
                """base => {
                    const script = document.createElement("script");
                    Object.assign(script, { type: "module", src: base + "emostream.js" });
                    document.querySelector("div").append(document.createElement("emo-stream"), script);
                }""",
                server.address,
            )
            # Without src it follows the server that its script came from.
            expect(page.locator("emo-stream #label")).to_have_text("sad")
        finally:
            page.close()
            server.close()
