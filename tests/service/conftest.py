"""One browser for the tests of a module: while Playwright runs, no other loop does."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright
from service.page.browsing import OPTIONS, browser_path, camera_film, on_sheet


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium, whose camera sees the number 42."""
    path = browser_path()
    if path is None:
        if os.environ.get("DIGITS_BROWSER") == "required":
            pytest.fail("no Chromium: install Debian's package chromium")
        pytest.skip("no Chromium on this machine: the page is not tested")
    film = tmp_path_factory.mktemp("camera") / "42.y4m"
    camera_film(film, on_sheet("42"))
    option = f"--use-file-for-fake-video-capture={film}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*OPTIONS, option])
        yield browser
        browser.close()
