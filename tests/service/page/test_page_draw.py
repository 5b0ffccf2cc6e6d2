"""Writing on the page: mouse, finger and pen, thin and broad, undone and cleared."""

from __future__ import annotations

import base64

import cv2
import numpy as np
from playwright.sync_api import Page, expect
from service.page.browsing import PHONE, Finger, Mouse, Open, Pen, expect_numbers, written

SENT = """async () => {
  const { greyPng } = await import('/page/png.js');
  const pad = document.getElementById('pad');
  const pixels = pad.getContext('2d').getImageData(0, 0, pad.width, pad.height);
  return [[...await greyPng(pixels)], [...pixels.data]];
}"""


def set_pen(page: Page, percent: float) -> None:
    page.locator("#pen-width").fill(f"{percent:g}")


def ink_of(page: Page) -> int:
    """Dark pixels of the drawing area."""
    url: str = page.evaluate("document.getElementById('pad').toDataURL()")
    content = np.frombuffer(base64.b64decode(url.partition(",")[2]), np.uint8)
    return int((cv2.imdecode(content, cv2.IMREAD_GRAYSCALE) < 128).sum())


def test_pen_widths(page: Page) -> None:
    inks = []
    for percent in (0.5, 1, 2.5, 4, 6):
        set_pen(page, percent)
        Mouse(page).write(written("25", page))
        expect_numbers(page, "25")
        inks.append(ink_of(page))
        page.locator("#clear").click()
        expect(page.locator("#text .number")).to_have_count(0)
    assert inks == sorted(inks)
    assert inks[-1] > 5 * inks[0]


def test_the_drawing_is_sent_as_it_is(page: Page) -> None:
    """In grey levels, none of its pixels changed; upright, whatever it looks like."""
    with page.expect_request("**/api/read?*") as sent:
        Mouse(page).write(written("7", page))
    assert "orientation=0" in sent.value.url
    expect_numbers(page, "7")
    found, pixels = page.evaluate(SENT)
    decoded = cv2.imdecode(np.array(found, np.uint8), cv2.IMREAD_UNCHANGED)
    colours = np.array(pixels, np.uint8).reshape(*decoded.shape, 4)[..., :3]
    np.testing.assert_array_equal(decoded, cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY))


def test_finger_on_a_phone(open_page: Open) -> None:
    page = open_page(phone=True).page
    for percent in (0.5, 6):
        set_pen(page, percent)
        Finger(page).write(written("36", page))
        expect_numbers(page, "36")
        box = page.locator("#text").bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < PHONE[1]  # the answer is seen while one writes
        page.locator("#clear").click()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]


def test_pressure_makes_a_pen_broader(page: Page) -> None:
    strokes = written("4", page)
    Mouse(page).write(strokes)
    plain = ink_of(page)
    page.locator("#clear").click()
    Pen(page, force=0.9).write(strokes)
    expect_numbers(page, "4")
    pressed = ink_of(page)
    page.locator("#clear").click()
    Pen(page, force=0.2).write(strokes)
    expect_numbers(page, "4")
    assert ink_of(page) < 0.8 * plain < plain < 0.8 * pressed


def test_several_lines(page: Page) -> None:
    Mouse(page).write(written("20\n745", page, height=0.3))
    expect_numbers(page, "20", "745")
    expect(page.locator("#text p")).to_have_count(2)
    expect(page.locator("#numbers .row")).to_have_count(2)
    expect(page.locator("#boxes .box b")).to_have_text(["20", "745"])


def test_box_is_around_the_ink(page: Page) -> None:
    strokes = written("8", page)
    Mouse(page).write(strokes)
    expect_numbers(page, "8")
    box = page.locator("#boxes .box").bounding_box()
    points = np.array([point for stroke in strokes for point in stroke])
    assert box is not None
    near = 20  # half a pen, the border, and what the reader leaves around ink
    assert abs(points[:, 0].min() - box["x"]) < near
    assert abs(points[:, 1].max() - box["y"] - box["height"]) < near


def test_undo_takes_one_stroke_and_brings_back_what_was_cleared(page: Page) -> None:
    first = written("1", page)
    Mouse(page).write(first)
    one = ink_of(page)
    Mouse(page).write([[(x + 120, y) for x, y in first[0]]])
    page.locator("#undo").click()
    assert ink_of(page) == one
    page.locator("#clear").click()
    assert ink_of(page) == 0
    page.keyboard.press("Control+z")
    assert ink_of(page) == one
    expect_numbers(page, "1")
    page.locator("#undo").click()
    expect(page.locator("#text .number")).to_have_count(0)
    expect(page.locator("#undo")).to_be_disabled()


def test_one_digit_is_answered_whatever_it_is(page: Page) -> None:
    Mouse(page).write(written("5", page))
    expect_numbers(page, "5")
    page.get_by_text("One digit").click()
    expect(page.locator("#text .digit")).to_have_count(1)
    page.get_by_text("One number").click()
    expect_numbers(page, "5")


def test_alternatives_by_keyboard(page: Page) -> None:
    Mouse(page).write(written("47", page))
    expect_numbers(page, "47")
    page.locator("#text .digit").first.focus()
    expect(page.locator("#alternatives p")).to_contain_text("4 in 47")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#alternatives p")).to_contain_text("7 in 47")
    expect(page.locator("#alternatives li")).to_have_count(10)
    expect(page.locator("#boxes .pointed")).to_have_count(1)
