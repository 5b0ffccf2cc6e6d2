"""Synthetic text lines: numbers, signs, words and lines of real people, with what they say.

A page has room for many lines and shows each at one size; lines made one by one are what a
recogniser is trained on in numbers: cheaper, and with real words and lines as neighbours.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.synth import camera, marks, paper
from digits.synth.cast import PRINTING
from digits.synth.clutter import KINDS
from digits.synth.legibility import LEGIBLE, legibility
from digits.synth.letters import Script, make_up_word
from digits.synth.page import Box, Page, PageNumber
from digits.synth.scene import lit_sheet
from digits.synth.sheet import Sheet
from digits.synth.sources import Sources
from digits.synth.strings import ALPHABET, make_up_amount, make_up_figure, make_up_number
from digits.synth.stroke_hand import StrokeHand
from digits.synth.typefaces import TypeWriter
from digits.synth.writing import Ink, Points, Random, Writer, write_word
from digits.synth.written_number import Habits, write_number

MIN_HEIGHT, MAX_HEIGHT = 11, 56  # of a digit in pixels
LONGEST = 16  # heights of a digit, of a line
NARROW, ROOM = 0.6, 1.5  # heights of a digit above and below a line, at least and at most …
TIGHT = 0.2  # … but for this fraction of lines, which have less, or none
KIND_RATES = {
    "numbers": 0.34,
    "amount": 0.12,
    "mixed": 0.2,
    "words": 0.12,
    "text": 0.12,
    "letters": 0.04,
    "figures": 0.06,
}
"""How often a line holds each: numbers alone, one amount of money, numbers among words, words
alone, a whole line of a person's text, letters apart, shapes and nothing else."""


@dataclass(frozen=True, slots=True, eq=False)
class WrittenLine:
    """A picture of one text line and what it says.

    page: the picture and the boxes of digits; to be ignored are those in words, of which no box is
    known, and those above and below the line. text: with a blank between numbers and words. start,
    end: columns between which it is written. middle: the row of the middle of its digits. height:
    of a digit.
    """

    page: Page
    text: str
    start: float
    end: float
    middle: float
    height: float


@dataclass(frozen=True, slots=True, eq=False)
class _Item:
    """A piece of ink on a line: a number or word. top: of its ink, from the top of a digit down.
    digits: value and box of those of a number, in pixels of the ink."""

    ink: Ink
    top: int
    text: str
    is_word: bool
    digits: tuple[tuple[int, Box], ...] = ()

    @property
    def has_unlabelled_digits(self) -> bool:
        """Whether it is a word with digits, of which no box is known."""
        return self.is_word and re.search("[0-9]", self.text) is not None

    def digits_at(self, x: int, y: int) -> tuple[tuple[int, Box], ...]:
        """Its digits where its ink begins at (x, y)."""
        return tuple((d, (a + x, b + y, wide, high)) for d, (a, b, wide, high) in self.digits)


def make_line(rng: Random, sources: Sources) -> WrittenLine:
    """A line with random writer, text, paper, light and camera, that can be read."""
    while True:
        line = _try_line(rng, sources)
        if line is not None:
            return line


def _try_line(rng: Random, sources: Sources) -> WrittenLine | None:
    """A line; None if it is too dark, faint or noisy to be read."""
    kind = str(rng.choice(list(KIND_RATES), p=list(KIND_RATES.values())))
    height = round(math.exp(rng.uniform(math.log(MIN_HEIGHT), math.log(MAX_HEIGHT))))
    hand = _Hand.sample(rng, sources)
    items = _fitting(_items(kind, hand, height, rng), height)
    gaps = [_gap(a, b, rng) * height for a, b in pairwise(items)]
    width = sum(each.ink.shape[1] for each in items) + sum(gaps)
    start = rng.uniform(0.2, 2.5) * height
    least, most = (0, NARROW) if rng.random() < TIGHT else (NARROW, ROOM)
    above, below = rng.uniform(least, most, 2) * height
    size = (
        round(above + height + below),
        round(start + max(width, height) + rng.uniform(0.2, 2.5) * height),
    )
    sheet = Sheet.empty(size)
    sheet.is_security_printed = kind == "amount" and rng.random() < 0.7
    x, boxes, numbers = start, [], []
    ignored: list[Box] = []
    for item, gap in zip(items, [*gaps, 0.0], strict=False):
        at = round(x), round(above) + item.top
        boxes.append(sheet.paste(item.ink, *at))
        if item.digits:
            numbers.append(PageNumber(item.text, item.digits_at(*at)))
        elif item.has_unlabelled_digits:
            ignored.append(boxes[-1])
        x += item.ink.shape[1] + gap
    if kind == "figures":
        _draw_figures(sheet, height, rng)
    ignored += _surround(sheet, hand, height, above, rng)
    pixels = _pictured(sheet, height, sources, rng)
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    if (legibility(grey, sheet.pen, sheet.print, boxes) < LEGIBLE).any():
        return None
    text = " ".join(each.text for each in items)
    page = Page(pixels, tuple(numbers), tuple(ignored), kind)
    return WrittenLine(page, text, start, max(x, start + height), above + height / 2, height)


@dataclass(frozen=True, slots=True, eq=False)
class _Hand:
    """Who writes a line: a writer of numbers, and the script of words."""

    writer: Writer
    habits: Habits
    script: Script | TypeWriter | StrokeHand
    pen: float

    @classmethod
    def sample(cls, rng: Random, sources: Sources) -> _Hand:
        writer = sources.writer(rng)
        if rng.random() < 0.04:
            writer = TypeWriter.sample(sources.printed, rng)
        habits = PRINTING if isinstance(writer, TypeWriter) else Habits.sample(rng)
        pen = writer.pen if isinstance(writer, StrokeHand) else rng.uniform(0.05, 0.14)
        return cls(writer, habits, sources.script(writer, rng), pen)

    def number(self, text: str, height: int, rng: Random) -> _Item:
        habits = self.habits
        if any(sign in text for sign in "+=×÷") and rng.random() < 0.5:
            habits = replace(habits, gap=habits.gap + rng.uniform(0, 0.6))
        written = write_number(self.writer, habits, text, height, rng)
        left, right = _columns(written.ink)
        digits = tuple((d, _box(points - (left, 0))) for d, points in written.digits)
        return _Item(written.ink[:, left:right], -written.top, text, is_word=False, digits=digits)

    def word(self, height: int, rng: Random, *, line: bool = False) -> _Item:
        script = self.script
        if isinstance(script, StrokeHand):
            glyph = script.line(height, rng) if line and script.has_lines else None
            glyph = glyph or script.word(height, rng)
        elif isinstance(script, TypeWriter):
            glyph = script.word(make_up_word(rng), height)
        else:
            glyph = write_word(script, make_up_word(rng), height, self.pen * height, rng)
        return _Item(glyph.ink, glyph.top, glyph.text, is_word=True)


def _box(points: Points) -> Box:
    """The box of points (N, 2), x and y in pixels."""
    left, top = points.min(axis=0).tolist()
    right, bottom = points.max(axis=0).tolist()
    return (left, top, right - left, bottom - top)


def _columns(ink: Ink) -> tuple[int, int]:
    x, _, wide, _ = cv2.boundingRect((ink > 0).astype(np.uint8))
    return x, x + max(wide, 1)


def _items(kind: str, hand: _Hand, height: int, rng: Random) -> list[_Item]:
    match kind:
        case "numbers":
            longest = 1 if rng.random() < 0.15 else 12
            return [
                hand.number(_number(rng, longest), height, rng)
                for _ in range(rng.choice([1, 1, 1, 2, 3, 5, 8]))
            ]
        case "amount":
            return [hand.number(make_up_amount(rng), height, rng)]
        case "mixed":
            return [
                hand.number(_number(rng, 8), height, rng)
                if rng.random() < 0.5
                else hand.word(height, rng)
                for _ in range(rng.integers(2, 5))
            ]
        case "words":
            return [hand.word(height, rng) for _ in range(rng.integers(1, 4))]
        case "text":
            return [hand.word(height, rng, line=True)]
        case "letters":
            return [hand.number(_letter(rng), height, rng) for _ in range(rng.integers(1, 9))]
    return []


def _number(rng: Random, longest: int) -> str:
    if longest > 1 and rng.random() < 0.5:
        return make_up_figure(rng)
    return make_up_number(rng, longest)


def _letter(rng: Random) -> str:
    letter = str(rng.choice(list(ALPHABET)))
    return letter.upper() if rng.random() < 0.5 else letter


def _fitting(items: list[_Item], height: int) -> list[_Item]:
    """As many items as fit on a line, one at least."""
    ends = np.cumsum([each.ink.shape[1] / height + 0.7 for each in items])
    return items[: max(int((ends <= LONGEST).sum()), 1)]


def _gap(before: _Item, item: _Item, rng: Random) -> float:
    """Between two items, in heights of a digit."""
    if before.is_word or item.is_word:
        return rng.uniform(0.25, 1.2)
    return rng.uniform(0.6, 1.2) if rng.random() < 0.6 else rng.uniform(1.2, 3)


def _draw_figures(sheet: Sheet, height: int, rng: Random) -> None:
    """Shapes, scribbles and signs that say nothing."""
    kind = rng.random()
    if kind < 0.3:
        marks.sketch(sheet, rng)
    elif kind < 0.85:
        for name in rng.choice(_SILENT, int(rng.integers(1, 6))).tolist():
            marks.paste_clutter(sheet, name, round(height * rng.uniform(0.4, 2)), rng)


_SILENT = tuple(
    sorted(set(KINDS) & {"dash", "specks", "blob", "smudge", "scribble", "grid", "frame"})
)


def _surround(sheet: Sheet, hand: _Hand, height: int, top: float, rng: Random) -> list[Box]:
    """Rules, boxes and parts of the lines above and below; returns the boxes of digits there."""
    boxes: list[Box] = []
    columns = sheet.size[1]
    thick = max(1, round(height * rng.uniform(0.02, 0.08)))
    kind = rng.random()
    if kind < 0.2:  # a rule below, and maybe above
        y = round(top + height * rng.uniform(1.0, 1.4))
        cv2.line(sheet.print, (0, y), (columns, y + int(rng.integers(-2, 3))), 255, thick)
        if rng.random() < 0.3:
            y = round(top - height * rng.uniform(0.05, 0.5))
            cv2.line(sheet.print, (0, y), (columns, y), 255, thick)
    elif kind < 0.32:  # a box around all
        low = round(height * rng.uniform(0.02, 0.4)), round(top - height * rng.uniform(0.1, 0.5))
        high = columns - low[0], round(top + height * rng.uniform(1.1, 1.5))
        cv2.rectangle(sheet.print, low, high, 255, thick)
    if rng.random() < 0.3:
        for side in (-1, 1):
            if rng.random() < 0.7:
                pitch = rng.uniform(1.4, 2.2) * height
                item = (
                    hand.word(height, rng)
                    if rng.random() < 0.6
                    else hand.number(make_up_number(rng, 8), height, rng)
                )
                x = int(rng.integers(-height, max(columns - height, 1)))
                y = round(top + side * pitch) + item.top
                box = sheet.paste(item.ink, x, y)
                if item.has_unlabelled_digits:
                    boxes.append(box)
                boxes += [each for _, each in item.digits_at(x, y)]
    return boxes


def _pictured(sheet: Sheet, height: int, sources: Sources, rng: Random) -> NDArray[np.uint8]:
    scene = lit_sheet(sheet, height, sources, rng)
    if rng.random() < 0.2:
        pixels = camera.cleaned(scene, rng)
    else:
        pixels = camera.exposed(scene * paper.light(sheet.size, rng)[..., None], rng)
    return 255 - pixels if rng.random() < 0.1 else pixels
