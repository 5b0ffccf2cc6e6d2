from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pictures
import pytest
from numpy.typing import NDArray

import digits
from digits.io.number import Digit, Number, box_around
from digits.io.result import Table
from digits.reading.page.aligned import aligned_tables
from digits.reading.page.grid import Grid, find_grids
from digits.reading.page.numbers import reading_order
from digits.reading.page.rules import find_rules
from digits.reading.page.tables import find_tables

HIGH, WIDE, SIZE = 40, 70, 20  # of a cell, and of a digit
NO_GREY = np.full((400, 600), 255, np.uint8)

Pixels = NDArray[np.uint8]
Box = tuple[int, int, int, int]


def number(text: str, x: float, y: float, size: int = SIZE) -> Number:
    """A number whose first digit has its upper left corner at (x, y)."""
    row = np.full(10, 0.1, np.float32)
    boxes = [
        (round(x + 0.8 * size * k), round(y), round(0.6 * size), size) for k in range(len(text))
    ]
    found = tuple(
        Digit(int(t), 0.9, row, box, 1.0, None) for t, box in zip(text, boxes, strict=True)
    )
    return Number(text, 0.9, box_around(boxes), found, (text, 0.0))


def placed(lines: Sequence[str], pitch: tuple[int, int] = (WIDE, HIGH)) -> list[Number]:
    """A number for each word of each line, in columns and rows of that pitch; "." is none."""
    return [
        number(word, 20 + pitch[0] * column, 30 + pitch[1] * row)
        for row, line in enumerate(lines)
        for column, word in enumerate(line.split())
        if word != "."
    ]


def texts(table: Table) -> list[str]:
    return [" ".join("." if cell is None else cell.text for cell in row) for row in table.rows]


def ruled(rows: int, columns: int, *, margin: int = 15, grey: int = 60, width: int = 1) -> Pixels:
    """A grid around cells as `placed` has them."""
    page = np.full((rows * HIGH + 2 * margin + 10, columns * WIDE + 2 * margin), 245, np.uint8)
    right, bottom = margin + columns * WIDE, margin + rows * HIGH
    for k in range(rows + 1):
        cv2.line(page, (margin, margin + k * HIGH), (right, margin + k * HIGH), grey, width)
    for k in range(columns + 1):
        cv2.line(page, (margin + k * WIDE, margin), (margin + k * WIDE, bottom), grey, width)
    return page


def boxes_of(numbers: Sequence[Number]) -> NDArray[np.float32]:
    return np.array([digit.box for each in numbers for digit in each.digits], np.float32)


def grids(page: Pixels, numbers: Sequence[Number]) -> list[Grid]:
    boxes = boxes_of(numbers)
    return find_grids(page, boxes, boxes)


# Ruled lines


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda page: page, id="clean"),
        pytest.param(lambda page: np.where(page < 200, 232, page), id="faint"),
        pytest.param(lambda page: turned(page, 3), id="askew"),
        pytest.param(lambda page: turned(page, -3), id="askew the other way"),
        pytest.param(lambda page: with_gaps(page), id="broken"),
        pytest.param(lambda page: pictures.photographed(np.dstack([page] * 3))[..., 0], id="photo"),
    ],
)
def test_rules_are_found(change: object) -> None:
    page = np.asarray(change(ruled(5, 4)), np.uint8)  # type: ignore[operator]
    lying, standing = find_rules(page, np.zeros((0, 4), np.float32), SIZE)
    assert (len(lying), len(standing)) == (6, 5)


def turned(page: Pixels, degrees: float) -> Pixels:
    middle = (page.shape[1] / 2, page.shape[0] / 2)
    turn = cv2.getRotationMatrix2D(middle, degrees, 1.0)
    return np.asarray(cv2.warpAffine(page, turn, page.shape[::-1], borderValue=(245,)), np.uint8)


def with_gaps(page: Pixels) -> Pixels:
    """Worn off in stripes of 3 pixels, 61 apart."""
    page = page.copy()
    for start in range(36, max(page.shape), 61):
        page[start : start + 3] = page[:, start : start + 3] = 245
    return page


def test_strokes_of_digits_make_no_grid() -> None:
    page = 255 - pictures.page_ink("7411 7171\n7177 1471\n4141 7777")
    boxes = boxes_of(digits.read(page).numbers)
    assert find_grids(page, boxes, boxes) == []


def test_a_dark_margin_is_no_rule() -> None:
    page = np.full((300, 300), 240, np.uint8)
    page[:, :4] = page[-3:] = 20
    lying, standing = find_rules(page, np.zeros((0, 4), np.float32), SIZE)
    assert (len(lying), len(standing)) == (0, 0)


# Ruled tables


def test_numbers_stand_in_the_cells_of_a_grid() -> None:
    lines = ["12 7 305", "4 . 88", "9 61 ."]
    numbers = placed(lines)
    page = ruled(3, 3)
    [table] = find_tables(reading_order(numbers), grids(page, numbers), page)
    assert texts(table) == lines
    assert table.is_ruled
    assert table.shape == (3, 3)
    assert table.rows[0][0] is numbers[0]


def test_an_empty_row_and_column_stay() -> None:
    lines = ["12 . 305", ". . .", "9 . 3"]
    numbers = placed(lines)
    page = ruled(3, 3)
    [table] = find_tables(reading_order(numbers), grids(page, numbers), page)
    assert texts(table) == lines


def test_a_table_without_a_frame_has_its_outer_cells() -> None:
    lines = ["12 7 305", "4 5 88", "9 61 1"]
    numbers = placed(lines)
    page = ruled(3, 3)
    page[:18] = page[-27:] = 245
    page[:, :18] = page[:, -18:] = 245
    [table] = find_tables(reading_order(numbers), grids(page, numbers), page)
    assert texts(table) == lines


def test_a_heading_and_names_are_left_out() -> None:
    numbers = placed([". . .", ". 12 34", ". 5 6", ". 7 8"])
    page = ruled(4, 3)
    for row, column in [(0, 0), (0, 1), (0, 2), (1, 0), (2, 0), (3, 0)]:
        place = (20 + WIDE * column, 45 + HIGH * row)
        cv2.putText(page, "name", place, cv2.FONT_HERSHEY_SIMPLEX, 0.6, 30, 2)
    for each in numbers:
        x, y, wide, high = each.box
        page[y : y + high : 3, x : x + wide] = 30
    [table] = find_tables(reading_order(numbers), grids(page, numbers), page)
    assert texts(table) == ["12 34", "5 6", "7 8"]


def test_a_large_empty_row_at_the_edge_is_no_part_of_a_table() -> None:
    lines = ["12 7 305", "4 5 88", "9 61 1"]
    numbers = [number(n.text, n.box[0], n.box[1] + 100) for n in placed(lines)]
    page = np.vstack([np.full((100, 240), 245, np.uint8), ruled(3, 3)])
    cv2.line(page, (15, 15), (225, 15), 60, 1)
    for x in range(15, 226, WIDE):
        cv2.line(page, (x, 15), (x, 115), 60, 1)
    [table] = find_tables(reading_order(numbers), grids(page, numbers), page)
    assert texts(table) == lines


def test_a_rule_that_is_missed_loses_no_numbers() -> None:
    lines = ["12 7 305", "4 5 88", "9 61 1", "2 33 4", "8 17 6"]
    numbers = placed(lines)
    page = ruled(5, 3)
    page[50:60] = 245  # the rule below the first row
    [table] = find_tables(reading_order(numbers), grids(page, numbers), page)
    assert texts(table) == lines


def test_squared_paper_is_no_table() -> None:
    page = np.full((400, 600), 250, np.uint8)
    page[::25] = page[:, ::25] = 170
    numbers = [number("2024", 60, 53), number("17", 60, 128), number("305", 260, 128)]
    assert grids(page, numbers) == []


def test_a_rule_ends_a_number() -> None:
    page = np.full((220, 260), 250, np.uint8)
    for row in range(3):
        for column, text in enumerate("57"):
            one = pictures.page(text, height=34).pixels[..., 0][34:-34, 34:-34]
            y, x = 30 + 60 * row, 92 + 36 * column
            window = page[y : y + one.shape[0], x : x + one.shape[1]]
            np.minimum(window, one, out=window)
    joined = digits.read(page).text
    for y in (20, 80, 140, 200):
        cv2.line(page, (30, y), (220, y), 90, 1)
    for x in (30, 123, 220):
        cv2.line(page, (x, 20), (x, 200), 90, 1)
    reading = digits.read(page)
    assert joined == "57\n57\n57"
    assert reading.text == "5 7\n5 7\n5 7"
    [table] = reading.tables
    assert texts(table) == ["5 7"] * 3


# Aligned tables


ALIGNED = ["12 7 305", "4 61 88", "9 . 21", "33 4 5"]


@pytest.mark.parametrize("lean", [-0.06, 0.0, 0.06])
def test_aligned_numbers_are_a_table(lean: float) -> None:
    numbers = [
        number(each.text, each.box[0] - lean * each.box[1], each.box[1] + lean * each.box[0])
        for each in placed(ALIGNED)
    ]
    [table] = aligned_tables(reading_order(numbers))
    assert texts(table) == ALIGNED
    assert not table.is_ruled


def test_columns_may_lean_towards_each_other() -> None:
    lines = [*ALIGNED, *ALIGNED, *ALIGNED]
    placed_ones = placed(lines)
    numbers = [
        number(each.text, 150 + (each.box[0] - 150) * (1.3 - each.box[1] / 800), each.box[1])
        for each in placed_ones
    ]
    [table] = aligned_tables(reading_order(numbers))
    assert texts(table) == lines


@pytest.mark.parametrize("side", [0.0, 0.5, 1.0])
def test_columns_are_aligned_left_in_the_middle_or_right(side: float) -> None:
    numbers = [
        number(each.text, each.box[0] - side * each.box[2], each.box[1])
        for each in placed(["1 305", "2024 7", "17 12", "8 4444"], (110, HIGH))
    ]
    [table] = aligned_tables(reading_order(numbers))
    assert texts(table) == ["1 305", "2024 7", "17 12", "8 4444"]


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["12 7 305"], id="one row"),
        pytest.param(["12 7", "4 61"], id="two rows"),
        pytest.param(["12", "7", "305", "4"], id="one column"),
        pytest.param(["12 . . .", ". 7 . .", ". . 3 .", ". . . 8"], id="scattered"),
    ],
)
def test_what_is_no_table(lines: list[str]) -> None:
    assert aligned_tables(reading_order(placed(lines))) == []


def test_lines_of_running_numbers_are_no_table() -> None:
    starts = [(20, 95, 190, 260), (20, 130, 175, 330), (20, 60, 215, 300), (20, 150, 250, 290)]
    numbers = [
        number(text, x, 30 + HIGH * row)
        for row, line in enumerate(starts)
        for text, x in zip(("12", "305", "4", "77"), line, strict=True)
    ]
    assert aligned_tables(reading_order(numbers)) == []


def test_a_gap_parts_two_tables() -> None:
    upper, lower = placed(["1 2", "3 4", "5 6"]), placed(["7 8", "9 1", "2 3"])
    moved = [number(each.text, each.box[0], each.box[1] + 300) for each in lower]
    tables = aligned_tables(reading_order([*upper, *moved]))
    assert [texts(each) for each in tables] == [["1 2", "3 4", "5 6"], ["7 8", "9 1", "2 3"]]


def test_a_table_on_its_side_is_read_in_the_picture_s_own_pixels() -> None:
    text = "\n".join(["24 35 72", "57 43 25", "73 52 47", "34 75 23"])
    page = pictures.page(text, height=40).pixels
    upright, aside = digits.read(page), digits.read(np.rot90(page))
    [table], [other] = upright.tables, aside.tables
    assert texts(table) == texts(other) == text.splitlines()
    assert other.box[2:] == pytest.approx(table.box[:1:-1], abs=6)
    assert other.numbers[0] in aside.numbers or other.rows[0][0] is aside.numbers[0]
