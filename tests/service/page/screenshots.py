"""Makes the pictures of the page for the README again.

On a machine that does nothing else, as they show how long an answer took:
PYTHONPATH=tests python tests/service/page/screenshots.py
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, expect, sync_playwright
from service.page.browsing import OPTIONS, Mouse, browser_path, expect_numbers, written
from service.serving import running

DOCS = Path(__file__).parents[3] / "docs"
QUALITY = 80  # of the JPEG files
SHOTS = {"page_desktop.jpg": (1280, 1100, 1, "2047\n365"), "page_phone.jpg": (390, 844, 2, "274")}


def show(page: Page, text: str) -> None:
    """Write, and look into a layer."""
    Mouse(page).write(written(text, page, height=0.32 if "\n" in text else 0.36))
    expect_numbers(page, *text.split())
    page.locator("#text .digit").last.hover()
    page.locator("#saw").scroll_into_view_if_needed()
    expect(page.locator(".strip button")).not_to_have_count(0)
    page.evaluate("() => { scrollTo({ top: 0, behavior: 'instant' }); }")
    page.mouse.move(2, 2)


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        running("--corrections", folder) as service,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=browser_path(), args=[*OPTIONS])
        for name, (width, height, scale, text) in SHOTS.items():
            size = ViewportSize(width=width, height=height)
            page = browser.new_page(viewport=size, device_scale_factor=scale)
            page.goto(service.url)
            show(page, text)
            page.screenshot(path=DOCS / name, type="jpeg", quality=QUALITY)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
