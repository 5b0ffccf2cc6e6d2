from __future__ import annotations

from pathlib import Path

import numpy as np
import pictures
import pytest

import digits
from digits.errors import DigitsError
from digits.reading.checks import CHECKS
from digits.reading.expect import checked, expectation, listed, numbers_in

READER = digits.Reader()


@pytest.mark.parametrize(
    ("what", "holds", "fails"),
    [
        (r"\d{3}", ["305", "000"], ["30", "3055", "-305", "30.5", ""]),
        (r"\d{2}|\d{4}", ["20", "2024"], ["202", "20242"]),
        ("0..20", ["0", "20", "7", "07", "20.0"], ["21", "-1", "7.5", "2.000", ""]),
        ("0..10/0.5", ["8.5", "8,5", "10", "0"], ["8.3", "10.5", "85"]),
        ("-5..5", ["-5", "-0", "5"], ["-6", "6"]),
        ("0.25..1/0.25", ["0.5", "0,75", "1"], ["0", "0.3"]),
    ],
)
def test_what_is_expected(what: str, holds: list[str], fails: list[str]) -> None:
    expected = expectation(what)
    assert all(map(expected.holds, holds))
    assert not any(map(expected.holds, fails))


@pytest.mark.parametrize("what", ["[", "20..0", "0..10/0", "1.2.3..4", "(?P<a>"])
def test_what_is_no_expectation(what: str) -> None:
    with pytest.raises(ValueError, match=r"is no|holds no"):
        expectation(what)


# Published examples: ISO/IEC 7812, GS1, ISO 2108, the SWIFT registry.
@pytest.mark.parametrize(
    ("check", "text"),
    [
        ("luhn", "79927398713"),
        ("luhn", "4111111111111111"),
        ("ean", "4006381333931"),
        ("ean", "73513537"),
        ("ean", "036000291452"),
        ("isbn", "9780306406157"),
        ("isbn", "0306406152"),
        ("iban", "68539007547034"),  # of a length that one country alone has
    ],
)
def test_a_check_digit_holds_and_tells_any_single_wrong_digit(check: str, text: str) -> None:
    expected = checked(check)
    assert expected.holds(text)
    for place, own in enumerate(text):
        others = (text[:place] + digit + text[place + 1 :] for digit in "0123456789")
        assert [other for other in others if expected.holds(other)] == [text], own


def test_an_iban_may_be_of_any_country_that_has_its_length() -> None:
    text = "89370400440532013000"
    assert checked("iban").holds(text)
    others = [text[:k] + d + text[k + 1 :] for k in range(20) for d in "0123456789" if d != text[k]]
    assert sum(map(checked("iban").holds, others)) < len(others) / 20


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("text", ["", "0", "-7", "7.9", "12"])
def test_what_is_no_such_number_has_no_check_digit(check: str, text: str) -> None:
    assert not checked(check).holds(text)


def test_expectations_together_must_all_hold() -> None:
    both = expectation(r"\d{3}") & listed(["305", "42"])
    assert both.holds("305")
    assert not both.holds("42")
    assert not both.holds("306")


def test_a_list_is_a_number_a_line(tmp_path: Path) -> None:
    file = tmp_path / "ids.txt"
    file.write_text("\ufeff305\n\n 42 \n", "utf-8")
    assert numbers_in(file) == ["305", "42"]


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xff\xfe\x00"])
def test_a_list_that_is_none_is_told(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "ids.txt"
    file.write_bytes(content)
    with pytest.raises(DigitsError, match=r"ids\.txt"):
        numbers_in(file)


def misread(text: str, others: list[str]) -> np.ndarray:
    """A picture in which a number is not read as what is expected, but that is held possible."""
    for seed in range(40):
        pixels = pictures.page(text, height=36, seed=seed).pixels
        found = READER.number(pixels, expect="|".join(others))
        if found.is_expected:
            return pixels
    raise AssertionError(f"none of {others} was thought of in 40 pictures of {text}")


def test_of_what_a_number_may_be_the_expected_text_is_chosen() -> None:
    pixels = misread("4711", ["471", "47"])
    plain, expected = READER.number(pixels), READER.number(pixels, expect=r"\d{2,3}")
    assert plain.text != expected.text
    assert expected.text in ("471", "47")
    assert len(expected.digits) == len(expected.text)
    assert "".join(str(each.digit) for each in expected.digits) == expected.text
    assert plain.is_expected is None
    assert expected.is_expected is True
    assert 0 < expected.confidence <= 1


def test_a_number_that_cannot_be_as_expected_stays_and_is_marked() -> None:
    pixels = pictures.page("305", height=40).pixels
    for read in (READER.number, lambda *a, **k: READER.read(*a, **k).numbers[0]):
        found = read(pixels, expect="999")
        assert (found.text, found.is_expected) == ("305", False)


def test_an_expectation_that_holds_makes_surer() -> None:
    pixels = pictures.page("305 42", height=40).pixels
    plain, expected = READER.read(pixels), READER.read(pixels, expect=r"\d{2,3}")
    assert [each.text for each in expected.numbers] == ["305", "42"]
    for one, other in zip(plain.numbers, expected.numbers, strict=True):
        assert other.is_expected
        assert other.box == one.box
        assert one.confidence <= other.confidence <= 1


def test_alternatives_are_the_likeliest_texts_with_the_text_first() -> None:
    pixels = pictures.page("305 42", height=40).pixels
    for number in (*READER.read(pixels).numbers, READER.number(pixels[:, : pixels.shape[1] // 2])):
        assert number.alternatives[0][0] == number.text
        assert number.alternatives[0][1] == pytest.approx(number.confidence)
        assert number.alternatives[1] == number.runner_up
        texts = [text for text, _ in number.alternatives]
        assert len(texts) == len(set(texts))
        assert sum(each for _, each in number.alternatives) <= 1 + 1e-6


def test_readings_keep_what_was_expected() -> None:
    reading = READER.read(pictures.page("305", height=40).pixels, expect="0..20")
    again = digits.Reading.from_dict(reading.to_dict())
    assert [each.is_expected for each in again.numbers] == [False]
    assert again.to_dict() == reading.to_dict()


def test_an_expectation_that_is_none_is_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="regular expression"):
        READER.try_read(np.zeros((9, 9), np.uint8), expect="[")
    with pytest.raises(ValueError, match="regular expression"):
        next(READER.read_many([], expect="["))
