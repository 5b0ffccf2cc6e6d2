"""Crops of pages around one number, as people cut them out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from digits.synth.page import Box, Page, PageNumber
from digits.synth.writing import Random

MIN_HEIGHT = 10  # of a digit in pixels
MARGINS = 0.15, 1.2  # minimum and usual maximum margin around a number, in digit heights
WIDE_MARGIN = 4.0  # the maximum for two crops of five


def close_up(page: Page, rng: Random) -> Page | None:
    """A crop around a random number of a page; None if no number is MIN_HEIGHT high.

    Numbers that lie wholly in the crop keep their labels; digits of others become ignore boxes.
    """
    numbers = [number for number in page.numbers if _height(number) >= MIN_HEIGHT]
    if not numbers:
        return None
    number = numbers[rng.integers(len(numbers))]
    maximum = MARGINS[1] if rng.random() < 0.6 else WIDE_MARGIN
    margins = rng.uniform(MARGINS[0], maximum, (2, 2)) * (1, 0.6) * _height(number)
    boxes = np.array([box for _, box in number.digits])
    limit = np.array(page.pixels.shape[1::-1])
    low = np.maximum(boxes[:, :2].min(axis=0) - margins[0], 0).astype(int)
    high = np.minimum((boxes[:, :2] + boxes[:, 2:]).max(axis=0) + margins[1] + 1, limit).astype(int)
    return _part(page, low.tolist(), high.tolist())


def _height(number: PageNumber) -> float:
    return float(np.median([high for _, (_, _, _, high) in number.digits]))


def _part(page: Page, low: list[int], high: list[int]) -> Page:
    (left, top), (right, bottom) = low, high

    def is_in(box: Box) -> bool:
        x, y, wide, tall = box
        return x >= left and y >= top and x + wide <= right and y + tall <= bottom

    def is_visible(box: Box) -> bool:
        x, y, wide, tall = box
        return x < right and y < bottom and x + wide > left and y + tall > top

    def moved(box: Box) -> Box:
        return (box[0] - left, box[1] - top, *box[2:])

    whole = [number for number in page.numbers if all(is_in(box) for _, box in number.digits)]
    parts = [box for each in page.numbers if each not in whole for _, box in each.digits]
    return Page(
        page.pixels[top:bottom, left:right].copy(),
        tuple(
            PageNumber(each.text, tuple((digit, moved(box)) for digit, box in each.digits))
            for each in whole
        ),
        tuple(moved(box) for box in (*parts, *page.ignore_boxes) if is_visible(box)),
        page.layout,
        tuple(replace(m, box=moved(m.box)) for m in page.marks if is_visible(m.box)),
    )
