from __future__ import annotations

from dataclasses import replace

import numpy as np
import pictures
import pytest
from numpy.typing import NDArray
from pictures import overlap

from digits.io.result import Box, Digit
from digits.reading.single.candidates import Candidate, most_likely
from digits.reading.single.components import find_pieces
from digits.reading.single.ink import find_inks

PAGE = pictures.page("305")


def digit(digit: int, box: Box, confidence: float = 0.99, is_digit: float = 0.99) -> Digit:
    probabilities = np.full(10, (1 - confidence) / 9, np.float32)
    probabilities[digit] = confidence
    return Digit.likeliest(probabilities, is_digit, box, np.zeros((28, 28), np.uint8))


def candidates(pixels: NDArray[np.uint8], boxes: dict[Box, Digit]) -> list[Candidate]:
    """The pieces of a picture; those at `boxes` taken for these digits, others for none."""
    pieces = [piece for ink in find_inks(pixels, 1200) for piece in find_pieces(ink)]
    return [
        Candidate(
            piece,
            replace(
                next(
                    (found for box, found in boxes.items() if overlap(box, piece.box) > 0.7),
                    digit(8, piece.box, 0.3, 0.01),
                ),
                box=piece.box,
            ),
        )
        for piece in pieces
    ]


def taken_for(**change: float) -> dict[Box, Digit]:
    return {
        box: digit(int(text), box, **change)
        for text, box in zip(PAGE.text, PAGE.boxes, strict=True)
    }


def test_nothing_comes_from_nothing() -> None:
    assert most_likely([]) is None


@pytest.mark.parametrize("is_digit", [0.99, 0.001])
def test_one_digit_is_always_most_likely(is_digit: float) -> None:
    found = most_likely(candidates(PAGE.pixels, taken_for(is_digit=is_digit)))
    assert found is not None
    assert found.digit in (0, 3, 5, 8)


def test_most_likely_is_the_digit_and_not_the_dirt_at_the_rim() -> None:
    page = pictures.page("4", height=80)
    pixels = page.pixels.copy()
    pixels[:60, :4] = pixels.min()
    boxes = {page.boxes[0]: digit(4, page.boxes[0]), (0, 0, 4, 60): digit(1, (0, 0, 4, 60))}
    found = most_likely(candidates(pixels, boxes))
    assert found is not None
    assert found.digit == 4
