"""Corrections by keyboard, kept, undone, exported; and the profile they teach."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from service.page.browsing import Mouse, Open, expect_numbers, written
from service.serving import Running, running


@pytest.fixture(autouse=True)
def nothing_kept(service: Running) -> Iterator[None]:
    """Every test begins without corrections."""
    yield
    with service.client() as client:
        for entry in client.get("/api/corrections").json()["corrections"]:
            assert client.delete(f"/api/corrections/{entry['id']}").status_code == 204


def write(page: Page, text: str) -> None:
    write_only(page, text)
    expect(page.locator(".queue button")).to_have_count(len(text))


def write_only(page: Page, text: str) -> None:
    Mouse(page).write(written(text, page))
    expect_numbers(page, text)


def kept(page: Page) -> list[str]:
    return page.locator(".kept li span").all_inner_texts()


def test_three_answers_by_keyboard_survive_a_reload(page: Page) -> None:
    write(page, "359")
    labels = [each.get_attribute("aria-label") for each in page.locator(".queue button").all()]
    sure = [float((each or "").rsplit(", ", 1)[1].strip("> %")) for each in labels]
    assert sure == sorted(sure)  # the least sure stand first
    read = page.locator(".queue button span").all_inner_texts()
    page.locator(".queue button").first.focus()
    for key, done in (("Enter", 1), ("7", 2), ("x", 3)):
        page.keyboard.press(key)  # and on to the next digit
        expect(page.locator(".queue .done")).to_have_count(done)
    expected = [f"{read[2]} → not a digit", f"{read[1]} → 7", f"{read[0]} ✓"]
    assert kept(page) == expected
    page.reload()
    expect(page.locator(".kept li")).to_have_count(3)
    assert kept(page) == expected
    expect(page.locator(".kept")).to_contain_text("3 answers kept in my-hand")


def test_one_is_exported_and_undone(page: Page, tmp_path: Path) -> None:
    expect(page.locator("#teach-body")).to_contain_text("Not enough yet: 10 more")
    expect(page.get_by_role("button", name="Teach it")).to_be_disabled()
    write(page, "28")
    page.locator(".queue button").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".kept li")).to_have_count(1)
    expect(page.locator("#teach-body")).to_contain_text("Not enough yet: 9 more")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export as zip").click()
    download.value.save_as(tmp_path / "kept.zip")
    with zipfile.ZipFile(tmp_path / "kept.zip") as archive:
        [line] = archive.read("corrections.jsonl").decode().splitlines()
        entry = json.loads(line)
        assert f"tiles/{entry['id']}.png" in archive.namelist()
    assert entry["confirmed"]
    page.locator(".kept").get_by_role("button", name="Undo").click()
    expect(page.locator(".kept li")).to_have_count(0)
    expect(page.locator(".queue .done")).to_have_count(0)


def test_a_contradiction_is_asked_once_more(open_page: Open, service: Running) -> None:
    page = open_page(allowed={409}).page
    write(page, "4")
    page.locator(".queue button").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".kept li")).to_have_count(1)
    with service.client() as client:  # and four more that agree
        [entry] = client.get("/api/corrections").json()["corrections"]
        for _ in range(4):
            answer = {"tile": entry["tile"], "read": 4, "answer": 4}
            assert client.post("/api/corrections", json=answer).status_code == 201
    page.keyboard.press("9")
    expect(page.locator("#asked")).to_contain_text("most like it")
    page.keyboard.press("Escape")
    expect(page.locator("#asked")).to_be_empty()
    page.keyboard.press("9")
    expect(page.get_by_role("button", name="Keep it")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".kept li")).to_have_count(6)
    assert kept(page)[0] == "4 → 9"


def test_off_unless_asked_for_and_a_token_asked_once(open_page: Open) -> None:
    with running("--token", "open-sesame") as plain:
        page = open_page(url=plain.url, allowed={401}, wait=False).page
        page.get_by_role("textbox", name="Token").fill("open-sesame")
        page.get_by_role("button", name="Go on").click()
        expect(page.locator("#privacy")).to_contain_text("nothing is kept")
        expect(page.locator("#correct-body")).to_contain_text("digits serve --corrections FOLDER")
        expect(page.locator("#teach-body")).to_contain_text("off")
        write_only(page, "2")
        page.close()
