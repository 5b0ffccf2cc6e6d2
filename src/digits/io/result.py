"""What was read: plain frozen data, and its forms for people and programs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Box = tuple[int, int, int, int]  # x, y, width, height in pixels of the picture as a viewer shows it
SCHEMA = 1


@dataclass(frozen=True, slots=True, eq=False)
class Digit:
    """One digit.

    confidence: the probability of `digit`. probabilities: (10,) float32, they sum to 1.
    is_digit: how sure it is that there is one digit at all, in [0, 1]. tile: the (28, 28) uint8
    that the network saw.
    """

    digit: int
    confidence: float
    probabilities: NDArray[np.float32]
    box: Box
    is_digit: float
    tile: NDArray[np.uint8]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "digit": self.digit,
            "confidence": round(self.confidence, 6),
            "probabilities": [round(float(p), 6) for p in self.probabilities],
            "is_digit": round(self.is_digit, 6),
            "box": list(self.box),
        }


@dataclass(frozen=True, slots=True)
class Number:
    """Digits that stand together.

    confidence: the probability that every digit of it is right. runner_up: the second likeliest
    text and its probability.
    """

    text: str
    confidence: float
    box: Box
    digits: tuple[Digit, ...]
    runner_up: tuple[str, float]

    def moved(self, move: Callable[[Box], Box]) -> Number:
        """The same elsewhere: every box as `move` gives it."""
        digits = tuple(replace(digit, box=move(digit.box)) for digit in self.digits)
        return replace(self, box=move(self.box), digits=digits)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        text, confidence = self.runner_up
        return {
            "text": self.text,
            "confidence": round(self.confidence, 6),
            "box": list(self.box),
            "runner_up": {"text": text, "confidence": round(confidence, 6)},
            "digits": [digit.to_dict() for digit in self.digits],
        }


@dataclass(frozen=True, slots=True)
class Rejected:
    """Ink that is no digit, and why."""

    box: Box
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"box": list(self.box), "reason": self.reason}


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """All that was read in one picture.

    text: numbers of a line parted by blanks, lines by newlines; "" if there are none. Digits
    less sure than the reader's `min_confidence` are "?" in it. lines: the numbers of each line.
    orientation: by how many degrees the picture was turned clockwise to read it. picture:
    (H, W, 3) uint8 RGB, as a viewer shows it. model: the name of the model that read.
    """

    text: str
    lines: tuple[tuple[Number, ...], ...]
    rejected: tuple[Rejected, ...]
    orientation: int
    picture: NDArray[np.uint8]
    model: str

    @property
    def numbers(self) -> tuple[Number, ...]:
        """All numbers in reading order."""
        return tuple(number for line in self.lines for number in line)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, without the pixels."""
        height, width = self.picture.shape[:2]
        return {
            "width": width,
            "height": height,
            "orientation": self.orientation,
            "text": self.text,
            "numbers": [number.to_dict() for number in self.numbers],
            "rejected": [rejected.to_dict() for rejected in self.rejected],
            "model": self.model,
            "schema": SCHEMA,
        }

    def draw(self) -> NDArray[np.uint8]:
        """(H, W, 3) uint8 RGB: the picture with a box, digits and confidence for each number."""
        from digits.io.draw import draw_reading

        return draw_reading(self, self.picture)
