"""How much does it help to say what a number is like?

.venv/bin/python benchmarks/expected.py [--crops N] [--seed S]

Close-ups of one number each, by writers that no network learned from, are read without and with an
expectation: as many digits as there are; one of a list of a thousand such numbers; a check digit
that one number in ten has by chance; and, for five crops at a time, their sum, as a total that is
printed below them. Prints, for `Reader.number` and for `Reader.read`, how many
are exact; how many are right above the confidence at which 99 % of the answers are right; and the
expected calibration error. Seeds of its own: nothing was fitted on these crops.
"""

import argparse
import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from fit_number import Crop, make_crops

from digits import Reader
from digits.evaluation.metrics import (
    expected_calibration_error,
    reliability_bins,
    wilson_interval,
)
from digits.io.number import Digit, Number, number_of
from digits.reading.expect import Expectation, listed
from digits.reading.totals import balanced
from digits.synth.sources import Sources

ADDED = 5  # numbers with one total
LISTED = 1000  # numbers of a list
PRECISION = 0.99


def digits_of(text: str) -> str:
    return re.sub("[^0-9]", "", text)


def of_digits(holds: Callable[[str], bool], words: str) -> Expectation:
    """An expectation of a number's digits, whatever its signs: those are all that a crop tells."""
    return Expectation(words, lambda text: holds(digits_of(text)))


def as_many_digits(crop: Crop, _: np.random.Generator) -> Expectation:
    return of_digits(lambda text: len(text) == len(crop.digits), "as many digits")


def one_of_a_list(crop: Crop, rng: np.random.Generator) -> Expectation:
    count = len(crop.digits)
    others = {f"{rng.integers(10**count):0{count}d}" for _ in range(LISTED - 1)}
    return of_digits(listed({crop.digits, *others}).holds, "one of a list of 1,000")


def with_a_check_digit(crop: Crop, _: np.random.Generator) -> Expectation:
    total = sum(map(int, crop.digits)) % 10
    return of_digits(lambda text: sum(map(int, text)) % 10 == total, "a check digit")


EXPECTATIONS = {
    "nothing": lambda *_: None,
    "as many digits": as_many_digits,
    "one of a list of 1,000": one_of_a_list,
    "a check digit": with_a_check_digit,
}


def with_their_sum(numbers: list[Number], crops: list[Crop]) -> list[Number | None]:
    """Numbers read without an expectation, so that each five of them add up to what they should;
    those that cannot count as they were read."""
    settled: list[Number | None] = []
    for start in range(0, len(crops) - ADDED + 1, ADDED):
        some = [in_digits(number) for number in numbers[start : start + ADDED]]
        total = str(sum(int(crop.digits) for crop in crops[start : start + ADDED]))
        found, _ = balanced(some, printed(total))
        settled += found if found[0].is_expected else some
    return settled


def in_digits(number: Number) -> Number:
    """The number and its alternatives without signs, as a crop tells its truth."""
    chances: dict[str, float] = defaultdict(float)
    for text, probability in number.alternatives:
        chances[digits_of(text)] += probability
    text = digits_of(number.text)
    return replace(number, text=text, alternatives=tuple(chances.items()))


def printed(text: str) -> Number:
    """A number that is known."""
    none = np.zeros((28, 28), np.uint8)
    digits = [
        Digit(int(each), 1.0, np.eye(10, dtype=np.float32)[int(each)], (0, 0, 1, 1), 1.0, none)
        for each in text
    ]
    return number_of(digits, 1.0)


def only_number(reader: Reader, crop: Crop, expect: Expectation | None) -> Number | None:
    """What a page route reads, if it reads one number."""
    numbers = reader.read(crop.pixels, 0, expect=expect).numbers
    return numbers[0] if len(numbers) == 1 else None


def sure(confidence: np.ndarray, right: np.ndarray) -> float:
    """The share of all that are right and above the lowest confidence above which PRECISION are."""
    order = np.argsort(-confidence, kind="stable")
    total = np.cumsum(right[order])
    good = total >= PRECISION * np.arange(1, len(right) + 1)
    return float(total[np.flatnonzero(good)[-1]] / len(right)) if good.any() else 0.0


def row(name: str, numbers: list[Number | None], crops: list[Crop]) -> str:
    right = np.array(
        [
            each is not None
            and each.is_expected is not False
            and digits_of(each.text) == crop.digits
            for each, crop in zip(numbers, crops, strict=True)
        ]
    )
    confidence = np.array(
        [0.0 if each is None or each.is_expected is False else each.confidence for each in numbers]
    )
    ece = expected_calibration_error(reliability_bins(confidence, right))
    low, high = wilson_interval(int(right.sum()), len(right))
    return (
        f"| {name} | {len(right)} | {100 * right.mean():.1f} ({100 * low:.1f} to {100 * high:.1f})"
        f" | {100 * sure(confidence, right):.1f} | {100 * ece:.1f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--crops", type=int, default=400)
    parser.add_argument("--seed", type=int, default=91)
    options = parser.parse_args()
    crops = make_crops(options.crops, options.seed, Sources.open("validation"))
    reader = Reader(threads=1)
    print("| route, expected | n | exact, % | right at 99 % precision, % | ECE, % |")
    print("|---|---|---|---|---|")
    for route in ("number", "page"):
        for name, expect in EXPECTATIONS.items():
            rng = np.random.default_rng(options.seed)
            expected = [expect(crop, rng) for crop in crops]
            if route == "number":
                numbers = [
                    reader.number(crop.pixels, expect=each)
                    for crop, each in zip(crops, expected, strict=True)
                ]
            else:
                numbers = [
                    only_number(reader, crop, each)
                    for crop, each in zip(crops, expected, strict=True)
                ]
            print(row(f"{route}, {name}", numbers, crops), flush=True)
            if (route, name) == ("number", "nothing"):
                added = with_their_sum(numbers, crops)
                print(row("number, the sum of five", added, crops[: len(added)]), flush=True)


if __name__ == "__main__":
    main()
