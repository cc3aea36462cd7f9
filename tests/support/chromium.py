"""A real headless Chromium for tests and screenshots."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 120_000  # a busy machine takes longer than Playwright's 30 s to show a page


def microphone_that_plays(recording: Path) -> tuple[str, ...]:
    """Flags that give the browser a microphone in which this WAV file is heard over and over, without being asked."""
    return (
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={recording.resolve()}",
    )


@contextmanager
def chromium(*flags: str) -> Iterator[Browser]:
    """A browser that ends with the block; fails with what to install when there is none."""
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        raise RuntimeError(f"found none of {', '.join(_NAMES)} on PATH: install Chromium to test the widget")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=[*_FLAGS, *flags])
        try:
            yield _patient(browser)
        finally:
            browser.close()


def _patient(browser: Browser) -> Browser:
    """The browser, whose pages have time."""
    new_page, new_context = browser.new_page, browser.new_context

    def patient_page(**settings: Any) -> Page:
        page = new_page(**settings)
        page.set_default_timeout(PATIENCE_MS)
        return page

    def patient_context(**settings: Any) -> BrowserContext:
        context = new_context(**settings)
        context.set_default_timeout(PATIENCE_MS)
        return context

    browser.new_page, browser.new_context = patient_page, patient_context  # type: ignore[method-assign]
    return browser
