"""Pictures that show one number of a page and little else, as people cut them out."""

from __future__ import annotations

import numpy as np

from digits.synth.page import Box, Page, PageNumber
from digits.synth.writing import Random

LEAST = 10  # pixels, the least height of the digits
MARGINS = 0.15, 1.2  # heights of a digit, the least and the usual room around a number
ROOMY = 4.0  # and the most


def close_up(page: Page, rng: Random) -> Page | None:
    """A part of a page about one of its numbers, with its neighbours where they lie near; None if
    there is no number large enough."""
    numbers = [number for number in page.numbers if _height(number) >= LEAST]
    if not numbers:
        return None
    number = numbers[rng.integers(len(numbers))]
    most = MARGINS[1] if rng.random() < 0.6 else ROOMY
    room = rng.uniform(MARGINS[0], most, (2, 2)) * (1, 0.6) * _height(number)
    boxes = np.array([box for _, box in number.digits])
    limit = np.array(page.pixels.shape[1::-1])
    low = np.maximum(boxes[:, :2].min(axis=0) - room[0], 0).astype(int)
    high = np.minimum((boxes[:, :2] + boxes[:, 2:]).max(axis=0) + room[1] + 1, limit).astype(int)
    return _part(page, low.tolist(), high.tolist())


def _height(number: PageNumber) -> float:
    return float(np.median([high for _, (_, _, _, high) in number.digits]))


def _part(page: Page, low: list[int], high: list[int]) -> Page:
    (left, top), (right, foot) = low, high

    def is_in(box: Box) -> bool:
        x, y, wide, tall = box
        return x >= left and y >= top and x + wide <= right and y + tall <= foot

    def is_seen(box: Box) -> bool:
        x, y, wide, tall = box
        return x < right and y < foot and x + wide > left and y + tall > top

    def moved(box: Box) -> Box:
        return (box[0] - left, box[1] - top, *box[2:])

    whole = [number for number in page.numbers if all(is_in(box) for _, box in number.digits)]
    parts = [box for each in page.numbers if each not in whole for _, box in each.digits]
    return Page(
        page.pixels[top:foot, left:right].copy(),
        tuple(
            PageNumber(each.text, tuple((digit, moved(box)) for digit, box in each.digits))
            for each in whole
        ),
        tuple(moved(box) for box in (*parts, *page.cut) if is_seen(box)),
        page.layout,
    )
