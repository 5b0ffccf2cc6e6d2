"""Check digits: what a number's last digits must be for the others.

Luhn: ISO/IEC 7812-1, of cards and many customer numbers. EAN-8, EAN-13 and UPC-A: GS1 General
Specifications. ISBN-10 and ISBN-13: ISO 2108. IBAN: ISO 13616, by ISO/IEC 7064 MOD 97-10.
"""

from __future__ import annotations

from collections.abc import Callable

# Countries whose IBAN is all digits behind its two letters, each with its length (SWIFT's registry)
IBAN_LENGTHS = (
    "AT20 BA20 BE16 CZ24 DE22 DK18 EE20 ES24 FI18 HR21 HU28 IL23 IS26 LT20 ME22 NO15 PL28 PT25 "
    "RS22 SE24 SI19 SK24"
)


def luhn(digits: str) -> bool:
    """Whether the last digit is Luhn's of those before it."""
    doubled = (sum(divmod(2 * int(each), 10)) for each in digits[-2::-2])
    return len(digits) > 1 and (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0


def ean(digits: str) -> bool:
    """Whether this is an article number, EAN-8, UPC-A or EAN-13."""
    weighted = sum(map(int, digits[-1::-2])) + 3 * sum(map(int, digits[-2::-2]))
    return len(digits) in (8, 12, 13) and weighted % 10 == 0


def isbn(digits: str) -> bool:
    """Whether this is the number of a book, ISBN-13 or ISBN-10 without an X."""
    if len(digits) == 10:
        return sum(place * int(each) for place, each in enumerate(reversed(digits), 1)) % 11 == 0
    return len(digits) == 13 and digits[:3] in ("978", "979") and ean(digits)


def iban(digits: str) -> bool:
    """Whether these are the digits of an IBAN behind the two letters of its country.

    The letters themselves are not read: those of any country whose IBAN has this length will do.
    """
    return any(
        int(f"{digits[2:]}{int(country[0], 36)}{int(country[1], 36)}{digits[:2]}") % 97 == 1
        for country in IBAN_LENGTHS.split()
        if len(digits) + 2 == int(country[2:])
    )


CHECKS: dict[str, Callable[[str], bool]] = {"luhn": luhn, "ean": ean, "isbn": isbn, "iban": iban}
