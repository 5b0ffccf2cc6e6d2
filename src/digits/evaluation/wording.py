"""Figures as text, the same on the screen and in the report."""

from __future__ import annotations

import math

from digits.evaluation.score import Comparison
from digits.evaluation.selective import Selection

BEYOND_CHANCE = 0.01


def count(n: int) -> str:
    """10000 → "10,000"."""
    return f"{n:,}"


def counted(n: int, one: str, many: str | None = None) -> str:
    """1, "error" → "1 error"; 3, "error" → "3 errors"."""
    return f"{count(n)} {one if n == 1 else many or one + 's'}"


def percent(rate: float | None, decimals: int = 2) -> str:
    """0.9961 → "99.61 %"; a dash where there is no rate."""
    return "-" if rate is None else f"{100 * rate:.{decimals}f} %"


def percent_range(interval: tuple[float, float]) -> str:
    """(0.9947, 0.9971) → "99.47 to 99.71 %"."""
    low, high = interval
    return f"{100 * low:.2f} to {100 * high:.2f} %"


def level(rate: float) -> str:
    """A rate that was chosen, without further digits: 0.999 → "99.9 %"."""
    return f"{100 * rate:.6g} %"


def threshold(selection: Selection) -> str:
    """The confidence from which on answers are kept: the shortest percentage that separates them.

    0.7127 kept and 0.7096 dropped → "71 %"; a dash where nothing is kept, "any" where all are.
    """
    lowest, dropped = selection.confidence, selection.next_confidence
    if lowest is None:
        return "-"
    if dropped is None:
        return "any"
    for decimals in range(15):
        scale = 10 ** (decimals + 2)
        shown = math.floor(lowest * scale) / scale
        if dropped < shown <= lowest:
            return percent(shown, decimals)
    return f"{100 * lowest} %"


def probability(p: float) -> str:
    """A p-value with two significant digits."""
    return f"p = {p:.2g}" if p >= 1e-4 else "p < 0.0001"


def rated(raters: tuple[int, ...]) -> str:
    """What people saw in a tile whose label is disputed: "9", "4 or 9", "neither"."""
    return " or ".join(str(digit) for digit in raters) or "neither"


def verdict(comparison: Comparison) -> str:
    """One sentence on two models: the counts, the test, and what follows from it."""
    better, other, test = comparison.better.model, comparison.other.model, comparison.test
    verdict = (
        f"{better} is better beyond chance"
        if test.p < BEYOND_CHANCE
        else "the difference may well be chance"
    )
    return (
        f"{better} alone is right on {count(test.only_first_right)}, {other} alone on "
        f"{count(test.only_second_right)}, both are wrong on {count(test.both_wrong)}: "
        f"{verdict} (exact McNemar test, {probability(test.p)})."
    )
