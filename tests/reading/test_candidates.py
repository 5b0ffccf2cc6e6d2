from __future__ import annotations

from dataclasses import replace

import numpy as np
import pictures
import pytest
from numpy.typing import NDArray
from pictures import overlap

from digits.reading.candidates import Candidate, choose, most_likely
from digits.reading.ink import find_inks
from digits.reading.pieces import find_pieces
from digits.reading.reading import Box, Digit

PAGE = pictures.page("305")


def digit(digit: int, box: Box, confidence: float = 0.99, is_digit: float = 0.99) -> Digit:
    probabilities = np.full(10, (1 - confidence) / 9, np.float32)
    probabilities[digit] = confidence
    return Digit(digit, confidence, probabilities, box, is_digit, np.zeros((28, 28), np.uint8))


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


def test_every_digit_is_chosen_once() -> None:
    digits, rejected = choose(candidates(PAGE.pixels, taken_for()))
    assert sorted(found.digit for found in digits) == [0, 3, 5]
    assert rejected == []


def test_the_same_ink_is_never_two_digits() -> None:
    found = candidates(PAGE.pixels, taken_for())
    digits, _ = choose(found + found)
    assert len(digits) == 3


def test_what_the_network_does_not_take_for_a_digit_is_rejected() -> None:
    digits, rejected = choose(candidates(PAGE.pixels, taken_for(is_digit=0.01)))
    assert digits == []
    assert len(rejected) == 3
    assert {each.reason for each in rejected} == {"no digit"}
    assert all(max(overlap(each.box, box) for box in PAGE.boxes) > 0.7 for each in rejected)


def test_a_long_line_is_rejected_as_one() -> None:
    page = np.full((200, 400, 3), 255, np.uint8)
    page[100:104, 60:340] = 0
    _, rejected = choose(candidates(page, {}))
    assert [each.reason for each in rejected] == ["line"]


def test_dirt_beside_digits_is_neither_digit_nor_worth_a_word() -> None:
    page = PAGE.pixels.copy()
    x, y, _, _ = PAGE.boxes[0]
    page[y - 20 : y - 12, x : x + 8] = PAGE.pixels.min()
    speck = (x, y - 20, 8, 8)
    digits, rejected = choose(candidates(page, taken_for() | {speck: digit(1, speck)}))
    assert sorted(found.digit for found in digits) == [0, 3, 5]
    assert rejected == []


def test_nothing_comes_from_nothing() -> None:
    assert choose([]) == ([], [])
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
