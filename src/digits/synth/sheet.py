"""A sheet of a page: layers of ink, and the labels of its numbers."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from digits.synth.writing import Glyph, Ink, Points, Random
from digits.synth.written_number import Written

Box = tuple[int, int, int, int]  # x, y, width, height


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A number on a sheet: its text, and each digit with points on the outline of its ink."""

    text: str
    digits: tuple[tuple[int, Points], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Mark:
    """Signs, letters or a word on a sheet. text: what it says, "" if that is not known. points:
    on its outline. height: of a digit beside it, in pixels."""

    text: str
    points: Points
    height: float


@dataclass(slots=True, eq=False)
class Sheet:
    """pen, print: (H, W) uint8 layers of what is written and what is printed; 255 is full ink.
    numbers: those to be read. marks: signs, letters and words. taken: boxes of all ink.
    is_security_printed: whether its paper has the fine patterns of cheques and tickets."""

    pen: Ink
    print: Ink
    numbers: list[Placed] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    taken: list[Box] = field(default_factory=list)
    is_security_printed: bool = False

    @classmethod
    def empty(cls, size: tuple[int, int]) -> Sheet:
        """Of this height and width."""
        return cls(np.zeros(size, np.uint8), np.zeros(size, np.uint8))

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.pen.shape[0], self.pen.shape[1]

    def is_free(self, box: Box) -> bool:
        """Whether a box lies on the sheet and overlaps no ink."""
        x, y, width, height = box
        rows, columns = self.size
        if x < 0 or y < 0 or x + width > columns or y + height > rows:
            return False
        return all(
            x >= a + c or a >= x + width or y >= b + d or b >= y + height
            for a, b, c, d in self.taken
        )

    def paste(self, ink: Ink, x: int, y: int, *, printed: bool = False) -> Box:
        """Add ink with its upper left corner at (x, y), clipped to the sheet; returns its box."""
        layer = self.print if printed else self.pen
        rows, columns = layer.shape
        top, left = max(y, 0), max(x, 0)
        bottom, right = min(y + ink.shape[0], rows), min(x + ink.shape[1], columns)
        box = (x, y, ink.shape[1], ink.shape[0])
        self.taken.append(box)
        if top < bottom and left < right:
            window = layer[top:bottom, left:right]
            np.maximum(window, ink[top - y : bottom - y, left - x : right - x], out=window)
        return box

    def paste_word(self, word: Glyph, x: int, y: int, *, printed: bool = False) -> Box:
        """Add a word with its upper left corner at (x, y), and label it; returns its box."""
        box = self.paste(word.ink, x, y, printed=printed)
        high, wide = word.ink.shape
        corners = np.array([[x, y], [x + wide, y + high]], np.float32)
        self.marks.append(Mark(word.text, corners, high))
        return box

    def paste_if_free(self, ink: Ink, position: tuple[int, int], *, printed: bool = False) -> None:
        """Add ink at `position` (x, y) if its box is free."""
        x, y = position
        if self.is_free((x, y, ink.shape[1], ink.shape[0])):
            self.paste(ink, x, y, printed=printed)

    def write(
        self,
        written: Written,
        x: int,
        y: int,
        *,
        printed: bool = False,
        anywhere: bool = False,
    ) -> bool:
        """Add a number at (x, y) if its box is free, or `anywhere`; whether it was added."""
        box = (x, y, written.ink.shape[1], written.ink.shape[0])
        if not (anywhere or self.is_free(box)):
            return False
        self.paste(written.ink, x, y, printed=printed)
        shift = np.array([x, y], np.float32)
        digits = tuple((digit, points + shift) for digit, points in written.digits)
        self.numbers.append(Placed(written.text, digits))
        self.marks += [Mark(s, points + shift, written.height) for s, points in written.marks]
        return True

    def random_position(self, ink: Ink, rng: Random) -> tuple[int, int]:
        """Random x and y at which the ink lies wholly on the sheet, if it fits."""
        rows, columns = self.size
        height, width = ink.shape
        x = int(rng.integers(0, max(columns - width, 1)))
        return x, int(rng.integers(0, max(rows - height, 1)))


def turned(written: Written, degrees: float) -> Written:
    """A number turned counterclockwise by some degrees."""
    height, width = written.ink.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    corners = cv2.transform(
        np.array([[[0, 0], [width, 0], [width, height], [0, height]]], np.float64), matrix
    )[0]
    low = corners.min(axis=0)
    matrix[:, 2] -= low
    size = np.ceil(corners.max(axis=0) - low).astype(int).tolist()
    ink = np.asarray(cv2.warpAffine(written.ink, matrix, size), np.uint8)
    digits = tuple(
        (digit, (points @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32))
        for digit, points in written.digits
    )
    marks = tuple(
        (mark, (points @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32))
        for mark, points in written.marks
    )
    return Written(written.text, ink, digits, written.height, marks)
