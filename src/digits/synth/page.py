"""Synthetic pages of numbers with exact labels."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.synth import camera, paper
from digits.synth.cast import Cast
from digits.synth.layouts import LAYOUTS
from digits.synth.legibility import LEGIBLE, legibility
from digits.synth.scene import lit_sheet
from digits.synth.sheet import Sheet
from digits.synth.sources import Sources
from digits.synth.typefaces import TypeWriter
from digits.synth.writing import Habits, Points, Random

Box = tuple[float, float, float, float]  # x, y, width, height in pixels
SIZE = (512, 512)  # default height and width of a page in pixels
MIN_HEIGHT, MAX_HEIGHT = 8, 200  # of a digit in pixels
CHUNK = 8  # pages that a process makes at a time


@dataclass(frozen=True, slots=True)
class PageNumber:
    """A number on a page: its text with signs, and value and box of each digit's ink."""

    text: str
    digits: tuple[tuple[int, Box], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """A picture and its labels.

    pixels: (H, W, 3) uint8 RGB. numbers: those that lie wholly in the picture and are legible.
    ignore_boxes: boxes of the digits of all other numbers, in which a reading is neither right nor
    wrong. layout: name of its layout.
    """

    pixels: NDArray[np.uint8]
    numbers: tuple[PageNumber, ...]
    ignore_boxes: tuple[Box, ...]
    layout: str

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
    if processes == 1:
        yield from (_make(seed, size, sources, index) for index in range(count))
        return
    context = get_context("spawn")
    given = (seed, size, sources)  # to each process once: sources are large
    with ProcessPoolExecutor(processes, context, _hold, given) as pool:
        yield from pool.map(_make_held, range(count), chunksize=CHUNK)


_held: list[tuple[int, tuple[int, int], Sources]] = []


def _hold(*given: Any) -> None:
    _held[:] = [given]
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _make_held(index: int) -> Page:
    return _make(*_held[0], index)


def _make(seed: int, size: tuple[int, int], sources: Sources, index: int) -> Page:
    return make_page(size, np.random.default_rng([seed, index]), sources)


def make_page(size: tuple[int, int], rng: Random, sources: Sources) -> Page:
    """A page of this height and width with random writer, layout, paper, light and camera."""
    layout = list(LAYOUTS)[rng.choice(len(LAYOUTS), p=list(LAYOUTS.values()))]
    sheet = Sheet.empty(size)
    height = round(math.exp(rng.uniform(math.log(MIN_HEIGHT), math.log(min(size) / 4))))
    cast = Cast(
        writer=sources.writer(rng),
        habits=Habits.sample(rng),
        script=sources.script(rng),
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
    return Page(pixels, tuple(numbers), tuple(ignore_boxes), layout.__name__)


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
