"""The page that ``emostream listen --serve`` serves, in a real browser, while real audio is played."""

import re
from http import HTTPStatus
from itertools import groupby

import pytest
from playwright.sync_api import Page
from websockets.datastructures import Headers
from websockets.http11 import Request

from emostream.events import Estimate, Hello
from emostream.server.http import complete_response, refusal_response
from tests.support.chromium import chromium
from tests.support.processes import Running
from tests.support.streams import of_type

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/")

REMEMBER = """() => {
  const label = document.querySelector("emo-stream").shadowRoot.getElementById("label");
  window.shown = [label.textContent];
  new MutationObserver(() => window.shown.push(label.textContent)).observe(label, { childList: true });
}"""
# The text is set anew with every event, so equal words count once.
TWO_WORDS = "() => new Set(window.shown.filter((word) => window.labels.includes(word) || word === 'silence')).size >= 2"


def test_the_widgets_label_follows_the_audio(model_arguments: list[str]) -> None:
    with (
        chromium() as browser,
        Running("listen", "--or-demo", "--serve", "--format", "jsonl", "--port", 0, *model_arguments) as running,
    ):
        running.wait_for(lambda it: ADDRESS.search(it.messages))
        address = ADDRESS.search(running.messages)
        assert address is not None
        page = browser.new_page()
        page.set_default_timeout(60_000)
        complaints = complaints_of(page)
        page.goto(address.group())
        page.evaluate(REMEMBER)
        running.wait_for(lambda it: it.events)
        hello = running.events[0]
        assert isinstance(hello, Hello)
        labels = hello.labels
        page.evaluate("(labels) => { window.labels = labels }", labels)
        page.wait_for_function(TWO_WORDS)
        shown: list[str] = page.evaluate("() => window.shown")
        running.process.terminate()
        assert running.wait() == 143
        page.wait_for_function("""() => !document.querySelector("emo-stream").shadowRoot.querySelector(".live")""")
        assert complaints == []
    said = [word for word, _ in groupby(map(word_of, of_type(running.events, Estimate)))]
    seen = [word for word, _ in groupby(word for word in shown if word in {*labels, "silence", "not sure"})]
    assert set(seen) & set(labels)
    assert len(set(seen)) >= 2
    assert is_in_order(seen, said), (seen, said)


def complaints_of(page: Page) -> list[str]:
    """What the page's scripts complain of; grows as they do."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "warning" else None)
    return complaints


def word_of(estimate: Estimate) -> str:
    if not estimate.speech:
        return "silence"
    return estimate.label or "not sure"


def is_in_order(some: list[str], of: list[str]) -> bool:
    """Whether ``some`` come in this order among ``of``: a page may miss an estimate, and never shows another one."""
    remaining = iter(of)
    return all(any(word == other for other in remaining) for word in some)


@pytest.mark.parametrize(
    ("scheme", "host", "kept"),
    [("https", "desk.local", True), ("https", "localhost:8765", False), ("http", "desk.local", False)],
)
def test_browsers_keep_to_https_where_that_concerns_no_other_server(scheme: str, host: str, kept: bool) -> None:
    request = Request("/", Headers(Host=host))
    response = refusal_response(HTTPStatus.NOT_FOUND, "nothing here")
    complete_response(request, response, scheme)
    assert ("Strict-Transport-Security" in response.headers) == kept
