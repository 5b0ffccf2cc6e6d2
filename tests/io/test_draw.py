from __future__ import annotations

from dataclasses import replace

import numpy as np
import pictures
import pytest
from numpy.typing import NDArray

from digits.io.draw import SURE, UNSURE
from digits.io.result import Box, Digit, Number, Reading, Rejected


def reading(picture: NDArray[np.uint8], boxes: list[Box], *rejected: Rejected) -> Reading:
    """A reading of one number "7" at each of the boxes."""
    tile, probabilities = np.zeros((28, 28), np.uint8), np.full(10, 0.1, np.float32)
    numbers = tuple(
        Number("7", 0.97, box, (Digit(7, 0.97, probabilities, box, 1.0, tile),), ("1", 0.01))
        for box in boxes
    )
    lines = (numbers,) if numbers else ()
    height, width = picture.shape[:2]
    text = " ".join("7" * len(boxes))
    return Reading(text, lines, rejected, 0, width, height, "default", "", picture)


def test_box_and_label_are_drawn_and_the_rest_is_left() -> None:
    page = pictures.page("7 7", height=120)
    drawn = reading(page.pixels, list(page.boxes)).draw()
    assert (drawn.shape, drawn.dtype) == (page.pixels.shape, np.uint8)
    changed = (drawn != page.pixels).any(axis=2)
    assert 0.005 < changed.mean() < 0.2
    for x, y, width, height in page.boxes:
        assert changed[y, x : x + width].all()
        assert changed[y + height - 1, x : x + width].all()
        assert changed[y : y + height, x].all()
        assert changed[y : y + height, x + width - 1].all()
        inside = changed[y + 10 : y + height - 10, x + 10 : x + width - 10]
        assert not inside.any()
    assert not changed[-40:].any()


def test_neither_picture_nor_reading_is_changed() -> None:
    page = pictures.page("7")
    before = page.pixels.copy()
    read = reading(page.pixels, list(page.boxes))
    assert not np.shares_memory(read.draw(), page.pixels)
    np.testing.assert_array_equal(page.pixels, before)


def test_each_digits_box_has_the_colour_of_its_confidence() -> None:
    page = np.full((400, 400, 3), 255, np.uint8)
    [number] = reading(page, [(50, 150, 200, 100)]).numbers
    doubtful = replace(number.digits[0], box=(150, 160, 90, 80), confidence=0.5)
    clear = replace(number.digits[0], box=(60, 160, 80, 80), confidence=0.99)
    number = replace(number, text="77", digits=(clear, doubtful))
    drawn = replace(reading(page, []), lines=((number,),)).draw()
    assert tuple(drawn[200, 60]) == SURE
    assert tuple(drawn[200, 150]) == UNSURE


def test_nothing_read_nothing_drawn() -> None:
    pixels = pictures.page("7", height=150).pixels
    np.testing.assert_array_equal(reading(pixels, []).draw(), pixels)


def test_rejected_ink_is_boxed_without_a_label() -> None:
    pixels = pictures.page("7", height=150).pixels
    x, y, width, height = pictures.page("7", height=150).boxes[0]
    drawn = reading(pixels, [], Rejected((x, y, width, height), "no digit")).draw()
    changed = (drawn != pixels).any(axis=2)
    assert changed[y, x : x + width].all()
    changed[y - 2 : y + height + 2, x - 2 : x + width + 2] = False
    assert not changed.any()


@pytest.mark.parametrize("side", [1, 28, 100])
def test_small_pictures_are_enlarged_by_a_whole_factor(side: int) -> None:
    picture = np.full((side, side, 3), 200, np.uint8)
    drawn = reading(picture, []).draw()
    factor = drawn.shape[0] // side
    assert drawn.shape[0] >= 250
    assert drawn.shape == (factor * side, factor * side, 3)


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 1), (5, 2000), (30, 20), (2000, 1500)])
def test_any_form_and_place_can_be_drawn(shape: tuple[int, int]) -> None:
    picture = np.full((*shape, 3), 200, np.uint8)
    height, width = shape
    for box in [(0, 0, width, height), (width - 1, height - 1, 1, 1), (0, 0, 1, 1)]:
        drawn = reading(picture, [box], Rejected(box, "line")).draw()
        assert (drawn != 200).any()


def test_a_label_at_the_upper_edge_gets_a_strip_and_covers_no_digit() -> None:
    page = np.full((400, 400, 3), 255, np.uint8)
    drawn = reading(page, [(150, 3, 60, 390)]).draw()
    strip = len(drawn) - 400
    assert strip > 5
    assert (drawn[:strip] != 255).any()
    assert (drawn[strip + 10 : strip + 380, 155:205] == 255).all()
    assert (drawn[strip:, 220:] == 255).all()


def test_where_numbers_stand_close_labels_shrink_and_every_number_stays_in_sight() -> None:
    boxes = [(40 + 50 * (k % 9), 60 + 60 * (k // 9), 24, 34) for k in range(81)]
    page = np.full((640, 520, 3), 255, np.uint8)
    drawn = reading(page, boxes).draw()
    for x, y, width, height in boxes:
        assert (drawn[y + 3 : y + height - 3, x + 3 : x + width - 3] == 255).all()
        assert (drawn[y - 8 : y - 2, x : x + 6] != 255).any()
