"""What people meet: each case as a picture made here, read as a whole page."""

from __future__ import annotations

import cv2
import numpy as np
import pictures
import pytest

import digits
from digits.io.result import Reading

READER = digits.Reader()


def under(pixels: pictures.Pixels, printed: pictures.Pixels) -> pictures.Pixels:
    """A page printed on before it was written on: of both the darker."""
    return np.minimum(pixels, printed)


def digits_of(reading: Reading) -> str:
    return "".join(number.text for number in reading.numbers)


@pytest.mark.parametrize("text", [*"0123456789"])
def test_a_lone_digit_on_an_empty_page(text: str) -> None:
    sheet = np.full((900, 700, 3), 245, np.uint8)
    small = pictures.page(text, height=36, paper=(245, 245, 245)).pixels
    sheet[500 : 500 + small.shape[0], 180 : 180 + small.shape[1]] = small
    assert READER.read(sheet).text == text


def test_a_large_photo_with_one_small_number() -> None:
    sheet = np.full((1728, 2304, 3), 225, np.uint8)
    small = pictures.page("4075", height=44, paper=(225, 225, 225)).pixels
    sheet[1200 : 1200 + small.shape[0], 300 : 300 + small.shape[1]] = small
    assert READER.read(pictures.photographed(sheet, shadow=0.6)).text == "4075"


def test_a_table_on_squared_paper_keeps_its_rows_and_columns() -> None:
    page = pictures.page("21 307 65\n22 419 67\n93 40 168", height=44)
    grid = np.full_like(page.pixels, 255)
    for at in range(7, max(grid.shape[:2]), 30):
        grid[at : at + 1] = grid[:, at : at + 1] = (170, 190, 225)
    assert READER.read(under(page.pixels, grid)).text == page.text


def test_small_digits_have_boxes_of_their_own_between_rules_that_touch_them() -> None:
    page = pictures.page("217 365 980\n482 907 354\n160 583 219", height=14)
    rules = np.full_like(page.pixels, 255)
    for _, y, _, high in page.boxes:
        rules[[y - 3, y - 2, y + high + 1, y + high + 2]] = 30
    for x, _, wide, _ in (page.boxes[2], page.boxes[5], page.boxes[8]):
        rules[:, x + wide + 2 : x + wide + 5] = 30
    reading = READER.read(under(page.pixels, rules))
    assert reading.text == page.text
    found = [digit.box for number in reading.numbers for digit in number.digits]
    shared = [pictures.overlap(*both) for both in zip(found, page.boxes, strict=True)]
    assert min(shared) >= 0.5


def test_numbers_in_the_boxes_of_a_form() -> None:
    page = pictures.page("4 0 7 3 1", height=48)
    form = np.full_like(page.pixels, 255)
    edges = [(a[0] + a[2] + b[0]) // 2 for a, b in zip(page.boxes, page.boxes[1:], strict=False)]
    wide = edges[1] - edges[0]
    for left in [edges[0] - wide, *edges]:
        cv2.rectangle(form, (left, 32), (left + wide, 112), (60, 60, 60), 2)
    assert digits_of(READER.read(under(page.pixels, form))) == "40731"


def test_a_sudoku_and_its_empty_cells() -> None:
    side, rows = 56, ["530070000", "600195000", "098000060"]
    sheet = np.full((9 * side + 40, 9 * side + 40, 3), 250, np.uint8)
    for row, cells in enumerate(rows * 3):
        for column, digit in enumerate(cells):
            if digit != "0":
                ink = pictures.page(digit, height=32, paper=(250, 250, 250)).pixels
                ink = ink[20:-20, 20:-20]
                y = 20 + row * side + (side - ink.shape[0]) // 2
                x = 20 + column * side + (side - ink.shape[1]) // 2
                sheet[y : y + ink.shape[0], x : x + ink.shape[1]] = ink
    for line in range(10):
        at, thick = 20 + line * side, 1 if line % 3 else 3
        cv2.line(sheet, (at, 20), (at, 20 + 9 * side), (30, 30, 30), thick)
        cv2.line(sheet, (20, at), (20 + 9 * side, at), (30, 30, 30), thick)
    assert digits_of(READER.read(sheet)) == "".join(rows * 3).replace("0", "")


def test_a_dark_photo() -> None:
    page = pictures.page("2024\n17 305", height=60)
    dark = pictures.photographed(page.pixels, shadow=0.5)
    assert READER.read((dark * 0.25).astype(np.uint8)).text == page.text


def test_a_page_half_of_which_lies_in_the_dark() -> None:
    page = pictures.page("2024 175\n3059 641\n7083 952", height=30)
    light = np.where(np.arange(page.pixels.shape[1]) < 150, 0.08, 1)[:, None]
    assert READER.read((page.pixels * light).astype(np.uint8)).text == page.text


def test_faint_digits_beside_bold_ones() -> None:
    bold = pictures.page("2024 175\n3059 641", height=40, paper=(240, 240, 240))
    faint = pictures.page("2024 175\n3059 641", height=40, ink=(190,) * 3, paper=(240,) * 3)
    half = bold.pixels.shape[0] // 2
    page = np.concatenate([bold.pixels[:half], faint.pixels[half:]])
    assert READER.read(page).text == bold.text


def test_a_screenshot_of_white_on_black() -> None:
    page = pictures.page("2024\n17 305", height=30, ink=(255, 255, 255), paper=(0, 0, 0))
    assert READER.read(page.pixels).text == page.text


def test_faint_pencil() -> None:
    page = pictures.page("2024\n17 305", height=60, ink=(205, 205, 205), paper=(240, 240, 236))
    assert READER.read(pictures.photographed(page.pixels, shadow=0.8)).text == page.text


@pytest.mark.parametrize(("points", "pen"), [(25, 8), (13, 5)])
def test_a_number_that_is_crossed_out_is_not_read(points: int, pen: int) -> None:
    page = pictures.page("305\n478", height=60)
    struck = page.pixels.copy()
    boxes = np.array(page.boxes[:3])
    left, right = boxes[0, 0] - 10, boxes[2, 0] + boxes[2, 2] + 10
    top, foot = boxes[:, 1].min(), (boxes[:, 1] + boxes[:, 3]).max()
    across = np.linspace(left, right, points).astype(int)
    path = [(x, top + 12 if k % 2 else foot - 12) for k, x in enumerate(across)]
    cv2.polylines(struck, [np.array(path, np.int32)], False, (20, 20, 60), pen, cv2.LINE_AA)
    assert READER.read(struck).text == "478"


def test_a_sum_with_its_signs() -> None:
    page = pictures.page("17 25 42", height=60)
    first, second = page.boxes[1], page.boxes[2]
    for (a, b), is_plus in (((first, second), True), ((page.boxes[3], page.boxes[4]), False)):
        x, y = (a[0] + a[2] + b[0]) // 2, a[1] + 32
        if is_plus:
            cv2.line(page.pixels, (x - 14, y), (x + 14, y), (20, 20, 60), 5, cv2.LINE_AA)
            cv2.line(page.pixels, (x, y - 14), (x, y + 14), (20, 20, 60), 5, cv2.LINE_AA)
        else:
            for shift in (-7, 7):
                ends = (x - 14, y + shift), (x + 14, y + shift)
                cv2.line(page.pixels, *ends, (20, 20, 60), 5, cv2.LINE_AA)
    assert READER.read(page.pixels).text == "17 25 42"


@pytest.mark.parametrize(
    "lines",
    [
        ["milk bread and butter", "remember the meeting", "call Anna tomorrow"],
        ["the quick brown fox", "jumps over the lazy dog"],
    ],
)
def test_a_page_of_letters_is_an_empty_reading(lines: list[str]) -> None:
    sheet = np.full((500, 900, 3), 245, np.uint8)
    for row, words in enumerate(lines):
        place = (40, 140 + 120 * row)
        cv2.putText(sheet, words, place, cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, 1.8, (30, 30, 60), 3)
    assert READER.read(sheet).text == ""


def test_an_uneven_line_is_read_from_left_to_right() -> None:
    page = np.full((400, 800, 3), 240, np.uint8)
    for digit, x, y, height in [("1", 48, 100, 140), ("2", 120, 180, 70), ("3", 210, 60, 121)]:
        ink = pictures.page_ink(digit, height=height)
        left, top, columns, rows = cv2.boundingRect(ink)
        ink = ink[top : top + rows, left : left + columns]
        window = page[y : y + rows, x : x + columns]
        window[:] = np.minimum(window, 255 - ink[..., None])
    assert READER.read(page).text.split() == ["1", "2", "3"]
