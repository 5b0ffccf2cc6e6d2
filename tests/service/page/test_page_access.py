"""For everybody: by keyboard, by screen reader, in light and dark, under a strict policy."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from service.page.browsing import Finger, Mouse, Open, expect_numbers, written
from service.serving import Running

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.mark.parametrize(("phone", "dark"), [(False, False), (True, True)])
def test_axe_finds_nothing(open_page: Open, phone: bool, dark: bool) -> None:
    page = open_page(phone=phone, dark=dark).page
    (Finger if phone else Mouse)(page).write(written("407", page))
    expect_numbers(page, "407")
    page.locator("#saw").scroll_into_view_if_needed()
    page.locator(".strip button").nth(1).click()
    page.locator(".maps button").nth(4).click()
    expect(page.locator(".part").first).to_be_visible()
    found = Axe().run(page, options={"runOnly": RULES})
    assert [
        (each["id"], [node["html"][:120] for node in each["nodes"]])
        for each in found.response["violations"]
    ] == []


def test_everything_is_reached_by_the_tab_key(page: Page) -> None:
    Mouse(page).write(written("73", page))
    expect_numbers(page, "73")
    reached = set()
    page.locator(".skip").focus()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("() => document.activeElement.id || document.activeElement.className")
        )
    wanted = {"pad", "undo", "clear", "pen-width", "files", "photograph", "digit"}
    assert wanted <= reached


def test_the_policy_is_strict(service: Running) -> None:
    with service.client() as client:
        policy = client.get("/").headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


def test_the_page_says_when_the_service_is_gone(open_page: Open) -> None:
    watched = open_page()
    watched.page.route("**/api/read*", lambda route: route.abort())
    watched.page.route("**/engine/*", lambda route: route.abort())
    Mouse(watched.page).write(written("2", watched.page))
    expect(watched.page.locator("#status")).to_contain_text("does not answer")
    watched.page.close()  # before it tries again
    watched.complaints.clear()  # the browser's own words about it
