"""A page that was served goes on when the service is gone."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import Browser
from service.page.browsing import DESKTOP, PATIENCE, Mouse, expect_numbers, written
from service.serving import running

from digits.errors import DigitsError
from digits.service.runtime import runtime_files


@pytest.fixture(scope="module", autouse=True)
def runtime() -> None:
    try:
        runtime_files()
    except DigitsError as error:
        if os.environ.get("DIGITS_BROWSER") == "required":
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.mark.parametrize("is_reloaded", [False, True])
def test_it_reads_in_the_browser_from_then_on(browser: Browser, is_reloaded: bool) -> None:
    width, height = DESKTOP
    context = browser.new_context(viewport={"width": width, "height": height})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    with running() as service:
        page.goto(service.url)
        page.evaluate("async () => { await navigator.serviceWorker.ready; }")
    if is_reloaded:
        page.reload()
    Mouse(page).write(written("41", page))
    expect_numbers(page, "41")
    context.close()


def test_it_asks_for_no_token_before_it_is_kept(browser: Browser) -> None:
    with running("--token", "a-secret") as service, service.client() as client:
        for name in ("/", "/service-worker.js", "/manifest.webmanifest", "/page/icon-192.png"):
            assert client.get(name).status_code == 200, name
        assert client.get("/api/models").status_code == 401
        assert "page/engine/install.js" in client.get("/").text
