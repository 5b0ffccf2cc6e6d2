"""Digits of a page, and signs, as numbers, lines and text."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from digits.io.number import Box, Digit, Number, number_of
from digits.io.result import Sign
from digits.model.bundle import open_bundle
from digits.model.spec import BOUNDARY, LINE_STRIDE, SIGN_TOKENS, SIGNS, TOKENS
from digits.reading.page.accept import Accepted
from digits.reading.page.between import Between
from digits.reading.page.numbers import (
    Page,
    _split,
    group_numbers,
    reading_order,
    signs_by_row,
    text_of,
    transcript_of,
)
from digits.reading.page.recognise import Candidates, ReadSign, Recognised

PARAMETERS = open_bundle().parameters


def digit(digit: int, box: Box, confidence: float = 0.9, second: int | None = None) -> Digit:
    """A digit read with this confidence; the rest goes to `second`, or evenly to the others."""
    probabilities = np.full(10, (1 - confidence) / 9, np.float32)
    if second is not None:
        probabilities[:] = 0
        probabilities[second] = 1 - confidence
    probabilities[digit] = confidence
    return Digit(digit, confidence, probabilities, box, 1.0, np.zeros((28, 28), np.uint8))


def row(text: str, x: int, y: int, *, gap: int = 5, height: int = 40) -> list[Digit]:
    """Digits of 20 pixels' width from (x, y) on; a blank leaves 60 pixels more."""
    digits = []
    for character in text:
        if character == " ":
            x += 60
        else:
            digits.append(digit(int(character), (x, y, 20, height)))
            x += 20 + gap
    return digits


def numbers(text: str, x: int, y: int, *, height: int = 40) -> list[Number]:
    """The numbers of a line; blanks separate them."""
    digits = row(text, x, y, height=height)
    parted = [text[place - 1] == " " for place in range(1, len(text)) if text[place] != " "]
    return split(digits, [float(each) for each in parted])


def split(digits: list[Digit], ends: list[float]) -> list[Number]:
    """The numbers of a run, between whose digits boundaries are read with these probabilities."""
    boxes = np.array([each.box for each in digits], np.float32)
    read = [Between(".", 0.0, end) for end in ends]
    return [
        number_of([digits[k] for k in group], whole * 0.9 ** len(group))
        for group, whole in _split(boxes, read, PARAMETERS.numbers)
    ]


def text(numbers: list[Number], min_confidence: float = 0.0) -> str:
    return text_of(reading_order(numbers), min_confidence)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param([], "", id="nothing"),
        pytest.param(numbers("7", 10, 10), "7", id="one digit"),
        pytest.param(numbers("007", 10, 10), "007", id="leading zeros"),
        pytest.param(numbers("17 305", 10, 10), "17 305", id="two numbers"),
        pytest.param(
            numbers("2024", 10, 10) + numbers("17 305", 10, 80), "2024\n17 305", id="two lines"
        ),
        pytest.param(
            numbers("1", 300, 10) + numbers("2", 10, 80), "1\n2", id="second line further left"
        ),
        pytest.param(
            [n for k in range(6) for n in numbers(str(k), 10 + 55 * k, 10 + 6 * k)],
            "0 1 2 3 4 5",
            id="slope",
        ),
        pytest.param(
            numbers("1", 10, 10, height=60) + numbers("2", 75, 30), "1 2", id="unequal heights"
        ),
        pytest.param(
            numbers("12", 10, 10) + numbers("34", 10, 45), "12\n34", id="lines that nearly touch"
        ),
    ],
)
def test_reading_order(found: list[Number], expected: str) -> None:
    for seed in range(5):
        assert text(random.Random(seed).sample(found, len(found))) == expected


def test_a_number_ends_where_that_is_likely() -> None:
    digits = row("12 34", 10, 10)
    assert [n.text for n in split(digits, [0.1, 0.9, 0.2])] == ["12", "34"]
    assert [n.text for n in split(digits[:1], [])] == ["1"]
    [whole] = split(digits[:2], [0.25])
    [surer] = split(digits[:2], [0.05])
    assert 0.5 < whole.confidence < surer.confidence < 0.9


def test_less_sure_digits_are_question_marks_in_the_text() -> None:
    digits = [digit(4, (0, 0, 20, 40), 0.95), digit(2, (25, 0, 20, 40), 0.6)]
    number = number_of(digits, 0.54)
    assert text([number]) == "42"
    assert text([number], 0.6) == "42"
    assert text([number], 0.61) == "4?"
    assert text([number], 1.0) == "??"
    assert number.text == "42"


def test_what_may_be_no_digit_is_a_question_mark_however_clear_which_it_would_be() -> None:
    clear = digit(4, (0, 0, 20, 40), 0.99)
    doubtful = Digit.likeliest(clear.probabilities, 0.5, clear.box, np.zeros((28, 28), np.uint8))
    number = number_of([doubtful], 0.5)
    assert text([number], 0.4) == "4"
    assert text([number], 0.6) == "?"


def test_a_number_holds_its_digits() -> None:
    number = number_of(row("305", 10, 20), 0.7)
    assert number.text == "305"
    assert [each.digit for each in number.digits] == [3, 0, 5]
    assert number.box == (10, 20, 70, 40)
    assert number.confidence == 0.7


def test_runner_up_changes_the_least_sure_digit() -> None:
    digits = [digit(1, (0, 0, 9, 40), 0.9, second=7), digit(4, (10, 0, 20, 40), 0.6, second=9)]
    text, confidence = number_of(digits, 0.54).runner_up
    assert text == "19"
    assert confidence == pytest.approx(0.54 * 0.4 / 0.6)


@pytest.mark.parametrize("confidence", [0.1, 0.5, 1.0])
def test_runner_up_is_never_likelier(confidence: float) -> None:
    number = number_of([digit(3, (0, 0, 20, 40), confidence)], confidence)
    assert number.runner_up[0] != number.text
    assert 0 <= number.runner_up[1] <= number.confidence + 1e-6


def page_of(
    *boxes: Box,
    boundary: float = 0.0,
    line: list[int] | None = None,
    signs: tuple[ReadSign, ...] = (),
) -> Page:
    """The page of digits 1, 2, 3 … in these boxes, read on one line in their middles, with signs
    and the same probability of a boundary everywhere."""
    count = len(boxes)
    found = Candidates(
        np.array(boxes, np.float32),
        np.zeros((count, 10), np.float32),
        np.full((count, 10), 0.1),
        np.zeros(count),
        np.zeros((count, 28, 28), np.uint8),
        np.ones(count),
        np.array(line or [0] * count, np.intp),
        np.array([box[0] + box[2] / 2 for box in boxes], np.float64),
    )
    digits = [digit(index + 1, box) for index, box in enumerate(boxes)]
    frames = np.zeros((200, TOKENS))
    frames[:, BOUNDARY] = boundary
    for each in signs:
        token = SIGN_TOKENS.start + SIGNS.index(each.text)
        frames[int(each.column) // LINE_STRIDE, token] = each.probability
    accepted = Accepted(digits, found, [])
    recognised = Recognised(found, signs, (frames, frames))
    return group_numbers(accepted, recognised, PARAMETERS.textline, PARAMETERS.numbers)


def grouped(*boxes: Box, **read: Any) -> list[str]:
    return [number.text for number in page_of(*boxes, **read).numbers]


def sign(text: str, x: float, y: float = 20, probability: float = 0.9) -> ReadSign:
    """A sign 6 pixels wide whose middle is in this column."""
    return ReadSign(text, probability, np.array([x - 3, y, 6, 6], np.float32), 0, x)


def test_digits_side_by_side_are_a_number() -> None:
    assert grouped((0, 0, 20, 40), (30, 0, 20, 40)) == ["12"]
    assert grouped((60, 0, 20, 40), (0, 0, 20, 40), (30, 0, 20, 40)) == ["231"]


def test_a_wide_gap_and_a_boundary_that_was_read_each_end_a_number() -> None:
    near, far = ((0, 0, 20, 60), (50, 0, 20, 60)), ((0, 0, 20, 60), (120, 0, 20, 60))
    assert grouped(*near) == ["12"]
    assert grouped(*far) == ["1", "2"]
    assert grouped(*near, boundary=0.9) == ["1", "2"]


def test_what_is_written_below_a_number_does_not_end_it() -> None:
    found = grouped((0, 0, 20, 60), (30, 80, 20, 20), (60, 0, 20, 60))
    assert sorted(found) == ["13", "2"]


def test_a_boundary_on_another_line_ends_no_number() -> None:
    near: tuple[Box, ...] = ((0, 0, 20, 60), (50, 0, 20, 60))
    assert grouped(*near, boundary=0.9, line=[0, 1]) == ["12"]


def test_how_wide_a_gap_is_depends_on_the_larger_digit() -> None:
    assert grouped((0, 0, 20, 60), (58, 10, 15, 40)) == ["12"]
    assert grouped((0, 0, 20, 60), (90, 10, 15, 40)) == ["1", "2"]


def test_a_row_goes_on_where_its_last_digit_stands() -> None:
    climbing = number_of([digit(k, (30 * k, 150 - 30 * k, 20, 40)) for k in range(5)], 0.9)
    [level], [below] = numbers("7", 170, 20), numbers("8", 170, 120)
    assert text([climbing, level]) == "01234 7"
    assert sorted(text([climbing, below]).split("\n")) == ["01234", "8"]


def test_a_small_digit_beside_a_tall_one_stands_in_its_row() -> None:
    [tall], [small] = numbers("1", 0, 0, height=80), numbers("2", 80, 50, height=20)
    assert text([tall, small]) == "1 2"


# Signs


def side_by_side(*left: int) -> list[Box]:
    """Boxes of digits 20 pixels wide and 40 high."""
    return [(x, 0, 20, 40) for x in left]


def test_a_decimal_mark_belongs_to_its_number() -> None:
    page = page_of(*side_by_side(0, 40, 60), signs=(sign(",", 30, 38),))
    [number] = page.numbers
    assert (number.text, page.signs) == ("1,23", [])
    assert number.confidence == pytest.approx(0.9 * 0.9**3, abs=0.02)


def test_a_decimal_mark_holds_a_number_together_however_wide_the_gap() -> None:
    boxes = side_by_side(0, 60)
    assert grouped(*boxes) == ["1", "2"]
    assert grouped(*boxes, signs=(sign(".", 40, 38),)) == ["1.2"]


def test_marks_between_the_parts_of_a_date_stay() -> None:
    marks = tuple(sign(".", x, 38) for x in (55, 110))
    assert grouped(*side_by_side(0, 25, 65, 85, 120, 145), signs=marks) == ["12.34.56"]


def test_the_runner_up_of_a_doubtful_mark_is_the_reading_without_it() -> None:
    [there], [absent] = (
        page_of(*side_by_side(0, 35), signs=(sign(",", 28, 38, probability),)).numbers
        for probability in (0.55, 0.45)
    )
    assert (there.text, there.runner_up[0]) == ("1,2", "12")
    assert (absent.text, absent.runner_up[0]) == ("12", "1,2")
    assert 0.5 < there.runner_up[1] / there.confidence < 1


@pytest.mark.parametrize("text", "+=/×÷:%(-")
def test_any_other_sign_parts_numbers_however_narrow_the_gaps(text: str) -> None:
    page = page_of(*side_by_side(0, 22, 46, 68), signs=(sign(text, 44),))
    assert [number.text for number in page.numbers] == ["12", "34"]
    assert [each.text for each in page.signs] == [text]


def test_a_minus_belongs_to_the_number_behind_it() -> None:
    [number] = page_of(*side_by_side(20, 45), signs=(sign("-", 10),)).numbers
    assert number.text == "-12"
    assert number.value == -12
    assert number.box == (7, 0, 58, 40)
    assert number.confidence == pytest.approx(0.9**3, abs=0.02)


def test_even_gaps_are_one_number_or_as_many_as_digits() -> None:
    """Four digits whose gaps are as wide as where a number ends as likely as not."""
    for off, expected in ((-3, ["1234"]), (3, ["1", "2", "3", "4"])):
        step = 20 + round(40 * PARAMETERS.numbers.gap) + off
        assert grouped(*side_by_side(0, step, 2 * step + 1, 3 * step - 1)) == expected


def read_rows(found: list[Number], signs: list[Sign], min_confidence: float = 0.0) -> str:
    rows = reading_order(found)
    return transcript_of(rows, signs_by_row(rows, signs), min_confidence)


def test_a_transcript_has_signs_where_they_stand() -> None:
    found = numbers("17 305", 10, 10) + numbers("42", 10, 90)
    signs = [Sign("=", 0.9, (245, 25, 20, 10)), Sign("+", 0.9, (75, 25, 20, 10))]
    signs += [Sign("%", 0.9, (70, 95, 20, 30)), Sign("(", 0.9, (0, 5, 6, 50))]
    assert read_rows(found, signs) == "( 17 + 305 =\n42 %"
    assert text(found) == "17 305\n42"
    assert read_rows(found, signs, min_confidence=0.95) == "( ?? + ??? =\n?? %"


def test_signs_come_row_by_row_from_left_to_right() -> None:
    rows = reading_order(numbers("17 305", 10, 10) + numbers("42", 10, 90))
    signs = [Sign(text, 0.9, (x, y, 9, 9)) for text, x, y in (("=", 245, 25), ("%", 70, 95))]
    signs.append(Sign("+", 0.9, (75, 25, 9, 9)))
    assert [[each.text for each in row] for row in signs_by_row(rows, signs)] == [["+", "="], ["%"]]


def test_without_signs_a_transcript_is_the_text() -> None:
    found = numbers("17 305", 10, 10)
    assert read_rows(found, []) == text(found)
    assert read_rows([], []) == ""
