from __future__ import annotations

import math
import re
from decimal import Decimal
from itertools import product

import numpy as np
import pictures
import pytest
from hypothesis import given
from hypothesis import strategies as st

import digits
from digits.io.number import Digit, Number
from digits.io.result import Table
from digits.io.value import value_of
from digits.reading.totals import balanced, with_totals


def number(*alternatives: tuple[str, float]) -> Number:
    """A number with these alternatives; its digits are those of the first."""
    text, confidence = alternatives[0]
    digits = []
    for character in re.findall("[0-9]", text):
        probabilities = np.full(10, 0.01, np.float32)
        probabilities[int(character)] = 0.91
        digits.append(Digit(int(character), 0.9, probabilities, (0, 0, 9, 9), 0.99, None))
    return Number(text, confidence, (0, 0, 9, 9), tuple(digits), alternatives)


def test_the_doubtful_number_is_found_by_the_total() -> None:
    parts = [number(("12", 0.99)), number(("37", 0.55), ("31", 0.4)), number(("5", 0.98))]
    settled, total = balanced(parts, number(("48", 0.97)))
    assert [each.text for each in settled] == ["12", "31", "5"]
    assert total.text == "48"
    assert [digit.digit for digit in settled[1].digits] == [3, 1]
    for digit in settled[1].digits:
        assert digit.probabilities.argmax() == digit.digit
        assert digit.probabilities.sum() == pytest.approx(1, abs=1e-6)
    assert all(each.is_expected for each in [*settled, total])
    assert settled[1].confidence > 0.95


def test_the_total_may_be_the_doubtful_one() -> None:
    settled, total = balanced(
        [number(("12", 0.99)), number(("31", 0.99))], number(("48", 0.6), ("43", 0.3))
    )
    assert [each.text for each in settled] == ["12", "31"]
    assert total.text == "43"


def test_decimal_marks_and_minus_signs_count() -> None:
    parts = [number(("8,5", 0.9), ("85", 0.05)), number(("-3", 0.9), ("-8", 0.05))]
    settled, total = balanced(parts, number(("55", 0.5), ("5,5", 0.45)))
    assert [each.text for each in settled] == ["8,5", "-3"]
    assert total.text == "5,5"


def test_what_cannot_add_up_stays_and_is_marked() -> None:
    parts = [number(("12", 0.9)), number(("31", 0.9))]
    settled, total = balanced(parts, number(("99", 0.9)))
    assert [each.text for each in settled] == ["12", "31"]
    assert [each.confidence for each in settled] == [0.9, 0.9]
    assert [each.is_expected for each in [*settled, total]] == [False] * 3


def test_a_number_without_a_value_does_not_add_up() -> None:
    settled, total = balanced([number(("12.03.2024", 0.9))], number(("1", 0.9)))
    assert not settled[0].is_expected
    assert not total.is_expected


def test_a_long_column_is_weighed_at_once() -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(10, 1000, 60).tolist()
    read = [number((str(v), 0.6), (str(v + 1), 0.3), (str(max(v - 7, 10)), 0.1)) for v in values]
    settled, total = balanced(read, number((str(sum(values)), 0.9)))
    assert total.is_expected
    assert sum(Decimal(each.text) for each in settled) == sum(values)


ALTERNATIVES = st.lists(
    st.tuples(st.integers(10, 15).map(str), st.floats(0.01, 0.3)),
    min_size=1,
    max_size=3,
    unique_by=lambda each: each[0],
).map(lambda some: number(*sorted(some, key=lambda each: -each[1])))


@given(st.lists(ALTERNATIVES, min_size=1, max_size=4), ALTERNATIVES)
def test_the_way_taken_is_the_likeliest_that_adds_up(parts: list[Number], total: Number) -> None:
    settled, end = balanced(parts, total)
    if not end.is_expected:
        return
    assert sum(Decimal(each.text) for each in settled) == Decimal(end.text)
    every = [*parts, total]
    ways = {}
    for way in product(*(each.alternatives for each in every)):
        values = [value_of(text) or Decimal(-1) for text, _ in way]
        if sum(values[:-1]) == values[-1]:
            ways[tuple(text for text, _ in way)] = math.prod(p for _, p in way)
    taken = tuple(each.text for each in [*settled, end])
    assert ways[taken] == pytest.approx(max(ways.values()))
    for place, each in enumerate([*settled, end]):
        share = sum(p for way, p in ways.items() if way[place] == each.text)
        assert each.confidence <= share / sum(ways.values()) + 1e-9


def table(*rows: list[Number | None]) -> Table:
    return Table(tuple(map(tuple, rows)), (0, 0, 9, 9), True)


def test_the_total_of_each_row_and_of_each_column() -> None:
    first = [number(("1", 0.5), ("7", 0.4)), None, number(("2", 0.99)), number(("9", 0.99))]
    second = [number(("3", 0.99)), number(("4", 0.99)), None, number(("7", 0.99))]
    third = [number(("8", 0.99)), None, number(("4", 0.99)), None]
    rows = [[cell for cell in row if cell] for row in (first, second, third)]
    changed, [by_row] = with_totals(rows, [table(first, second, third)], "row")
    assert [[each.text for each in row] for row in changed] == [
        ["7", "2", "9"],
        ["3", "4", "7"],
        ["8", "4"],
    ]
    assert by_row.rows[0][0] is changed[0][0]
    assert [each.is_expected for each in changed[2]] == [None, None]  # there is no total
    _, [by_column] = with_totals(rows, [table(first, second, third)], "column")
    cells = [[cell and (cell.text, cell.is_expected) for cell in row] for row in by_column.rows]
    assert cells[0] == [("1", False), None, ("2", False), ("9", None)]
    assert cells[2] == [("8", False), None, ("4", False), None]


def test_the_last_number_of_all_as_the_total() -> None:
    rows = [[number(("12", 0.9))], [number(("6", 0.5), ("8", 0.45))], [number(("20", 0.9))]]
    changed, _ = with_totals(rows, [], "last")
    assert [row[0].text for row in changed] == ["12", "8", "20"]


def test_a_picture_is_read_so_that_it_adds_up() -> None:
    pixels = pictures.page("12\n30\n42", height=40).pixels
    found = digits.Reader(threads=1).read(pixels, totals="last")
    assert found.text == "12\n30\n42"
    assert all(each.is_expected for each in found.numbers)
    odd = digits.Reader(threads=1).read(
        pictures.page("12\n30\n45", height=40).pixels, totals="last"
    )
    assert not any(each.is_expected for each in odd.numbers)


def test_other_totals_are_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="expected 'row'"):
        digits.Reader(threads=1).read(np.zeros((9, 9), np.uint8), totals="all")  # type: ignore[arg-type]
