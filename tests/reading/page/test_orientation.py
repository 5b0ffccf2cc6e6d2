"""Which way up a page is read."""

from __future__ import annotations

import numpy as np
import pictures
import pytest

import digits
from digits.reading.page.orientation import ORIENTATIONS, rotated, rotated_back

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


def test_a_few_digits_are_never_turned() -> None:
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
