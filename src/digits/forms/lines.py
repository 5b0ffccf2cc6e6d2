"""A picture of an empty form → its printed ink, straightened, and the straight lines in it."""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]  # (H, W), ink dark
Mask = NDArray[np.uint8]  # (H, W), 1 where there is ink

LONGEST = 2400  # pixels of the longer side of a blank form that is kept: A4 at 200 dots an inch
DARKER = 0.8  # of the paper around it, below which a pixel is ink
LINE = 3  # runs: what is shorter and encloses nothing is part of a letter
LARGEST_TURN = 5.0  # degrees, of a scan that lies askew


class Lines(NamedTuple):
    """across, down: masks of the straight lines, of all widths; ink: of everything printed."""

    ink: Mask
    across: Mask
    down: Mask


def kept_size(grey: Grey) -> Grey:
    """The picture, or a smaller one if it has more pixels than reading needs."""
    scale = LONGEST / max(grey.shape)
    if scale >= 1:
        return grey
    return np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))


def ink_of(grey: Grey) -> Mask:
    """1 where a pixel is clearly darker than the paper around it."""
    return (grey < DARKER * paper_of(grey).astype(np.float32)).astype(np.uint8)


def paper_of(grey: Grey) -> Grey:
    """(H, W) the grey level of the paper at each pixel: the lightest nearby, smoothed."""
    step = max(1, min(grey.shape) // 200)
    small = cv2.resize(grey, None, fx=1 / step, fy=1 / step, interpolation=cv2.INTER_AREA)
    around = cv2.dilate(small, np.ones((9, 9), np.uint8))
    soft = cv2.blur(cv2.erode(around, np.ones((5, 5), np.uint8)), (7, 7))
    return np.asarray(cv2.resize(soft, grey.shape[::-1], interpolation=cv2.INTER_LINEAR), np.uint8)


def straightened(grey: Grey) -> Grey:
    """The picture turned so that its long lines run level, if it has any."""
    angle = _skew(ink_of(grey))
    if abs(angle) < 0.05:
        return grey
    height, width = grey.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    white = int(np.median(grey))
    turned = cv2.warpAffine(
        grey, matrix, (width, height), flags=cv2.INTER_CUBIC, borderValue=(white,)
    )
    return np.asarray(turned, np.uint8)


def _skew(ink: Mask) -> float:
    """By how many degrees clockwise the rows of a form fall: the angle at which the ink gathers
    in the fewest rows, by the sum of the squares of their counts."""
    step = max(1, max(ink.shape) // 1200)
    y, x = np.nonzero(ink[::step, ::step])
    if not len(y):
        return 0.0
    x = x - ink.shape[1] / step / 2

    def gathered(angle: float) -> float:
        rows = y - x * math.tan(math.radians(angle))
        return float((np.bincount(np.rint(rows - rows.min()).astype(int)) ** 2.0).sum())

    coarse = max(np.linspace(-LARGEST_TURN, LARGEST_TURN, 41), key=gathered)
    return float(max(coarse + np.linspace(-0.25, 0.25, 11), key=gathered))


def find_lines(ink: Mask) -> Lines:
    """The straight lines of a form's ink: runs that are longer than letters are high.

    A break of a few pixels does not end a line; a row of dots is one too.
    """
    run, gap = max(15, max(ink.shape) // 85), max(2, max(ink.shape) // 600)
    across = _runs(ink | _dotted(ink), (run, 1), (gap, 1))
    down = _runs(ink, (1, run), (1, gap))
    stems = _strokes_of_letters(across | down, LINE * run)
    return Lines(ink, across & (1 - stems), down & (1 - stems))


def _strokes_of_letters(lines: Mask, least: int) -> Mask:
    """Runs that enclose nothing and are not long: stems and bars of large letters."""
    whole = np.asarray(cv2.dilate(lines, np.ones((3, 3), np.uint8)), np.uint8)
    outlines, tree = cv2.findContours(whole, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    stems = np.zeros_like(lines)
    for index, outline in enumerate(outlines):
        _, _, wide, high = cv2.boundingRect(outline)
        _, _, inner, outer = tree[0, index]
        if outer < 0 and inner < 0 and max(wide, high) < least:
            cv2.drawContours(stems, outlines, index, 1, cv2.FILLED)
    return stems


def _runs(ink: Mask, run: tuple[int, int], gap: tuple[int, int]) -> Mask:
    """Ink (width, height) in one piece, and what is beside it of the line's own width."""
    whole = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones(gap[::-1], np.uint8))
    return np.asarray(cv2.morphologyEx(whole, cv2.MORPH_OPEN, np.ones(run[::-1], np.uint8)))


def _dotted(ink: Mask) -> Mask:
    """Rows of dots as lines: small specks that follow each other closely."""
    size = max(ink.shape) // 300
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    is_dot = (stats[:, 2:4] <= size).all(axis=1)
    is_dot[0] = False
    dots = is_dot[labels].astype(np.uint8)
    return np.asarray(cv2.morphologyEx(dots, cv2.MORPH_CLOSE, np.ones((1, 3 * size), np.uint8)))
