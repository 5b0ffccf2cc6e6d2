"""Signs of a line: the minus of a number, and those that belong to none."""

from __future__ import annotations

import numpy as np
import pytest

from digits.model.bundle import open_bundle
from digits.reading.page.recognise import Candidates, ReadSign
from digits.reading.page.signs import lone_signs, minus_before, whole

NUMBERS = open_bundle().parameters.numbers
SIZE = 40  # of a digit in pixels
ROOM = round(NUMBERS.gap * SIZE)  # pixels of a gap that ends a number as likely as not
REACH = 2.0  # sizes of a digit


def digits(*left: int, line: list[int] | None = None) -> Candidates:
    """Digits of 20 x SIZE pixels with these left sides; a crop has the columns of the page."""
    count = len(left)
    return Candidates(
        np.array([(x, 0, 20, SIZE) for x in left], np.float32).reshape(-1, 4),
        np.zeros((count, 10), np.float32),
        np.zeros((count, 10)),
        np.zeros(count),
        np.zeros((count, 28, 28), np.uint8),
        np.ones(count),
        np.array(line or [0] * count, np.intp),
        np.array(left, np.float64) + 10,
    )


def sign(text: str, left: float, wide: float = 16, *, line: int = 0, y: float = 18) -> ReadSign:
    box = np.array([left, y, wide, 4], np.float32)
    return ReadSign(text, 0.9, box, line, left + wide / 2)


def test_a_minus_stands_right_before_its_number() -> None:
    minus = sign("-", 100)
    assert minus_before(digits(120), 0, [minus], NUMBERS) is minus
    assert minus_before(digits(116 + ROOM + 2), 0, [minus], NUMBERS) is None


def test_a_minus_belongs_to_the_digit_behind_it() -> None:
    behind = sign("-", 125)
    assert minus_before(digits(100, 145), 0, [behind], NUMBERS) is None


def test_a_minus_close_to_the_number_before_is_an_operator() -> None:
    both = digits(100 - ROOM + 5, 120)  # its right side is nearer than another number's
    assert minus_before(both, 1, [sign("-", 100)], NUMBERS) is None
    apart = digits(100 - 20 - ROOM - 2, 120)
    assert minus_before(apart, 1, [sign("-", 100)], NUMBERS) is not None


def test_a_number_of_another_line_is_not_before_it() -> None:
    minus = sign("-", 100)
    assert minus_before(digits(78, 120, line=[1, 0]), 1, [minus], NUMBERS) is minus
    assert minus_before(digits(120, line=[1]), 0, [minus], NUMBERS) is None


@pytest.mark.parametrize("text", "+=.,/(")
def test_no_other_sign_is_a_minus(text: str) -> None:
    assert minus_before(digits(120), 0, [sign(text, 100)], NUMBERS) is None


def lone(*signs: ReadSign, at: Candidates) -> list[str]:
    return [each.text for each in lone_signs(signs, at, REACH)]


def test_a_sign_beside_a_digit_stands_by_itself() -> None:
    [plus] = lone_signs([sign("+", 130)], digits(100, 170), REACH)
    assert (plus.text, plus.confidence, plus.box) == ("+", 0.9, (130, 18, 16, 4))


def test_signs_far_from_any_digit_are_left_out() -> None:
    reach = round(REACH * SIZE)
    found = digits(200)
    assert lone(sign("+", 220 + reach - 1), at=found) == ["+"]
    assert lone(sign("+", 220 + reach + 1), at=found) == []
    assert lone(sign("+", 200 - 16 - reach - 1), at=found) == []


def test_a_sign_may_stand_beside_another_that_does() -> None:
    reach = round(REACH * SIZE)
    signs = sign("=", 220 + reach + 20), sign(")", 220 + reach // 2)
    assert sorted(lone(*signs, at=digits(200))) == [")", "="]
    assert lone(signs[0], at=digits(200)) == []


def test_signs_of_a_line_without_digits_are_left_out() -> None:
    assert lone(sign("+", 130, line=1), at=digits(100, 170)) == []
    assert lone(sign("+", 130), at=digits()) == []


def test_a_sign_on_a_digit_is_left_out() -> None:
    assert lone(sign("-", 102), at=digits(100, 170)) == []
    assert lone(sign("_", 102, y=SIZE), at=digits(100)) == ["_"]  # below it, not on it


def test_boxes_are_whole_pixels_and_never_empty() -> None:
    assert whole(np.array([3.6, 2.4, 0.2, 7.5], np.float32)) == (4, 2, 1, 8)
    assert whole(np.array([-3.0, -1.0, 5.0, 5.0], np.float32)) == (0, 0, 5, 5)
