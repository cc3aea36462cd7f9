"""Parts of the widget in a page of the server: of the element that follows unless another is named."""

from playwright.sync_api import Locator, Page


def part(page: Page, name: str, element: str = "#live") -> Locator:
    return page.locator(f"{element} #{name}")


def meter(page: Page, name: str) -> Locator:
    return page.locator("#live").get_by_role("meter", name=name)
