"""What a number is expected to be: a pattern, a range, a list, a check digit.

An expectation chooses among what the reader itself holds possible (`digits.reading.number.answer`);
it never makes up a number.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path

from digits.errors import DigitsError
from digits.io.value import value_of
from digits.reading.checks import CHECKS

Holds = Callable[[str], bool]  # of a number's text

RANGE = re.compile(r"(?P<low>-?[0-9.]+?)\.\.(?P<high>-?[0-9.]+?)(?:/(?P<step>[0-9.]+))?")


@dataclass(frozen=True, slots=True)
class Expectation:
    """Whether a number's text is as expected, and the words for that."""

    words: str
    holds: Holds

    def __and__(self, other: Expectation) -> Expectation:
        """Both."""
        words = f"{self.words} and {other.words}"
        return Expectation(words, partial(_both, self.holds, other.holds))


def expectation(text: str | Expectation) -> Expectation:
    """A range or a regular expression for the whole text of a number.

    text: "0..20" is any whole number of these, "0..10/0.5" any step of 0.5 from 0 on; all else is
    a regular expression such as r"\\d{3}". Raises ValueError if it is none.
    """
    if isinstance(text, Expectation):
        return text
    if match := RANGE.fullmatch(text):
        try:
            low, high = Decimal(match["low"]), Decimal(match["high"])
            step = Decimal(match["step"] or "1")
        except InvalidOperation:
            raise ValueError(
                f"{text!r} is no range; expected one like 0..20 or 0..10/0.5"
            ) from None
        if low > high or step <= 0:
            raise ValueError(f"{text!r} holds no number; expected LOW..HIGH, LOW below HIGH")
        return within(low, high, step)
    try:
        pattern = re.compile(text, re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{text!r} is no regular expression ({error})") from None
    return Expectation(text, partial(_matches, pattern))


def within(low: Decimal, high: Decimal, step: Decimal) -> Expectation:
    """From low to high, each a whole number of steps from low; a number with an ambiguous value,
    as 1.234, is not."""

    words = f"{low} to {high}" + ("" if step == 1 else f" by {step}")
    return Expectation(words, partial(_is_within, low, high, step))


def listed(texts: Iterable[str], name: str = "the list") -> Expectation:
    """One of these texts, as written there."""
    known = frozenset(texts)
    content = zlib.crc32("\n".join(sorted(known)).encode(errors="surrogatepass"))
    words = f"one of the {len(known):,} numbers of {name} (CRC-32 {content:08x})"
    return Expectation(words, known.__contains__)


def numbers_in(path: Path) -> list[str]:
    """The numbers of a file, one a line; blanks around them and empty lines do not count.

    Raises DigitsError if it cannot be read or holds none.
    """
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not a text in UTF-8"
        raise DigitsError(f"cannot read the list {path}: {reason}") from error
    found = [line.strip() for line in lines if line.strip()]
    if not found:
        raise DigitsError(f"the list {path} is empty; expected a number a line")
    return found


def checked(name: str) -> Expectation:
    """With a check digit that holds: "luhn", "ean", "isbn" or "iban"; of digits alone."""
    return Expectation(f"a check digit by {name}", partial(_has_check_digit, CHECKS[name]))


# Functions of the module, not lambdas: an expectation goes to other processes.


def _both(first: Holds, second: Holds, text: str) -> bool:
    return first(text) and second(text)


def _matches(pattern: re.Pattern[str], text: str) -> bool:
    return pattern.fullmatch(text) is not None


def _is_within(low: Decimal, high: Decimal, step: Decimal, text: str) -> bool:
    value = value_of(text)
    return value is not None and low <= value <= high and (value - low) % step == 0


def _has_check_digit(check: Holds, text: str) -> bool:
    return text.isdecimal() and check(text)
