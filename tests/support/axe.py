"""axe-core, which finds what keeps people from using a page."""

from importlib import resources

from playwright.sync_api import Page

AXE = (resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
SERIOUS = ("serious", "critical")


def faults(page: Page) -> list[str]:
    """The serious ones, each with where it is. Scripts of the test are not held back by the page's policy."""
    page.evaluate(AXE)
    found = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{fault['id']}: {fault['help']}: {[node['target'] for node in fault['nodes']]}"
        for fault in found["violations"]
        if fault["impact"] in SERIOUS
    ]
