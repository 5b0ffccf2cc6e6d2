"""Which way up a page is read."""

from __future__ import annotations

import cv2
import numpy as np
import pictures
import pytest
from numpy.typing import NDArray

import digits
from digits.io.number import Digit, number_of
from digits.io.result import UNSURE, Rejected
from digits.model.spec import LINE_DIGIT
from digits.reading.page.numbers import Page
from digits.reading.page.orientation import (
    ORIENTATIONS,
    PART,
    SMALL,
    rotated,
    rotated_back,
    upright,
)

READER = digits.Reader()
PAGE = "2024 17\n305 896\n4175 36\n28 5947"


@pytest.mark.parametrize("degrees", ORIENTATIONS)
def test_boxes_lie_on_the_picture_as_it_is(degrees: int) -> None:
    grey = np.zeros((40, 60), np.uint8)
    grey[5:12, 20:50] = 255
    rows, columns = np.nonzero(rotated(grey, degrees))
    box = (columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1)
    assert rotated_back(box, degrees, grey.shape) == (20, 5, 30, 7)


@pytest.mark.parametrize("degrees", ORIENTATIONS)
def test_a_page_is_read_whichever_way_it_lies(degrees: int) -> None:
    page = pictures.page(PAGE, height=40)
    lying = np.rot90(page.pixels, degrees // 90)  # turned back clockwise it stands
    reading = READER.read(np.ascontiguousarray(lying))
    assert reading.orientation == degrees
    assert reading.text == PAGE
    first = reading.numbers[0].box
    x, y, wide, high = first
    ink = lying[y : y + high, x : x + wide].min()
    assert ink < 128


@pytest.mark.parametrize("degrees", ORIENTATIONS)
def test_a_few_digits_are_read_whichever_way_they_lie(degrees: int) -> None:
    page = pictures.page("347 2", height=60)
    reading = READER.read(np.ascontiguousarray(np.rot90(page.pixels, degrees // 90)))
    assert (reading.text, reading.orientation) == ("347 2", degrees)


def test_digits_that_are_others_upside_down_stay_as_they_are() -> None:
    page = pictures.page("66", height=60)
    over = np.ascontiguousarray(np.rot90(page.pixels, 2))
    assert READER.read(over).orientation == 0


def test_a_page_of_ones_is_not_turned_into_sevens() -> None:
    page = pictures.page("1 1 1 1\n1 1 1 1\n1 1 1 1", height=50)
    assert READER.read(page.pixels).orientation == 0


def test_the_orientation_can_be_given() -> None:
    page = pictures.page("305", height=60)
    lying = np.ascontiguousarray(np.rot90(page.pixels))
    reading = READER.read(lying, 90)
    assert (reading.text, reading.orientation) == ("305", 90)
    with pytest.raises(ValueError, match="orientation is 45; expected 0, 90, 180, 270"):
        READER.read(lying, 45)


def test_what_is_rejected_lies_on_the_picture_as_it_is_too() -> None:
    page = np.full((200, 900, 3), 245, np.uint8)
    font = cv2.FONT_HERSHEY_SCRIPT_SIMPLEX
    cv2.putText(page, "room 7 bis zoo Iglo", (40, 140), font, 1.8, (30, 30, 60), 3)
    standing = [each.box for each in READER.read(page, 0).rejected]
    lying = [each.box for each in READER.read(np.ascontiguousarray(np.rot90(page)), 90).rejected]
    assert lying == [(y, 900 - x - wide, high, wide) for x, y, wide, high in standing]
    assert lying


# Which way up, by what is read each way


def seen(
    count: int,
    *,
    digit: int = 2,
    confidence: float = 0.99,
    rejected: int = 0,
    at: tuple[int, int] = (100, 100),
    size: int = 40,
) -> Page:
    """Digits side by side from a place on, and what only resembles digits beside them."""
    probabilities = np.full(10, (1 - confidence) / 9, np.float32)
    probabilities[digit] = confidence
    boxes = [(at[0] + size * k, at[1], size // 2, size) for k in range(count + rejected)]
    tile = np.zeros((28, 28), np.uint8)
    digits = [Digit.likeliest(probabilities, 1.0, box, tile) for box in boxes[:count]]
    return Page(
        [number_of([each], each.confidence) for each in digits],
        [Rejected(box, UNSURE) for box in boxes[count:]],
        [],
    )


def turned(as_it_is: Page, *others: Page) -> tuple[int, list[tuple[int, ...]]]:
    """By how much a page is turned on which this is read as it is and, turned on trial by 90, 180
    and 270 degrees, the others; and the sizes of the pictures that were read."""
    shapes: list[tuple[int, ...]] = []
    best = max(others, key=lambda each: len(each.digits), default=NONE)
    pages = iter([as_it_is, *others, best])

    def read(grey: NDArray[np.uint8]) -> Page:
        shapes.append(grey.shape)
        return next(pages)

    page = np.full((800, 1200), 255, np.uint8)
    return upright(page, read, READER.bundle.parameters.orientation)[0], shapes


NONE = seen(0)


def test_a_page_is_turned_to_where_its_digits_are_surest() -> None:
    lying = seen(1, digit=1, rejected=9)
    assert turned(lying, NONE, seen(6), seen(3))[0] == 180
    assert turned(lying, seen(6), seen(5), seen(3))[0] == 90


def test_one_sure_digit_turns_a_page_on_which_nothing_else_is_seen() -> None:
    assert turned(NONE, NONE, NONE, seen(1))[0] == 270
    assert turned(NONE, NONE, NONE, seen(1, confidence=0.8))[0] == 0


def test_a_page_is_turned_on_trial_only_where_it_may_lie() -> None:
    assert turned(seen(1)) == (0, [(800, 1200)])  # upright beyond doubt
    assert turned(seen(3, rejected=8)) == (0, [(800, 1200)])
    assert len(turned(seen(2, rejected=9), NONE, NONE, NONE)[1]) == 4
    assert len(turned(seen(4, digit=1), NONE, NONE, NONE)[1]) == 4


@pytest.mark.parametrize(("digit", "other"), [(0, 0), (1, 1), (6, 9), (8, 8), (9, 6)])
def test_digits_that_turn_into_others_do_not_tell(digit: int, other: int) -> None:
    standing, over = seen(9, digit=digit), seen(9, digit=other)
    assert turned(standing, NONE, over, NONE)[0] == 0


def test_digits_that_are_few_among_what_resembles_some_turn_no_page() -> None:
    assert turned(seen(0, rejected=60), NONE, seen(5, rejected=60), NONE)[0] == 0
    assert turned(seen(0, rejected=60), NONE, seen(9, rejected=60), NONE)[0] == 180


def test_what_stands_upright_outweighs_half_as_many_again() -> None:
    standing = seen(4, rejected=20)
    assert turned(standing, NONE, seen(7), NONE)[0] == 0
    assert turned(standing, NONE, seen(9), NONE)[0] == 180


def test_a_page_stays_as_it_is_where_the_whole_of_it_reads_better_so() -> None:
    pages = iter([seen(20, rejected=90), NONE, seen(50), NONE, seen(10)])
    page = np.full((800, 1200), 255, np.uint8)
    parameters = READER.bundle.parameters.orientation
    degrees, kept = upright(page, lambda _: next(pages), parameters)
    assert (degrees, len(kept.digits)) == (0, 20)


def test_a_page_on_which_nothing_is_seen_is_turned_small() -> None:
    _, [whole, *parts] = turned(NONE, NONE, NONE, NONE)
    assert whole == (800, 1200)
    assert parts[1] == (round(SMALL * 800 / 1200), SMALL)


def test_a_small_page_is_turned_on_trial_as_a_whole() -> None:
    shapes: list[tuple[int, ...]] = []

    def read(grey: NDArray[np.uint8]) -> Page:
        shapes.append(grey.shape)
        return seen(0, rejected=9, at=(10, 10), size=6)

    parameters = READER.bundle.parameters.orientation
    upright(np.full((400, SMALL), 255, np.uint8), read, parameters)
    assert shapes == [(400, SMALL), (SMALL, 400), (400, SMALL), (SMALL, 400)]


def test_the_part_that_is_turned_on_trial_is_the_fullest_and_no_finer_than_need_be() -> None:
    far = seen(0, rejected=1, at=(0, 0), size=40)
    near = seen(0, rejected=8, at=(700, 600), size=40)
    page = Page([], far.rejected + near.rejected, [])
    _, [whole, *parts] = turned(page, seen(6), NONE, NONE)
    assert whole == (800, 1200)
    high, wide = parts[1]
    assert 0.9 * PART * LINE_DIGIT < wide <= PART * LINE_DIGIT  # its digits are LINE_DIGIT high
    assert high < wide  # it ends at the foot of the page: near the many, not the one
    assert parts[0] == (wide, high)
    assert parts[3] == (1200, 800)  # what is told at last is of the whole page


def test_small_digits_are_turned_as_they_are() -> None:
    page = seen(0, rejected=9, at=(500, 400), size=10)
    _, [_, *parts] = turned(page, NONE, NONE, NONE)
    assert parts[1] == (PART * 10, PART * 10)


def test_digits_without_a_way_up_turn_no_page() -> None:
    ones = seen(8, digit=1)
    assert turned(NONE, NONE, NONE, ones)[0] == 0
