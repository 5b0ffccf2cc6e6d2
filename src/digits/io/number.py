"""Digits and numbers that were read: plain frozen data."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import islice, zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.io.alternatives import Choice, likeliest_first
from digits.io.value import value_of
from digits.model.spec import CLASSES

Box = tuple[int, int, int, int]  # x, y, width, height in pixels of the picture as a viewer shows it

MARKED = 0.5  # probability of a decimal mark from which on it is read
ALTERNATIVES = 5  # texts of a number that are kept
ROUNDING = 1e-6  # of `to_dict`: products of float32 probabilities end that much above 1


@dataclass(frozen=True, slots=True, eq=False)
class Digit:
    """One digit.

    confidence: the probability that a digit is there and that it is this one: `is_digit` times the
    highest of `probabilities`. probabilities: (10,) float32 of each digit, given that there is
    one; they sum to 1. is_digit: the probability that there is one digit at all, in [0, 1]. tile:
    the (28, 28) uint8 that the network saw; None in a digit from `from_dict`.
    """

    digit: int
    confidence: float
    probabilities: NDArray[np.float32]
    box: Box
    is_digit: float
    tile: NDArray[np.uint8] | None

    @classmethod
    def likeliest(
        cls,
        probabilities: NDArray[np.float32],
        is_digit: float,
        box: Box,
        tile: NDArray[np.uint8] | None,
    ) -> Digit:
        """The digit with the highest of ten probabilities (10,), given that there is one."""
        digit = int(probabilities.argmax())
        confidence = float(probabilities[digit]) * is_digit
        return cls(digit, confidence, probabilities, box, is_digit, tile)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, without the tile."""
        return {
            "digit": self.digit,
            "confidence": round(self.confidence, 6),
            "probabilities": [round(float(p), 6) for p in self.probabilities],
            "is_digit": round(self.is_digit, 6),
            "box": list(self.box),
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Digit:
        """The digit that `to_dict` was called on, without its tile and rounded as there.

        Raises ValueError or TypeError for what is none.
        """
        digit, probabilities = content["digit"], content["probabilities"]
        if digit not in range(CLASSES) or len(probabilities) != CLASSES:
            raise ValueError(
                f"the digit {digit!r} with {len(probabilities)} probabilities; expected 0 to 9, "
                f"and the probabilities of all {CLASSES}"
            )
        return cls(
            digit,
            probability_of(content["confidence"]),
            np.array([probability_of(each) for each in probabilities], np.float32),
            box_of(content["box"]),
            probability_of(content["is_digit"]),
            tile=None,
        )


@dataclass(frozen=True, slots=True)
class Number:
    """Digits that stand together, with their sign and decimal marks.

    text: as written: "305", "-3", "8,0", "1.234,50", "12.03.2024". confidence: the probability
    that all of it is right. digits: those of the text, without its signs. alternatives: the
    likeliest texts, at most ALTERNATIVES, and their probabilities, the likeliest first; the text
    is one of them, and the first unless something else was expected. is_expected: whether the text
    is as it was expected to be (`digits.reading.expect`); None where nothing was.
    """

    text: str
    confidence: float
    box: Box
    digits: tuple[Digit, ...]
    alternatives: tuple[tuple[str, float], ...]
    is_expected: bool | None = None

    @property
    def runner_up(self) -> tuple[str, float]:
        """The likeliest other text and its probability; ("", 0.0) if there is none."""
        return next((each for each in self.alternatives if each[0] != self.text), ("", 0.0))

    @property
    def value(self) -> Decimal | None:
        """What the text stands for, exact: 8.0 for "8,0". None if that is ambiguous, as in "1.234",
        or if it is no one number, as "12.03.2024"; see `digits.io.value.value_of`."""
        return value_of(self.text)

    def masked(self, min_confidence: float) -> str:
        """The text with "?" for each digit that is less sure; signs stay."""
        rest = iter(self.digits)
        return re.sub(
            "[0-9]",
            lambda each: each[0] if next(rest).confidence >= min_confidence else "?",
            self.text,
        )

    def without_signs(self) -> tuple[Number, ...]:
        """The numbers that its digits are by themselves: 3 of "-3", 8 and 0 of "8,0".

        Their confidence is the product of their digits'. What has no sign is given as it is.
        """
        runs = re.findall("[0-9]+", self.text)
        if runs == [self.text]:
            return (self,)
        rest = iter(self.digits)
        groups = [list(islice(rest, len(run))) for run in runs]
        return tuple(number_of(each, math.prod(d.confidence for d in each)) for each in groups)

    def digits_alone(self) -> Number:
        """Its digits as one number, whatever signs stand between them: 80 of "8,0"."""
        if self.text.isdigit():
            return self
        return number_of(self.digits, math.prod(digit.confidence for digit in self.digits))

    def moved(self, move: Callable[[Box], Box]) -> Number:
        """The same elsewhere: every box as `move` gives it."""
        digits = tuple(replace(digit, box=move(digit.box)) for digit in self.digits)
        return replace(self, box=move(self.box), digits=digits)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        value = self.value
        text, confidence = self.runner_up
        return {
            "text": self.text,
            "value": None if value is None else f"{value:f}",
            "confidence": round(self.confidence, 6),
            "box": list(self.box),
            "runner_up": {"text": text, "confidence": round(confidence, 6)},
            "alternatives": [
                {"text": other, "confidence": round(probability, 6)}
                for other, probability in self.alternatives
            ],
            "digits": [digit.to_dict() for digit in self.digits],
            "is_expected": self.is_expected,
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Number:
        """The number that `to_dict` was called on, rounded as there.

        Raises ValueError if the text has more digits, or fewer, than there are, or if what should
        be a probability is none.
        """
        text, digits = content["text"], tuple(map(Digit.from_dict, content["digits"]))
        if len(re.findall("[0-9]", text)) != len(digits):
            raise ValueError(f"{len(digits)} digits, but the text {text!r}")
        # the first readings had a runner-up alone
        others = content.get("alternatives") or [content, content["runner_up"]]
        return cls(
            text,
            probability_of(content["confidence"]),
            box_of(content["box"]),
            digits,
            tuple((each["text"], probability_of(each["confidence"])) for each in others),
            content.get("is_expected"),
        )


def number_of(
    digits: Sequence[Digit],
    confidence: float,
    marks: Sequence[tuple[str, float]] | None = None,
    minus: tuple[Box, float] | None = None,
) -> Number:
    """Digits that stand together, as one number.

    confidence: the probability that they are right. marks: between each two of them a decimal mark
    and the probability that it is there. minus: the box of one before them, and its probability.
    Alternatives have other digits, and other marks or none.
    """
    places = [_digit_choices(digit) for digit in digits] + [_mark_choices(*m) for m in marks or ()]
    sign = "" if minus is None else "-"
    confidence *= 1.0 if minus is None else minus[1]
    for choices in places[len(digits) :]:
        confidence *= choices[0][1]
    alternatives = tuple(
        (sign + _interleaved(parts, len(digits)), confidence * ratio)
        for parts, ratio in islice(likeliest_first(places), ALTERNATIVES)
    )
    return Number(
        text=alternatives[0][0],
        confidence=confidence,
        box=box_around([digit.box for digit in digits] + ([minus[0]] if minus else [])),
        digits=tuple(digits),
        alternatives=alternatives,
    )


def _digit_choices(digit: Digit) -> list[Choice]:
    """Each digit that may stand at a place, the likeliest first; of equal ones that which it is."""
    chances = digit.probabilities.tolist()
    order = sorted(range(len(chances)), key=lambda each: (-chances[each], each != digit.digit))
    return [(str(each), chances[each]) for each in order]


def _mark_choices(mark: str, probability: float) -> list[Choice]:
    """A decimal mark with this probability, and none, the likelier first."""
    found = [(mark, probability)] * (probability > 0) + [("", 1 - probability)]
    return found if probability >= MARKED else found[::-1]


def _interleaved(parts: Sequence[str], count: int) -> str:
    """The text of `count` digits, and the marks behind them, each between two digits."""
    pairs = zip_longest(parts[:count], parts[count:], fillvalue="")
    return "".join(digit + mark for digit, mark in pairs)


def box_of(values: Any) -> Box:
    """A box from plain data: a list of four numbers. Raises ValueError or TypeError."""
    x, y, width, height = values
    if not all(abs(each) < math.inf for each in values):
        raise ValueError(f"the box {values!r}; expected four finite numbers")
    return (x, y, width, height)


def probability_of(value: Any) -> float:
    """A probability from plain data. Raises ValueError or TypeError; not a number is none, too."""
    if not 0 <= value <= 1 + ROUNDING:
        raise ValueError(f"the probability {value!r}; expected 0 to 1")
    return min(float(value), 1.0)


def box_around(boxes: Sequence[Box]) -> Box:
    """The smallest box that holds all of these, at least one."""
    left, top = min(b[0] for b in boxes), min(b[1] for b in boxes)
    right, bottom = max(b[0] + b[2] for b in boxes), max(b[1] + b[3] for b in boxes)
    return (left, top, right - left, bottom - top)
