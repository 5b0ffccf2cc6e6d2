"""Digits of a page → its numbers."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from digits.io.result import Box, Digit
from digits.reading.page.accept import Page
from digits.reading.page.candidates import Places
from digits.reading.page.fuse import Opinions


def opinions(count: int) -> Opinions:
    """Of so many places nothing but that the recogniser read a digit at each."""
    heard = np.full((count, 10), 0.1)
    plain, sure = np.zeros((count, 10), np.float32), np.ones(count, np.float32)
    none = np.zeros(count)
    return Opinions(plain, heard, plain, sure, sure, none, none, none)


def page(*boxes: Box, line: list[int], along: list[float] | None = None) -> Page:
    """A page on which the digits 1, 2, 3 … stand in these boxes, and were read where these begin
    or `along` their lines; of each line is known that nothing in it ends a number."""
    count = len(boxes)
    tiles: NDArray[np.uint8] = np.zeros((count, 28, 28), np.uint8)
    places = Places(
        np.array(boxes, np.float32),
        opinions(count),
        tiles,
        np.array(line),
        np.array(along or [box[0] for box in boxes], np.float64),
        [np.zeros(200)] * (max(line) + 1),
    )
    row = np.full(10, 0.1, np.float32)
    digits = {
        place: Digit(place + 1, 0.9, row, box, 0.9, tiles[place]) for place, box in enumerate(boxes)
    }
    return Page(places, digits, [])


def test_digits_of_a_line_are_a_number() -> None:
    found = page((0, 0, 20, 40), (30, 0, 20, 40), line=[0, 0]).numbers()
    assert [number.text for number in found] == ["12"]


def test_digits_in_each_others_boxes_come_in_the_order_in_which_they_were_read() -> None:
    boxes = (30, 0, 30, 40), (31, 0, 28, 40), (62, 0, 20, 40)
    for along, text in (([36.0, 48.0, 70.0], "123"), ([48.0, 36.0, 70.0], "213")):
        found = page(*boxes, line=[0, 0, 0], along=along).numbers()
        assert [number.text for number in found] == [text]


def test_digits_of_a_line_that_stand_far_apart_are_two_numbers() -> None:
    near, far = (page((0, 0, 20, 60), (x, 0, 20, 60), line=[0, 0]).numbers() for x in (50, 120))
    assert [number.text for number in near] == ["12"]
    assert [number.text for number in far] == ["1", "2"]


@pytest.mark.parametrize("y", [35, -25, 60])
def test_no_digit_of_another_stands_in_a_number(y: int) -> None:
    beside, between = (0, 0, 20, 60), (30, y, 20, 20)
    found = page(beside, between, (60, 0, 20, 60), line=[0, 1, 0]).numbers()
    assert sorted(number.text for number in found) == ["1", "2", "3"]


def test_what_stands_below_a_number_does_not_part_it() -> None:
    found = page((0, 0, 20, 60), (30, 80, 20, 20), (60, 0, 20, 60), line=[0, 1, 0]).numbers()
    assert sorted(number.text for number in found) == ["13", "2"]
