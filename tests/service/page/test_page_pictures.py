"""Pictures that are chosen, dropped, pasted, photographed, or come as examples."""

from __future__ import annotations

from pathlib import Path

import cv2
import pictures
from playwright.sync_api import FilePayload, Page, expect
from service.page.browsing import Mouse, Open, expect_numbers, give_files, on_sheet, written

SAMPLES = Path(__file__).parents[3] / "samples"
EXAMPLES = Path(__file__).parents[3] / "src/digits/service/page/examples"


def png(text: str) -> bytes:
    return pictures.png(on_sheet(text))


def choose(page: Page, *files: tuple[str, bytes]) -> None:
    payloads = [FilePayload(name=name, mimeType="", buffer=content) for name, content in files]
    page.locator("#files").set_input_files(payloads)


def test_several_pictures_in_one_go(page: Page) -> None:
    choose(page, ("a.png", png("19")), ("b.png", png("305")), ("c.png", png("7")))
    film = page.locator("#film button > span:last-child")
    expect(film).to_have_text(["Drawing", "19", "305", "7"])
    expect_numbers(page, "19")
    page.locator("#film button").nth(2).click()
    expect_numbers(page, "305")
    expect(page.locator("#picture")).to_have_attribute("alt", "b.png")
    check_box(page)
    page.locator("#remove").click()
    expect(film).to_have_text(["Drawing", "19", "7"])


def check_box(page: Page) -> None:
    """The number's box is in the middle, as the number is on the sheet."""
    picture, box = (page.locator(each).bounding_box() for each in ("#picture", "#boxes .box"))
    assert picture is not None
    assert box is not None
    across = box["x"] + box["width"] / 2 - picture["x"] - picture["width"] / 2
    down = box["y"] + box["height"] / 2 - picture["y"] - picture["height"] / 2
    assert abs(across) < 0.05 * picture["width"]
    assert abs(down) < 0.05 * picture["height"]


def test_pasted_and_dropped(page: Page) -> None:
    give_files(page, "paste", [("one.png", png("81"))])
    expect_numbers(page, "81")
    give_files(page, "drop", [("two.png", png("23")), ("three.png", png("60"))])
    expect_numbers(page, "23")
    expect(page.locator("#film button")).to_have_count(4)
    expect(page.locator("#drop")).to_be_hidden()


def test_a_photo_by_the_camera_and_back_to_the_drawing(page: Page) -> None:
    Mouse(page).write(written("6", page))
    expect_numbers(page, "6")
    page.locator("#photograph").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#camera")).to_be_hidden()
    expect(page.locator("#film")).to_be_hidden()
    page.locator("#photograph").click()
    expect(page.locator("#camera video")).to_be_visible()
    page.get_by_role("button", name="Take the photo").click()
    expect_numbers(page, "42")
    expect(page.locator("#camera")).to_be_hidden()
    expect(page.locator("#picture-name")).to_contain_text("photo")
    page.get_by_role("button", name="Back to drawing").click()
    expect_numbers(page, "6")
    expect(page.locator("#pad")).to_be_visible()


def test_without_a_camera_the_phone_is_asked_for_a_picture(open_page: Open) -> None:
    page = open_page(phone=True).page
    page.evaluate("() => { navigator.mediaDevices.getUserMedia = () => Promise.reject(); }")
    with page.expect_file_chooser() as asked:
        page.locator("#photograph").click()
    asked.value.set_files([FilePayload(name="p.png", mimeType="image/png", buffer=png("53"))])
    expect_numbers(page, "53")


def test_what_is_no_picture_is_told_in_one_line(open_page: Open) -> None:
    page = open_page(allowed={422}).page
    choose(page, ("notes.png", b"these are no pixels"), ("b.png", png("12")))
    expect(page.locator("#status")).to_contain_text("notes.png")
    expect(page.locator("#status")).to_have_class("status error")
    expect(page.locator("#film button > span:last-child")).to_have_text(
        ["Drawing", "not read", "12"]
    )


def test_pages_that_browsers_do_not_show_have_boxes_all_the_same(page: Page) -> None:
    encoded = cv2.imencode(".tiff", on_sheet("90"))[1].tobytes()
    choose(page, ("scan.tiff", encoded))
    expect_numbers(page, "90")
    expect(page.locator("#blank")).to_be_visible()
    expect(page.locator("#boxes .box b")).to_have_text("90")


def test_examples_are_one_click_away(page: Page) -> None:
    page.get_by_role("button", name="2024 in blue ink").click()
    expect_numbers(page, "2024")
    page.get_by_role("button", name="Three numbers in pencil, photographed").click()
    expect_numbers(page, "58", "17", "23")


def test_what_is_no_digit_is_said_in_large_type(page: Page) -> None:
    page.get_by_role("button", name="A flower, which is no digit").click()
    answer = page.locator("#text p")
    expect(answer).to_have_text("no digit")
    size = answer.evaluate("node => getComputedStyle(node).fontSize")
    assert float(size.removesuffix("px")) > 40


def test_examples_are_the_samples() -> None:
    for each in EXAMPLES.iterdir():
        assert each.read_bytes() == (SAMPLES / each.name).read_bytes(), each.name
