from __future__ import annotations

import random

import numpy as np
import pytest

from digits.io.result import Box, Digit, Number, number_of
from digits.model.bundle import open_bundle
from digits.reading.page.accept import Accepted
from digits.reading.page.numbers import _split, group_numbers, reading_order, text_of
from digits.reading.page.recognise import Candidates

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
    return _split(digits, [float(each) for each in parted], PARAMETERS.numbers)


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
    digits = row("1234", 10, 10)
    assert [n.text for n in _split(digits, [0.1, 0.9, 0.2], PARAMETERS.numbers)] == ["12", "34"]
    assert [n.text for n in _split(digits[:1], [], PARAMETERS.numbers)] == ["1"]
    [whole] = _split(digits[:2], [0.25], PARAMETERS.numbers)
    [surer] = _split(digits[:2], [0.05], PARAMETERS.numbers)
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


def grouped(*boxes: Box, boundary: float = 0.0, line: list[int] | None = None) -> list[str]:
    """The numbers of digits 1, 2, 3 … in these boxes, read on one line at their left sides."""
    count = len(boxes)
    found = Candidates(
        np.array(boxes, np.float32),
        np.zeros((count, 10), np.float32),
        np.full((count, 10), 0.1),
        np.zeros((count, 28, 28), np.uint8),
        np.ones(count),
        np.array(line or [0] * count, np.intp),
        np.array([box[0] for box in boxes], np.float64),
    )
    digits = [digit(index + 1, box) for index, box in enumerate(boxes)]
    boundaries = [np.full(200, boundary)] * 2
    accepted = Accepted(digits, found, [])
    page = group_numbers(accepted, boundaries, PARAMETERS.textline, PARAMETERS.numbers)
    return [number.text for number in page.numbers]


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
