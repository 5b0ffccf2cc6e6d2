from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from digits.errors import DigitsError, PictureError
from digits.io.result import Digit, Number, Outcome, Reading, Rejected

PROBABILITIES = np.array([0.01, 0, 0, 0, 0, 0, 0, 0.98, 0, 0.01], np.float32)
DIGIT = Digit(7, 0.98, PROBABILITIES, (3, 4, 20, 30), 0.99, np.zeros((28, 28), np.uint8))
NUMBER = Number("7", 0.98, (3, 4, 20, 30), (DIGIT,), ("0", 0.01))
REJECTED = Rejected((40, 1, 60, 2), "line")
PICTURE = np.full((50, 120, 3), 255, np.uint8)
READING = Reading(
    text="7 7\n7",
    lines=((NUMBER, NUMBER), (NUMBER,)),
    rejected=(REJECTED,),
    orientation=0,
    width=120,
    height=50,
    model="default",
    fingerprint="0123456789abcdef",
    source=PICTURE,
)
OUTCOME = Outcome("7.png", 1, READING, None, 0.1)


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
        "fingerprint": "0123456789abcdef",
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
    "value", [OUTCOME, READING, NUMBER, DIGIT, REJECTED], ids=lambda v: type(v).__name__
)
def test_what_was_read_stays_as_it_is(value: object) -> None:
    field = dataclasses.fields(value)[0].name  # type: ignore[arg-type]
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, field, None)
    with pytest.raises((AttributeError, TypeError)):
        value.something_else = 1  # type: ignore[attr-defined]


# There and back


@pytest.mark.parametrize("reading", [READING, dataclasses.replace(READING, text="", lines=())])
def test_a_reading_comes_back_from_plain_data(reading: Reading) -> None:
    content = json.loads(json.dumps(reading.to_dict()))
    back = Reading.from_dict(content)
    assert back.to_dict() == content
    assert [len(line) for line in back.lines] == [len(line) for line in reading.lines]
    assert (back.source, [d.tile for n in back.numbers for d in n.digits]) == (
        None,
        [None] * len(reading.numbers),
    )
    for number in back.numbers:
        assert (number.box, number.runner_up) == (NUMBER.box, NUMBER.runner_up)
        assert number.digits[0].probabilities.dtype == np.float32
        np.testing.assert_allclose(number.digits[0].probabilities, PROBABILITIES, atol=1e-6)


def test_a_reading_comes_back_from_a_line_of_the_command_and_from_before_fingerprints() -> None:
    content = OUTCOME.to_dict()
    assert Reading.from_dict(content).to_dict() == READING.to_dict()
    del content["fingerprint"]
    assert Reading.from_dict(content).fingerprint == ""


@pytest.mark.parametrize(
    "change",
    [
        {"text": "7 7"},
        {"text": None},
        {"numbers": [{}]},
        {"numbers": 3},
        {"rejected": [{"box": 1}]},
    ],
)
def test_what_is_no_reading_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="not a reading"):
        Reading.from_dict(READING.to_dict() | change)
    with pytest.raises(ValueError, match=r"not a reading .*without an error"):
        Reading.from_dict(Outcome("a.png", 1, None, "is no picture", 0.1).to_dict())


# Drawn again


def test_a_reading_without_a_source_is_drawn_on_the_picture_given(tmp_path: Path) -> None:
    read = Reading.from_dict(READING.to_dict())
    with pytest.raises(DigitsError, match=r"give the one read: draw\(picture\)"):
        read.draw()
    np.testing.assert_array_equal(read.draw(PICTURE), READING.draw())
    with pytest.raises(DigitsError, match="has 60 x 50 pixels, the one read had 120 x 50"):
        read.draw(PICTURE[:, :60])
    with pytest.raises(PictureError, match="does not exist"):
        read.draw(tmp_path / "gone.png")


# Outcomes


def test_an_outcome_as_plain_data() -> None:
    head = {"picture": "7.png", "page": 1}
    assert OUTCOME.to_dict() == head | READING.to_dict()
    assert list(OUTCOME.to_dict())[:2] == list(head)
    failed = Outcome(Path("7.png"), 1, None, "is damaged", 0.1)
    assert failed.to_dict() == {"picture": "7.png", "error": "is damaged", "schema": 1}


@pytest.mark.parametrize(
    ("source", "name"),
    [("a/b.png", "a/b.png"), (Path("b"), "b"), (b"", "bytes"), (PICTURE, "ndarray")],
)
def test_an_outcome_is_called_by_its_path_or_kind(source: object, name: str) -> None:
    assert Outcome(source, 1, None, "", 0.0).name == name  # type: ignore[arg-type]


def test_what_was_read_prints_without_its_picture() -> None:
    assert "255" not in repr(READING)
    assert len(repr(Outcome(PICTURE.tobytes(), 1, None, "is damaged", 0.1))) < 200
