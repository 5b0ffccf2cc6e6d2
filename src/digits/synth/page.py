"""Synthetic pages of numbers with exact labels."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.synth import camera, paper
from digits.synth.cast import Cast
from digits.synth.layouts import LAYOUTS
from digits.synth.legibility import LEGIBLE, legibility
from digits.synth.pool import make_many
from digits.synth.scene import lit_sheet
from digits.synth.sheet import Sheet
from digits.synth.sources import Sources
from digits.synth.typefaces import TypeWriter
from digits.synth.writing import Points, Random
from digits.synth.written_number import Habits

Box = tuple[float, float, float, float]  # x, y, width, height in pixels
SIZE = (512, 512)  # default height and width of a page in pixels
MIN_HEIGHT, MAX_HEIGHT = 8, 200  # of a digit in pixels


@dataclass(frozen=True, slots=True)
class PageNumber:
    """A number on a page: its text with signs, and value and box of each digit's ink."""

    text: str
    digits: tuple[tuple[int, Box], ...]


@dataclass(frozen=True, slots=True)
class PageMark:
    """A sign, some letters or a word on a page: what it says, "" if that is not known, its box, and
    the height of a digit beside it in pixels."""

    text: str
    box: Box
    height: float


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """A picture and its labels.

    pixels: (H, W, 3) uint8 RGB. numbers: those that lie wholly in the picture and are legible.
    ignore_boxes: boxes of the digits of all other numbers, in which a reading is neither right nor
    wrong. layout: name of its layout. marks: signs, letters and words, legible or not.
    """

    pixels: NDArray[np.uint8]
    numbers: tuple[PageNumber, ...]
    ignore_boxes: tuple[Box, ...]
    layout: str
    marks: tuple[PageMark, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The labels, JSON-ready; boxes are x, y, width, height in pixels."""
        return {
            "layout": self.layout,
            "numbers": [
                {
                    "text": number.text,
                    "digits": [{"digit": d, "box": _rounded(box)} for d, box in number.digits],
                }
                for number in self.numbers
            ],
            "ignore_boxes": [_rounded(box) for box in self.ignore_boxes],
        }


def make_pages(
    count: int,
    seed: int,
    sources: Sources,
    *,
    size: tuple[int, int] = SIZE,
    processes: int = 1,
) -> Iterator[Page]:
    """Yield `count` pages of this height and width.

    Page i is a function of seed, i, size and sources alone, however many processes make them.
    """
    yield from make_many(partial(make_page, size), count, seed, sources, processes)


def make_page(size: tuple[int, int], rng: Random, sources: Sources) -> Page:
    """A page of this height and width with random writer, layout, paper, light and camera."""
    layout = list(LAYOUTS)[rng.choice(len(LAYOUTS), p=list(LAYOUTS.values()))]
    sheet = Sheet.empty(size)
    height = round(math.exp(rng.uniform(math.log(MIN_HEIGHT), math.log(min(size) / 4))))
    writer = sources.writer(rng)
    cast = Cast(
        writer=writer,
        habits=Habits.sample(rng),
        script=sources.script(writer, rng),
        face=TypeWriter.sample(sources.printed, rng),
        height=min(height, MAX_HEIGHT),
        pen=float(np.clip(rng.lognormal(math.log(0.08), 0.35), 0.04, 0.16)),
    )
    layout(sheet, cast, rng)
    scene = lit_sheet(sheet, cast.height, sources, rng)
    if rng.random() < 0.5:
        view = camera.viewpoint(size, rng)
        scene = camera.seen_from(view, scene, rng)
    else:
        view = np.eye(3)
    if rng.random() < 0.2:
        pixels = camera.cleaned(scene, rng)
    else:
        pixels = camera.exposed(scene * paper.light(size, rng)[..., None], rng)
    if rng.random() < 0.1:  # a blackboard, a dark screen
        pixels = 255 - pixels
    numbers, ignore_boxes = _labels(pixels, sheet, view)
    marks = tuple(PageMark(each.text, _box(each.points, view), each.height) for each in sheet.marks)
    return Page(pixels, tuple(numbers), tuple(ignore_boxes), layout.__name__, marks)


def _labels(
    pixels: NDArray[np.uint8], sheet: Sheet, view: NDArray[np.float64]
) -> tuple[list[PageNumber], list[Box]]:
    """The legible numbers in a picture of a sheet, and the boxes of all other digits."""
    every = [
        PageNumber(each.text, tuple((digit, _box(points, view)) for digit, points in each.digits))
        for each in sheet.numbers
        if each.digits  # a sum of unknowns has none
    ]
    boxes = [box for number in every for _, box in number.digits]
    is_shown = _are_within(boxes, pixels.shape)
    inside = [boxes[index] for index in np.flatnonzero(is_shown)]
    is_shown[is_shown] = _are_legible(inside, pixels, sheet, view)
    numbers, ignore_boxes = [], []
    for number in every:
        shown, is_shown = np.split(is_shown, [len(number.digits)])
        if shown.all():
            numbers.append(number)
        else:
            ignore_boxes += [box for _, box in number.digits]
    return numbers, ignore_boxes


def _are_within(boxes: list[Box], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    x, y, wide, high = np.reshape(boxes, (-1, 4)).T
    return np.asarray((x >= 0) & (y >= 0) & (x + wide <= shape[1]) & (y + high <= shape[0]))


def _are_legible(
    boxes: list[Box], pixels: NDArray[np.uint8], sheet: Sheet, view: NDArray[np.float64]
) -> NDArray[np.bool_]:
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    pen, printed = (
        np.asarray(cv2.warpPerspective(layer, view, grey.shape[::-1]), np.uint8)
        for layer in (sheet.pen, sheet.print)
    )
    return legibility(grey, pen, printed, boxes) >= LEGIBLE


def _box(points: Points, view: NDArray[np.float64]) -> Box:
    seen = cv2.perspectiveTransform(points[None].astype(np.float64), view)[0]
    left, top = seen.min(axis=0).tolist()
    right, bottom = seen.max(axis=0).tolist()
    return (left, top, right - left, bottom - top)


def _rounded(box: Box) -> list[float]:
    return [round(value, 1) for value in box]
