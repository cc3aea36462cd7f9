"""A page that came neither over https nor from this machine, in a browser of its own that takes it for such."""

from playwright.sync_api import expect

from tests.support.chromium import chromium
from tests.support.serving import serve
from tests.support.streams import Parts


def test_an_insecure_page_has_no_microphone_and_says_why(parts: Parts) -> None:
    server = serve(parts, allowed_hosts=["desk.test"])
    try:
        with chromium("--host-resolver-rules=MAP desk.test 127.0.0.1") as browser:
            page = browser.new_page()
            page.goto(f"http://desk.test:{server.port}/")
            expect(page.locator("#microphone #label")).to_have_text("no microphone")
            expect(page.locator("#microphone #detail")).to_contain_text("over https or from this machine")
            expect(page.locator("#microphone").get_by_role("button")).to_have_count(0)
    finally:
        server.close()
