"""Long strips and dense pages: every digit is found, however many there are."""

from __future__ import annotations

from difflib import SequenceMatcher

import numpy as np
import pictures
import pytest
from numpy.typing import NDArray

import digits

READER = digits.Reader()


def digits_at_random(*shape: int) -> NDArray[np.int64]:
    return np.random.default_rng(0).integers(0, 10, shape)


@pytest.mark.parametrize("count", [80, 160, 333])
def test_a_strip_is_read_however_long(count: int) -> None:
    text = "".join(map(str, digits_at_random(count)))
    strip = pictures.page(text, height=42).pixels[33:93]
    assert strip.shape[0] == 60
    assert 37 * count < strip.shape[1] < 43 * count
    reading = READER.read(strip, orientation=0)
    found = "".join(number.text for number in reading.numbers)
    same = SequenceMatcher(None, text, found, autojunk=False).get_matching_blocks()
    assert sum(block.size for block in same) >= 0.97 * count
    assert len(found) <= 1.03 * count
    assert len(reading.lines) == 1


def test_an_upright_strip_is_read_as_well() -> None:
    text = "\n".join(map(str, digits_at_random(100)))
    strip = pictures.page(text, height=36).pixels
    assert strip.shape[0] > 40 * strip.shape[1]
    found = READER.read(strip, orientation=0).text
    assert sum(a == b for a, b in zip(found.split(), text.split(), strict=True)) >= 97


def test_a_page_of_1600_digits_on_4_megapixels() -> None:
    cell, rows = 50, 40
    shapes = [pictures.page_ink(str(digit), height=26)[26:-26, 26:-26] for digit in range(10)]
    truth = digits_at_random(rows, rows)
    sheet = np.full((rows * cell, rows * cell), 250, np.uint8)
    boxes = np.zeros((rows, rows, 2))
    for (row, column), digit in np.ndenumerate(truth):
        ink = shapes[digit]
        y, x = row * cell + 12, column * cell + (cell - ink.shape[1]) // 2
        sheet[y : y + ink.shape[0], x : x + ink.shape[1]] -= ink // 2 + ink // 4
        boxes[row, column] = x + ink.shape[1] / 2, y + ink.shape[0] / 2
    reading = READER.read(sheet, orientation=0)
    found = [digit for number in reading.numbers for digit in number.digits]
    assert len(found) <= 1.03 * truth.size
    right = 0
    for each in found:
        x, y, width, height = each.box
        column, row = int((x + width / 2) // cell), int((y + height / 2) // cell)
        off = np.abs(boxes[row, column] - (x + width / 2, y + height / 2)).max()
        right += bool(off < 6 and truth[row, column] == each.digit)
    assert right >= 0.97 * truth.size
