"""The text of a number → its value, where there is no doubt about it."""

from __future__ import annotations

import re
from decimal import Decimal

# Both have the groups sign, whole and part. A group of thousands never begins with a zero, and
# the mark between groups is not the decimal mark.
_PLAIN = re.compile(r"(?P<sign>[-+]?)(?=.*[0-9])(?P<whole>[0-9]*)(?:[.,](?P<part>[0-9]*))?")
_GROUPED = re.compile(
    r"(?P<sign>[-+]?)(?P<whole>[1-9][0-9]{0,2}(?P<mark>[.,])[0-9]{3}(?:(?P=mark)[0-9]{3})*)"
    r"(?:(?!(?P=mark))[.,](?P<part>[0-9]*))?"
)


def value_of(text: str) -> Decimal | None:
    """The value of a number as written, exact; None if it is ambiguous, or is no one number.

    text: digits, with a sign before them or without, and points and commas as decimal and
    thousands marks of any country. A single mark is the decimal one: "8,0" is 8.0, "5." is 5. It
    is ambiguous where it may part thousands as well, that is with three digits behind it and one
    to three, not beginning with 0, before it: "1.234" has no value, "0.125" and "1234.567" have.
    Marks of one kind, every three digits, part thousands: "1.234.567". So do those before a single
    mark of the other kind, which is the decimal one: "1.234,50" is 1234.50. Whatever else there is
    makes it no one number, such as "12.03.2024".
    """
    readings = [match for form in (_PLAIN, _GROUPED) if (match := form.fullmatch(text))]
    if len(readings) != 1:
        return None
    sign, whole, part = readings[0].group("sign", "whole", "part")
    return Decimal(f"{sign}{re.sub('[.,]', '', whole)}.{part or ''}")
