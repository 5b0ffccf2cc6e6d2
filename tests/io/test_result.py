from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from digits.io.result import Digit, Number, Reading, Rejected

PROBABILITIES = np.array([0.01, 0, 0, 0, 0, 0, 0, 0.98, 0, 0.01], np.float32)
DIGIT = Digit(7, 0.98, PROBABILITIES, (3, 4, 20, 30), 0.99, np.zeros((28, 28), np.uint8))
NUMBER = Number("7", 0.98, (3, 4, 20, 30), (DIGIT,), ("0", 0.01))
REJECTED = Rejected((40, 1, 60, 2), "line")
PICTURE = np.full((50, 120, 3), 255, np.uint8)
READING = Reading("7 7\n7", ((NUMBER, NUMBER), (NUMBER,)), (REJECTED,), 0, PICTURE, "default")


def test_as_plain_data() -> None:
    number = {
        "text": "7",
        "confidence": 0.98,
        "box": [3, 4, 20, 30],
        "runner_up": {"text": "0", "confidence": 0.01},
        "digits": [
            {
                "digit": 7,
                "confidence": 0.98,
                "probabilities": [0.01, 0, 0, 0, 0, 0, 0, 0.98, 0, 0.01],
                "is_digit": 0.99,
                "box": [3, 4, 20, 30],
            }
        ],
    }
    content = {
        "width": 120,
        "height": 50,
        "orientation": 0,
        "text": "7 7\n7",
        "numbers": [number] * 3,
        "rejected": [{"box": [40, 1, 60, 2], "reason": "line"}],
        "model": "default",
        "schema": 1,
    }
    assert READING.to_dict() == content
    assert json.loads(json.dumps(READING.to_dict())) == content


@pytest.mark.parametrize(("is_digit", "confidence"), [(1.0, 0.98), (0.5, 0.49), (0.0, 0.0)])
def test_confidence_is_that_a_digit_is_there_and_is_this_one(
    is_digit: float, confidence: float
) -> None:
    digit = Digit.likeliest(PROBABILITIES, is_digit, DIGIT.box, np.zeros((28, 28), np.uint8))
    assert (digit.digit, digit.is_digit) == (7, is_digit)
    assert digit.confidence == pytest.approx(confidence)
    assert digit.probabilities.sum() == pytest.approx(1)


def test_numbers_are_those_of_all_lines() -> None:
    assert READING.numbers == (NUMBER, NUMBER, NUMBER)
    assert dataclasses.replace(READING, lines=()).numbers == ()


@pytest.mark.parametrize(
    "value", [READING, NUMBER, DIGIT, REJECTED], ids=lambda v: type(v).__name__
)
def test_what_was_read_stays_as_it_is(value: object) -> None:
    field = dataclasses.fields(value)[0].name  # type: ignore[arg-type]
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, field, None)
    with pytest.raises((AttributeError, TypeError)):
        value.something_else = 1  # type: ignore[attr-defined]
