from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digits.io.value import value_of


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", "7"),
        ("007", "7"),
        ("-3", "-3"),
        ("+3", "3"),
        ("8,0", "8.0"),
        ("8.25", "8.25"),
        ("-8,25", "-8.25"),
        ("5.", "5"),
        (".5", "0.5"),
        ("1.2345", "1.2345"),
        ("1234.567", "1234.567"),
        ("0.125", "0.125"),
        ("012,345", "12.345"),
        ("1.234.567", "1234567"),
        ("1,234,567", "1234567"),
        ("1.234,50", "1234.50"),
        ("1,234.50", "1234.50"),
        ("12.345.678,9", "12345678.9"),
        ("1,234.567", "1234.567"),
    ],
)
def test_a_number_has_one_value(text: str, value: str) -> None:
    assert value_of(text) == Decimal(value)


@pytest.mark.parametrize("text", ["1.234", "1,234", "-12.345", "999,000"])
def test_a_mark_that_may_be_decimal_or_part_thousands_is_ambiguous(text: str) -> None:
    assert value_of(text) is None


@pytest.mark.parametrize(
    "text",
    [
        *("12.03.2024", "12.03.", "1.23.456", "1234.567.890", "0.123.456", "1,2.3", "1.234,56,7"),
        *("12:30", "56/7", "5-3", "3-", "--3", "50%", "1 234", "4?", "1e5", "NaN", "٣"),
        *("", "-", ".", "-,", "7\n"),
    ],
)
def test_what_is_no_one_number_has_no_value(text: str) -> None:
    assert value_of(text) is None


@given(st.decimals(-(10**12), 10**12, places=2))
@example(Decimal("-0.05"))
def test_amounts_are_read_back_as_english_and_german_write_them(amount: Decimal) -> None:
    english = f"{amount:,.2f}"
    german = english.translate(str.maketrans(".,", ",."))
    assert value_of(english) == value_of(german) == value_of(f"{amount:f}") == amount


@given(st.text("0123456789.,-+", max_size=12))
def test_a_value_has_the_digits_of_its_text(text: str) -> None:
    value = value_of(text)
    if value is not None:
        digits = "".join(each for each in text if each.isdigit())
        assert abs(int(digits)) == abs(value.scaleb(-int(value.as_tuple().exponent)))
        assert text.startswith("-") == value.is_signed()
