"""One site and one browser for all tests of the engine."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

pytest.importorskip("playwright.sync_api", reason="Playwright's Python package is not installed")

from playwright.sync_api import Browser
from service.engine.browser import BLANK, Engine, served

from digits import Reader
from digits.errors import DigitsError
from digits.service.site import site_files

REQUIRED = os.environ.get("DIGITS_BROWSER") == "required"


@pytest.fixture(scope="session")
def reader() -> Reader:
    return Reader().warm_up()


@pytest.fixture(scope="session")
def site(reader: Reader) -> dict[str, bytes]:
    """All files of the site, and a blank page beside."""
    try:
        return site_files(reader.bundle) | {"blank/index.html": BLANK}
    except DigitsError as error:
        if REQUIRED:
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def engine(browser: Browser, site: dict[str, bytes]) -> Iterator[Engine]:
    """The engine in a browser; whatever that complains of fails at the end."""
    with served(site) as url:
        started = Engine.started(browser, f"{url}blank/")
        yield started
        assert started.complaints == []
        started.page.close()
