from __future__ import annotations

import random

import numpy as np
import pytest

from digits.reading.numbers import lines_of, number_of, numbers_of, text_of
from digits.reading.reading import Box, Digit


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


def text(digits: list[Digit], min_confidence: float = 0.0) -> str:
    return text_of([numbers_of(line) for line in lines_of(digits)], min_confidence)


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        pytest.param([], "", id="nothing"),
        pytest.param(row("7", 10, 10), "7", id="one digit"),
        pytest.param(row("007", 10, 10), "007", id="leading zeros"),
        pytest.param(row("17 305", 10, 10), "17 305", id="two numbers"),
        pytest.param(row("2024", 10, 10) + row("17 305", 10, 80), "2024\n17 305", id="two lines"),
        pytest.param(row("1", 300, 10) + row("2", 10, 80), "1\n2", id="second line further left"),
        pytest.param(
            [d for n in range(6) for d in row(str(n), 10 + 25 * n, 10 + 6 * n)],
            "012345",
            id="slope",
        ),
        pytest.param(
            row("1", 10, 10, height=60) + row("2", 35, 30, height=40), "12", id="unequal heights"
        ),
        pytest.param(row("12", 10, 10) + row("34", 10, 45), "12\n34", id="lines that nearly touch"),
    ],
)
def test_reading_order(digits: list[Digit], expected: str) -> None:
    for seed in range(5):
        shuffled = random.Random(seed).sample(digits, len(digits))
        assert text(shuffled) == expected


def test_digits_at_narrow_and_wide_gaps() -> None:
    assert text(row("12", 10, 10, gap=15)) == "12"
    assert text(row("12", 10, 10, gap=80)) == "1 2"


def test_less_sure_digits_are_question_marks_in_the_text() -> None:
    digits = [digit(4, (0, 0, 20, 40), 0.95), digit(2, (25, 0, 20, 40), 0.6)]
    assert text(digits) == "42"
    assert text(digits, 0.6) == "42"
    assert text(digits, 0.61) == "4?"
    assert text(digits, 1.0) == "??"
    assert number_of(digits).text == "42"


def test_a_number_holds_its_digits() -> None:
    number = number_of(row("305", 10, 20))
    assert number.text == "305"
    assert [each.digit for each in number.digits] == [3, 0, 5]
    assert number.box == (10, 20, 70, 40)
    assert number.confidence == pytest.approx(0.9**3)


def test_runner_up_changes_the_least_sure_digit() -> None:
    digits = [digit(1, (0, 0, 9, 40), 0.9, second=7), digit(4, (10, 0, 20, 40), 0.6, second=9)]
    text, confidence = number_of(digits).runner_up
    assert text == "19"
    assert confidence == pytest.approx(0.9 * 0.4)


@pytest.mark.parametrize("confidence", [0.1, 0.5, 1.0])
def test_runner_up_is_never_likelier(confidence: float) -> None:
    number = number_of([digit(3, (0, 0, 20, 40), confidence)])
    assert number.runner_up[0] != number.text
    assert 0 <= number.runner_up[1] <= number.confidence + 1e-6
