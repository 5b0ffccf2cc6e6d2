"""The digits of a number → the text as it is written, with its minus and its decimal marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digits.model.ctc import Segment
from digits.model.spec import SIGN_TOKENS, SIGNS
from digits.reading.number.texts import Text

EVEN = 0.5  # probability from which on a sign is there
MARKS = (".", ",")


@dataclass(frozen=True, slots=True)
class Written:
    """A text with its signs.

    probability: that these signs are right, given the digits. other: the text where the most
    doubtful sign is left out, or put in; odds: of that against the text.
    """

    text: str
    probability: float
    other: str
    odds: float


def with_signs(text: Text, frames: NDArray[np.float64], segments: Sequence[Segment]) -> Written:
    """The digits of a text with the minus before the first and the marks between them.

    frames: (T, TOKENS) of its line; segments: the frames of each digit.
    """
    found = [_sign_before(place, frames, segments) for place in range(len(text))]
    written = [sign if there >= EVEN else "" for sign, there in found]
    doubt = [min(there, 1 - there) for _, there in found]
    place = int(np.argmax(doubt))
    other = written.copy()
    other[place] = "" if written[place] else found[place][0]
    return Written(
        _joined(written, text),
        float(np.prod([1 - each for each in doubt])),
        _joined(other, text),
        doubt[place] / (1 - doubt[place]),
    )


def _joined(signs: Sequence[str], text: Text) -> str:
    return "".join(f"{sign}{digit}" for sign, digit in zip(signs, text, strict=True))


def _sign_before(
    place: int, frames: NDArray[np.float64], segments: Sequence[Segment]
) -> tuple[str, float]:
    """The likeliest sign before a digit, and the probability that there is one: as high as it gets
    in a frame between this digit and the one before."""

    def highest(sign: str, start: int, end: int | None) -> float:
        token = SIGN_TOKENS.start + SIGNS.index(sign)
        return float(frames[start:end, token].max(initial=0.0))

    first = segments[place][0]
    if place == 0:  # a dash on both sides fences an amount
        behind = highest("-", segments[-1][1], None)
        return "-", highest("-", 0, first) * (1 - behind)
    chances = [highest(mark, segments[place - 1][1], first) for mark in MARKS]
    return MARKS[int(np.argmax(chances))], min(sum(chances), 1.0)
