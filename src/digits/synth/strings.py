"""Texts of numbers on pages."""

from __future__ import annotations

import numpy as np

Random = np.random.Generator

AFTER_AMOUNTS = (
    "", "", "", "", "-", "-", "_", "_", "~", ".-", ".-", ",-", "=", ".=", ".", ",", "/", "//",
    ".-/", "-/", "x",
)  # fmt: skip
"""Endings of sums of money."""


ALPHABET = "abcdefghijklmnopqrstuvwxyz"
SUFFIXES = "acdefhkmntACEFHKMN"
"""Letters behind a number that resemble no digit."""


def make_up_number(rng: Random, longest: int = 12) -> str:
    """A random number, sometimes with signs.

    Lone digits, doubles, rows of zeros and leading zeros are more frequent than by chance: sequence
    readers make most errors there.
    """
    kind = rng.random()
    if kind < 0.62 or longest < 6:
        return _plain(rng, longest)
    makers = (
        *(make_up_amount, _decimal, _exam_mark, _date, _fraction, _code),
        *(_percentage, _ordinal, _bracketed, _lettered),
    )
    return makers[rng.integers(len(makers))](rng)[:longest]


def make_up_amount(rng: Random) -> str:
    """A sum of money as it stands on a cheque: dots between thousands, and signs around it that
    leave no room for more digits."""
    digits = str(rng.integers(1, 10)) + _digits(rng, int(rng.choice([2, 3, 4, 5, 6, 7])))
    if rng.random() < 0.55:  # round sums
        zeros = int(rng.integers(1, len(digits)))
        digits = digits[: len(digits) - zeros] + "0" * zeros
    if rng.random() < 0.5:
        digits = f"{int(digits):,}".replace(",", "." if rng.random() < 0.85 else "'")
    if rng.random() < 0.1:
        fence = str(rng.choice(["#", "x", "*", "=", "/"]))
        return fence + digits + fence
    before = str(rng.choice(["", "", "", "", "$", "="]))
    after = str(rng.choice(AFTER_AMOUNTS))
    return before + digits + after


def make_up_sum(rng: Random) -> str:
    """A term or an equation; ² and ³ are digits too."""
    unknown = str(rng.choice(["", "", "x", "x", "y", "z"]))
    terms = [_term(rng, unknown) for _ in range(rng.integers(2, 5))]
    text = terms[0]
    for term in terms[1:]:
        text += str(rng.choice(["+", "+", "-"])) + term
    kind = rng.random()
    if kind < 0.3:
        text = f"({text}){rng.choice(['+', '-', ''])}{rng.integers(1, 100)}"
    elif kind < 0.45:
        text = f"{rng.choice(['', '2', '3', '5'])}({text})({_term(rng, unknown)}-{rng.integers(9)})"
    return text + (f"={rng.integers(0, 100)}" if rng.random() < 0.4 else "")


def make_up_figure(rng: Random) -> str:
    """A number or sum with the signs that people write: marks of decimals and thousands, minus,
    currencies, times, dates, operators, letters before or behind."""
    makers = (
        _decimal, _decimal, _decimal, _exam_mark, _exam_mark, _negative, _negative, _negative,
        _amount_in, _amount_in, _clock, _date, _fraction, _percentage, _ordinal, _bracketed,
        _calculation, _calculation, _coded, _coded, _code,
    )  # fmt: skip
    return makers[rng.integers(len(makers))](rng)


def _negative(rng: Random) -> str:
    number = _decimal(rng) if rng.random() < 0.3 else _digits(rng, int(rng.integers(1, 4)))
    return f"{rng.choice(['-', '-', '-', '+'])}{number}"


def _amount_in(rng: Random) -> str:
    whole = f"{int(_digits(rng, int(rng.integers(1, 6)))):,}"
    part = _digits(rng, 2) if rng.random() < 0.7 else "00"
    amount = whole + "." + part if rng.random() < 0.75 else whole
    if rng.random() < 0.5:  # as the continent writes it
        amount = amount.translate(str.maketrans(",.", ".,"))
    sign = str(rng.choice(["$", "€"]))
    kind = rng.random()
    return sign + amount if kind < 0.45 else amount + sign if kind < 0.7 else amount


def _clock(rng: Random) -> str:
    return f"{rng.integers(0, 24)}{rng.choice([':', ':', '.'])}{rng.integers(0, 60):02}"


def _calculation(rng: Random) -> str:
    """Two or three numbers with operators between them, with or without a result."""

    def number() -> str:
        return (
            _decimal(rng) if rng.random() < 0.15 else str(rng.integers(0, 10 ** rng.integers(1, 4)))
        )

    text = number()
    for _ in range(rng.integers(1, 3)):
        text += str(rng.choice(list("++--×÷/:"))) + number()
    kind = rng.random()
    return text + ("=" if kind < 0.3 else f"={number()}" if kind < 0.75 else "")


def _coded(rng: Random) -> str:
    """Letters and digits in one: B12, 4th, 12kg, ABC123, A4-7."""
    letters = "".join(rng.choice(list(ALPHABET), int(rng.integers(1, 4))))
    letters = letters.upper() if rng.random() < 0.5 else letters.lower()
    digits = _digits(rng, int(rng.integers(1, 5)))
    kind = rng.random()
    if kind < 0.45:
        return letters + digits
    if kind < 0.85:
        return digits + letters
    return f"{letters}{digits}{rng.choice(['-', '/', '.', letters[0]])}{_digits(rng, 1)}"


def _term(rng: Random, unknown: str) -> str:
    number = str(rng.integers(1, 10 ** rng.integers(1, 4)))
    if not unknown or rng.random() < 0.4:
        return number
    factor = "" if rng.random() < 0.25 else number
    power = str(rng.choice(["", "", "²", "²", "³"]))
    return factor + unknown + power


def _plain(rng: Random, longest: int) -> str:
    length = int(rng.choice([1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 6, 7, 8, 9, 10, 11, 12]))
    length = min(length, longest)
    kind = rng.random()
    if kind < 0.7:
        return _digits(rng, length)
    if kind < 0.82:  # doubles
        return "".join(d * int(rng.integers(1, 4)) for d in _digits(rng, length))[:length]
    if kind < 0.92:
        zeros = int(rng.integers(0, length))
        return _digits(rng, length - zeros) + "0" * zeros
    return ("0" * int(rng.integers(1, 4)) + _digits(rng, length))[:length]


def _digits(rng: Random, length: int) -> str:
    return "".join(map(str, rng.integers(0, 10, length)))


def _decimal(rng: Random) -> str:
    whole, part = (_digits(rng, int(rng.integers(1, 4))) for _ in range(2))
    return f"{whole}{rng.choice(['.', ','])}{part}"


def _exam_mark(rng: Random) -> str:
    """A mark of an examination: mostly whole or half points of ten or twenty."""
    points = rng.integers(0, 11 if rng.random() < 0.7 else 21)
    part = rng.choice(["0", "5", "5", _digits(rng, 1), _digits(rng, 2)])
    return f"{points}{rng.choice(['.', ','])}{part}"


def _date(rng: Random) -> str:
    day, month, year = rng.integers(1, 32), rng.integers(1, 13), rng.integers(1890, 2030)
    sign = str(rng.choice([".", "/", "-"]))
    years = str(year) if rng.random() < 0.5 else f"{year % 100:02}"
    if rng.random() < 0.5:
        return f"{day:02}{sign}{month:02}{sign}{years}"
    return f"{day}{sign}{month}{sign}{years}"


def _fraction(rng: Random) -> str:
    return f"{rng.integers(1, 100)}/{rng.integers(2, 100)}"


def _code(rng: Random) -> str:
    return f"{_digits(rng, int(rng.integers(2, 5)))}-{_digits(rng, int(rng.integers(2, 6)))}"


def _percentage(rng: Random) -> str:
    return f"{rng.integers(1, 101)}%"


def _ordinal(rng: Random) -> str:
    return f"{rng.integers(1, 200)}."


def _lettered(rng: Random) -> str:
    """As houses and rows have them: 61a."""
    return f"{rng.integers(1, 10 ** rng.integers(1, 4))}{rng.choice(list(SUFFIXES))}"


def _bracketed(rng: Random) -> str:
    return f"({rng.integers(0, 10 ** rng.integers(1, 4))})"
