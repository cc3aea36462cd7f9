"""What the tests of the widget share: a real Chromium whose microphone plays a recording, and pages of a server."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import soundfile
import soxr
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from emostream.audio import Samples
from emostream.server.config import ServerConfig
from emostream.server.server import Server
from tests.support.chromium import chromium, microphone_that_plays
from tests.support.wire import RATE_HZ

CLIP_S = 11
# The browser itself writes this to the console when a daemon is away; no page can keep it from doing so.
REFUSED = "net::ERR_CONNECTION_"

Open = Callable[..., Page]


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory, recording: Samples) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.wav"
    soundfile.write(path, soxr.resample(recording[: CLIP_S * 16_000], 16_000, RATE_HZ), RATE_HZ, subtype="PCM_16")
    return path


@pytest.fixture(scope="module")
def browser(clip: Path) -> Iterator[Browser]:
    with chromium(*microphone_that_plays(clip)) as started:
        yield started


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture
def sink() -> Iterator[Server]:
    served = Server(ServerConfig(port=0))
    yield served
    served.close()


@pytest.fixture
def open_page(browser: Browser, sink: Server) -> Iterator[Open]:
    """Opens the daemon's page; afterwards nothing may have gone wrong in it, refusals by its own policy included."""
    complaints: list[str] = []

    def collect(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and REFUSED not in message.text:
            complaints.append(message.text)

    with ExitStack() as stack:

        def start(query: str = "", **settings: object) -> Page:
            page = browser.new_page(**settings)  # type: ignore[arg-type]
            stack.callback(page.close)
            page.on("console", collect)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.goto(f"http://127.0.0.1:{sink.port}/{query}")
            page.wait_for_function(
                "() => document.querySelector('#live').shadowRoot?.querySelector('#state').textContent !== 'connecting'"
            )
            return page

        yield start
    assert complaints == []
