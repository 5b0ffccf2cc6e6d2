"""Numbers and their total → the numbers that add up.

Each number is one of its alternatives; of all ways to choose that add up to the total, the
likeliest is taken. A way is a path through partial sums, so that many numbers with a few
alternatives each are weighed at once: the forward-backward algorithm (Baum et al. 1970, DOI
10.1214/aoms/1177697196).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal, TypeAlias

import numpy as np

from digits.io.number import Digit, Number
from digits.io.result import Table
from digits.io.value import value_of
from digits.model.spec import CLASSES

Totals: TypeAlias = Literal["row", "column", "last"]

BEHIND = 0.999  # of the probability of the digit in the text, that of any other at most
STATES = 2000  # partial sums that are followed at a time, the likeliest
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class _Choice:
    """What a number may be; the value of a total is negative, so that all values add up to 0."""

    text: str
    value: Decimal
    probability: float


def with_totals(
    rows: Sequence[Sequence[Number]], tables: Sequence[Table], totals: Totals
) -> tuple[list[list[Number]], list[Table]]:
    """Numbers of a page, in rows and tables, so that they add up.

    totals: which numbers are the sum of others: the last cell of each row of a table, that of each
    column, or the last number of all.
    """
    changed: dict[int, Number] = {}
    for numbers in _sums_of(rows, tables, totals):
        if len(numbers) > 1:
            settled, total = balanced(numbers[:-1], numbers[-1])
            changed |= {id(old): new for old, new in zip(numbers, [*settled, total], strict=True)}

    def change(number: Number) -> Number:
        return changed.get(id(number), number)

    return [list(map(change, row)) for row in rows], [each.with_numbers(change) for each in tables]


def _sums_of(
    rows: Sequence[Sequence[Number]], tables: Sequence[Table], totals: Totals
) -> Iterator[list[Number]]:
    """Each time the parts of a sum, and behind them their total."""
    if totals == "last":
        yield [number for row in rows for number in row]
        return
    for table in tables:
        for line in table.rows if totals == "row" else zip(*table.rows, strict=True):
            if line[-1] is not None:
                yield [cell for cell in line if cell is not None]


def balanced(numbers: Sequence[Number], total: Number) -> tuple[list[Number], Number]:
    """Numbers and their total so that they add up.

    That they do is taken for known: ways that do not have no share in the confidence. Where no way
    does, or it is likelier that a number is something that was not thought of, all stay as they
    are, and have `is_expected` False.
    """
    every = [*numbers, total]
    choices = [*map(_choices, numbers), [_against(choice) for choice in _choices(total)]]
    before, behind = _sums(choices), _sums(choices[::-1])[::-1]
    right = before[-1].get(NOTHING, 0.0)
    unknown = sum(map(_chance_of_others, every, choices))
    if not right > unknown:
        stay = [replace(each, is_expected=False) for each in every]
        return stay[:-1], stay[-1]
    settled = []
    for place, (number, choice) in enumerate(zip(every, _likeliest(choices), strict=True)):
        rest = behind[place + 1]
        meeting = sum(p * rest.get(-(s + choice.value), 0.0) for s, p in before[place].items())
        confidence = choice.probability * meeting / (right + unknown)
        settled.append(_retold(number, choice.text, confidence))
    return settled[:-1], settled[-1]


def _choices(number: Number) -> list[_Choice]:
    """The alternatives of a number that have a value and as many digits."""
    return [
        _Choice(text, value, probability)
        for text, probability in number.alternatives
        if (value := value_of(text)) is not None
        and len(re.findall("[0-9]", text)) == len(number.digits)
    ]


def _against(choice: _Choice) -> _Choice:
    return replace(choice, value=-choice.value)


def _chance_of_others(number: Number, choices: Sequence[_Choice]) -> float:
    """The probability that a number is none of its choices, and just what the sum needs: one of all
    numbers with as many digits."""
    others = max(1 - sum(choice.probability for choice in choices), 0.0)
    return others / 10.0 ** len(number.digits)


def _sums(choices: Sequence[Sequence[_Choice]]) -> list[dict[Decimal, float]]:
    """The probability of each partial sum before the first number, and after each."""
    sums = [{NOTHING: 1.0}]
    for each in choices:
        found: dict[Decimal, float] = defaultdict(float)
        for start, probability in sums[-1].items():
            for choice in each:
                found[start + choice.value] += probability * choice.probability
        sums.append(dict(sorted(found.items(), key=lambda item: -item[1])[:STATES]))
    return sums


def _likeliest(choices: Sequence[Sequence[_Choice]]) -> tuple[_Choice, ...]:
    """Of the ways that add up to nothing the likeliest (Viterbi's algorithm)."""
    ways: dict[Decimal, tuple[float, tuple[_Choice, ...]]] = {NOTHING: (1.0, ())}
    for each in choices:
        found: dict[Decimal, tuple[float, tuple[_Choice, ...]]] = {}
        for start, (probability, way) in ways.items():
            for choice in each:
                end, chance = start + choice.value, probability * choice.probability
                if end not in found or chance > found[end][0]:
                    found[end] = (chance, (*way, choice))
        ways = dict(sorted(found.items(), key=lambda item: -item[1][0])[:STATES])
    return ways[NOTHING][1]


def _retold(number: Number, text: str, confidence: float) -> Number:
    """The same number with another text of as many digits."""
    values = map(int, re.findall("[0-9]", text))
    digits = tuple(
        digit if value == digit.digit else _changed(digit, value, confidence)
        for digit, value in zip(number.digits, values, strict=True)
    )
    return replace(number, text=text, confidence=confidence, digits=digits, is_expected=True)


def _changed(digit: Digit, value: int, confidence: float) -> Digit:
    """Another digit than it was read as, since its number is another with this confidence."""
    own = max(float(digit.probabilities[value]), confidence)
    others = np.where(np.arange(CLASSES) == value, 0.0, digit.probabilities)
    others = np.minimum(others * (1 - own) / others.sum(), BEHIND * own)
    others[value] = own
    probabilities = np.asarray(others / others.sum(), np.float32)
    return Digit.likeliest(probabilities, digit.is_digit, digit.box, digit.tile)
