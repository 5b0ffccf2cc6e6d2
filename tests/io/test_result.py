from __future__ import annotations

import dataclasses
import json
import math
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from digits.errors import DigitsError, PictureError
from digits.io.number import Box, Digit, Number, number_of
from digits.io.result import Outcome, Reading, Rejected, Sign

PROBABILITIES = np.array([0.01, 0, 0, 0, 0, 0, 0, 0.98, 0, 0.01], np.float32)
DIGIT = Digit(7, 0.98, PROBABILITIES, (3, 4, 20, 30), 0.99, np.zeros((28, 28), np.uint8))
NUMBER = Number("7", 0.98, (3, 4, 20, 30), (DIGIT,), (("7", 0.98), ("0", 0.01)))
REJECTED = Rejected((40, 1, 60, 2), "line")
SIGN = Sign("+", 0.9, (30, 10, 9, 9))
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
    signs=(SIGN,),
    transcript="7 + 7\n7",
)
NOTHING = {"text": "", "lines": (), "signs": (), "transcript": ""}
OUTCOME = Outcome("7.png", 1, READING, None, 0.1)


def test_as_plain_data() -> None:
    number = {
        "text": "7",
        "value": "7",
        "confidence": 0.98,
        "box": [3, 4, 20, 30],
        "runner_up": {"text": "0", "confidence": 0.01},
        "alternatives": [{"text": "7", "confidence": 0.98}, {"text": "0", "confidence": 0.01}],
        "digits": [
            {
                "digit": 7,
                "confidence": 0.98,
                "probabilities": [0.01, 0, 0, 0, 0, 0, 0, 0.98, 0, 0.01],
                "is_digit": 0.99,
                "box": [3, 4, 20, 30],
            }
        ],
        "is_expected": None,
    }
    content = {
        "width": 120,
        "height": 50,
        "orientation": 0,
        "text": "7 7\n7",
        "transcript": "7 + 7\n7",
        "numbers": [number] * 3,
        "signs": [{"text": "+", "confidence": 0.9, "box": [30, 10, 9, 9]}],
        "tables": [],
        "rejected": [{"box": [40, 1, 60, 2], "reason": "line"}],
        "model": "default",
        "fingerprint": "0123456789abcdef",
        "schema": 2,
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
    "value", [OUTCOME, READING, NUMBER, DIGIT, SIGN, REJECTED], ids=lambda v: type(v).__name__
)
def test_what_was_read_stays_as_it_is(value: object) -> None:
    field = dataclasses.fields(value)[0].name  # type: ignore[arg-type]
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, field, None)
    with pytest.raises((AttributeError, TypeError)):
        value.something_else = 1  # type: ignore[attr-defined]


# Signs


def number(text: str, *sure: float) -> Number:
    """A number as written; its digits 20 pixels wide, each as sure as `sure` says or 0.9."""
    rest = iter(sure)
    digits: list[Digit] = []
    for place, character in enumerate(text):
        if character.isdigit():
            row = np.full(10, 0.01, np.float32)
            row[int(character)] = 0.91
            box: Box = (20 * place, 5, 20, 30)
            digits.append(Digit(int(character), next(rest, 0.9), row, box, 1.0, None))
    return Number(text, 0.5, (0, 5, 20 * len(text), 30), tuple(digits), (("0", 0.1),))


def page(*lines: str, transcript: str = "", signs: tuple[Sign, ...] = ()) -> Reading:
    numbers = tuple(tuple(map(number, line.split())) for line in lines)
    return dataclasses.replace(
        READING, text="\n".join(lines), lines=numbers, transcript=transcript, signs=signs
    )


def test_a_number_has_the_value_of_its_text() -> None:
    assert number("-8,0").value == Decimal("-8.0")
    assert number("1.234").value is None


@pytest.mark.parametrize(
    ("text", "value"), [("-3", "-3"), ("007", "7"), ("8,0", "8.0"), ("1.234", None)]
)
def test_values_are_plain_text_in_plain_data(text: str, value: str | None) -> None:
    assert number(text).to_dict()["value"] == value
    assert number("0,0000000001").to_dict()["value"] == "0.0000000001"


def test_digits_are_masked_where_they_are_less_sure_and_signs_stay() -> None:
    written = number("-1.234,50", 0.9, 0.5, 0.9, 0.9, 0.7, 0.9)
    assert written.masked(0.0) == "-1.234,50"
    assert written.masked(0.5) == "-1.234,50"
    assert written.masked(0.6) == "-1.?34,50"
    assert written.masked(0.8) == "-1.?34,?0"
    assert written.masked(1.0) == "-?.???,??"


def test_without_signs_a_number_is_that_of_its_digits() -> None:
    [three] = number("-3", 0.8).without_signs()
    assert (three.text, three.confidence, three.box) == ("3", 0.8, (20, 5, 20, 30))
    day, month, year = number("12.03.2024", 0.5, 0.8).without_signs()
    assert [day.text, month.text, year.text] == ["12", "03", "2024"]
    assert (day.confidence, month.confidence) == (pytest.approx(0.4), pytest.approx(0.81))
    assert month.box == (60, 5, 40, 30)
    assert [digit.digit for digit in year.digits] == [2, 0, 2, 4]
    assert len(year.runner_up[0]) == 4
    assert 0 < year.runner_up[1] < year.confidence


def test_a_number_without_signs_stays_what_it_is() -> None:
    plain = number("305")
    assert plain.without_signs() == (plain,)
    assert plain.without_signs()[0] is plain


def test_a_reading_without_signs_is_of_digits_alone() -> None:
    with_signs = page("-3 8,0", "305", transcript="-3 + 8,0 =\n305", signs=(SIGN,))
    plain = with_signs.without_signs()
    assert plain.text == plain.transcript == "3 8 0\n305"
    assert [[each.text for each in line] for line in plain.lines] == [["3", "8", "0"], ["305"]]
    assert (plain.signs, plain.rejected) == ((), with_signs.rejected)
    assert plain.without_signs().to_dict() == plain.to_dict()
    assert Reading.from_dict(plain.to_dict()).to_dict() == plain.to_dict()


def test_a_reading_without_signs_keeps_its_question_marks() -> None:
    masked = dataclasses.replace(page("-3 12.03"), text="-? 1?.03", transcript="-? 1?.03")
    assert masked.without_signs().text == "? 1? 03"


def test_the_transcript_is_the_text_unless_it_is_given() -> None:
    assert page("-3 8,0").transcript == "-3 8,0"
    assert page("-3", transcript="-3 =").transcript == "-3 ="


# Numbers of digits, marks and a minus


def sure_digit(digit: int, x: int, sure: float = 0.99, second: int = 0) -> Digit:
    """A digit of 20 x 30 pixels; what it is not, it is its second choice."""
    row = np.zeros(10, np.float32)
    row[[second, digit]] = 1 - sure, sure
    return Digit.likeliest(row, 1.0, (x, 5, 20, 30), np.zeros((28, 28), np.uint8))


EIGHT, SEVEN = sure_digit(8, 10), sure_digit(7, 40, second=1)


def test_a_mark_is_in_the_text_from_even_odds_on() -> None:
    for probability, text in ((0.9, "8,7"), (0.5, "8,7"), (0.4, "87"), (0.0, "87")):
        assert number_of([EIGHT, SEVEN], 1.0, [(",", probability)]).text == text


def test_confidence_is_that_every_mark_is_there_or_not_as_read() -> None:
    digits = [EIGHT, SEVEN, sure_digit(5, 70)]
    found = number_of(digits, 0.9, [(".", 0.8), (",", 0.3)])
    assert found.text == "8.75"
    assert found.confidence == pytest.approx(0.9 * 0.8 * 0.7)


def test_where_a_mark_is_most_doubtful_the_runner_up_is_the_other_reading() -> None:
    for probability, text, other in ((0.6, "8,7", "87"), (0.4, "87", "8,7")):
        found = number_of([EIGHT, SEVEN], 0.98, [(",", probability)])
        assert (found.text, found.runner_up[0]) == (text, other)
        assert found.confidence == pytest.approx(0.98 * 0.6)
        assert found.runner_up[1] == pytest.approx(0.98 * 0.4)


def test_where_a_digit_is_more_doubtful_the_runner_up_keeps_the_marks() -> None:
    found = number_of([EIGHT, sure_digit(7, 40, 0.6, second=1)], 0.6, [(",", 0.9)])
    assert (found.text, found.runner_up[0]) == ("8,7", "8,1")
    assert found.runner_up[1] == pytest.approx(0.6 * 0.9 * 0.4 / 0.6)


def test_each_mark_stands_between_its_digits() -> None:
    digits = [sure_digit(digit, 20 * k) for k, digit in enumerate((1, 2, 3, 4, 5))]
    marks = [(".", 1.0), ("", 0.0), (".", 0.1), (",", 1.0)]
    assert number_of(digits, 1.0, marks).text == "1.234,5"


def test_a_minus_is_in_text_box_and_confidence_and_in_the_runner_up() -> None:
    found = number_of([EIGHT, SEVEN], 0.9, [(",", 0.7)], ((0, 18, 8, 3), 0.8))
    assert (found.text, found.runner_up[0]) == ("-8,7", "-87")
    assert found.value == Decimal("-8.7")
    assert found.confidence == pytest.approx(0.9 * 0.7 * 0.8)
    assert found.box == (0, 5, 60, 30)
    assert found.digits == (EIGHT, SEVEN)


# There and back


@pytest.mark.parametrize("reading", [READING, dataclasses.replace(READING, **NOTHING)])
def test_a_reading_comes_back_from_plain_data(reading: Reading) -> None:
    content = json.loads(json.dumps(reading.to_dict()))
    back = Reading.from_dict(content)
    assert back.to_dict() == content
    assert [len(line) for line in back.lines] == [len(line) for line in reading.lines]
    assert (back.signs, back.transcript) == (reading.signs, reading.transcript)
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


def test_a_reading_comes_back_from_before_signs() -> None:
    content = READING.to_dict() | {"schema": 1}
    del content["transcript"], content["signs"]
    for number in content["numbers"]:
        del number["value"]
    back = Reading.from_dict(content)
    assert (back.signs, back.transcript, back.text) == ((), "7 7\n7", "7 7\n7")
    assert back.numbers[0].value == 7


@pytest.mark.parametrize(
    "change",
    [
        {"text": "7 7"},
        {"text": None},
        {"numbers": [{}]},
        {"numbers": 3},
        {"numbers": [NUMBER.to_dict() | {"text": "77"}] * 3},
        {"numbers": [NUMBER.to_dict() | {"text": None}] * 3},
        {"rejected": [{"box": 1}]},
        {"signs": [{"text": "+"}]},
        {"signs": 3},
        {"transcript": "7 + 7"},
        {"transcript": None},
    ],
)
def test_what_is_no_reading_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="not a reading"):
        Reading.from_dict(READING.to_dict() | change)
    with pytest.raises(ValueError, match=r"not a reading .*without an error"):
        Reading.from_dict(Outcome("a.png", 1, None, "is no picture", 0.1).to_dict())


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, -0.1, 1.001, 10**400, "0.5", None]
)
def test_what_is_no_probability_is_refused(value: object) -> None:
    digit = DIGIT.to_dict()
    wrong = [
        {"signs": [SIGN.to_dict() | {"confidence": value}]},
        *(
            {"numbers": [NUMBER.to_dict() | change] * 3}
            for change in (
                {"confidence": value},
                {"alternatives": [{"text": "7", "confidence": value}]},
                *(
                    {"digits": [digit | {name: given}]}
                    for name, given in (
                        ("confidence", value),
                        ("is_digit", value),
                        ("probabilities", [0.5] * 9 + [value]),
                    )
                ),
            )
        ),
    ]
    for change in wrong:
        with pytest.raises(ValueError, match="not a reading"):
            Reading.from_dict(READING.to_dict() | change)


def test_what_the_probability_is_and_should_be_is_said() -> None:
    with pytest.raises(ValueError, match=r"the probability inf; expected 0 to 1"):
        Reading.from_dict(json.loads(json.dumps(READING.to_dict()).replace("0.9,", "1e999,")))


@pytest.mark.parametrize(
    "change",
    [{"digit": 10}, {"digit": None}, {"probabilities": [0.1] * 9}, {"box": [1, 2, 3, math.inf]}],
)
def test_what_is_no_digit_is_refused(change: dict[str, object]) -> None:
    numbers = [NUMBER.to_dict() | {"digits": [DIGIT.to_dict() | change]}] * 3
    with pytest.raises(ValueError, match="not a reading"):
        Reading.from_dict(READING.to_dict() | {"numbers": numbers})


def test_a_probability_that_float32_made_more_than_1_comes_back_as_1() -> None:
    sure = dataclasses.replace(SIGN, confidence=float(np.float32(1) + np.finfo(np.float32).eps * 4))
    assert Sign.from_dict(sure.to_dict()).confidence == 1


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
    assert failed.to_dict() == {"picture": "7.png", "error": "is damaged", "schema": 2}


@pytest.mark.parametrize(
    ("source", "name"),
    [("a/b.png", "a/b.png"), (Path("b"), "b"), (b"", "bytes"), (PICTURE, "ndarray")],
)
def test_an_outcome_is_called_by_its_path_or_kind(source: object, name: str) -> None:
    assert Outcome(source, 1, None, "", 0.0).name == name  # type: ignore[arg-type]


def test_what_was_read_prints_without_its_picture() -> None:
    assert "255" not in repr(READING)
    assert len(repr(Outcome(PICTURE.tobytes(), 1, None, "is damaged", 0.1))) < 200
