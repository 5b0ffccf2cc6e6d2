"""One service and one browser for all tests of the page."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import pytest
from service.serving import Running, running

pytest.importorskip("playwright.sync_api", reason="Playwright's Python package is not installed")

from playwright.sync_api import Browser, Page, ViewportSize, expect
from service.page.browsing import (
    DESKTOP,
    PATIENCE,
    PHONE,
    Open,
    Watched,
)


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service that keeps corrections."""
    folder = tmp_path_factory.mktemp("kept") / "my-hand"
    with running("--corrections", str(folder)) as service:
        yield service


@pytest.fixture
def open_page(browser: Browser, service: Running) -> Iterator[Open]:
    """Opens the page at the size of a desktop or a phone; whatever it complains of fails."""
    opened: list[Watched] = []

    def open_one(
        *,
        phone: bool = False,
        dark: bool = False,
        url: str = service.url,
        allowed: Collection[int] = (),
        wait: bool = True,
    ) -> Watched:
        width, height = PHONE if phone else DESKTOP
        context = browser.new_context(
            viewport=ViewportSize(width=width, height=height),
            has_touch=phone,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            accept_downloads=True,
            permissions=["camera", "clipboard-read", "clipboard-write"],
        )
        context.set_default_timeout(PATIENCE)
        watched = Watched(context.new_page(), url, allowed)
        opened.append(watched)
        watched.page.goto(url)
        if wait:
            expect(watched.page.locator("#privacy")).not_to_be_empty()  # the last to be set up
        return watched

    yield open_one
    for watched in opened:
        watched.page.context.close()
    assert [complaint for watched in opened for complaint in watched.complaints] == []


@pytest.fixture
def page(open_page: Open) -> Page:
    """The page on a desktop."""
    return open_page().page
