"""How a page lies: which way up its numbers can be read."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.geometry import quantile
from digits.io.result import Box
from digits.reading.page.accept import Page

ORIENTATIONS = (0, 90, 180, 270)  # degrees, clockwise
ENOUGH = 5  # digits that tell how the page lies, without which it is not turned
TIMES = 2  # and so many times as many as upright
PART = 16  # heights of a digit, the side of the part of a page that is turned on trial
LARGE = 26  # pixels, the size of digits on that part, at most
USUAL = 0.25  # share of such digits among all that looks like one, from which on it lies well


def upright(grey: NDArray[np.uint8], read: Callable[[NDArray[np.uint8]], Page]) -> tuple[int, Page]:
    """By how many degrees a picture (H, W) uint8 has to be turned clockwise, and the page then.

    A 0 or an 8 is one whichever way it lies, and a 6 alone may as well be a 9: the others tell. A
    page stays as it is where they can be read so, and where there are few.
    """
    page = read(grey)
    if page.alike < ENOUGH or len(page.telling) >= USUAL * page.alike:
        return 0, page
    part, standing = _fullest_part(grey, page)
    others = [read(turned(part, degrees)) for degrees in ORIENTATIONS[1:]]
    degrees, other = max(
        zip(ORIENTATIONS[1:], others, strict=True), key=lambda each: len(each[1].telling)
    )
    if len(other.telling) < max(ENOUGH, TIMES * standing, USUAL * other.alike):
        return 0, page
    return degrees, read(turned(grey, degrees))


def _fullest_part(grey: NDArray[np.uint8], page: Page) -> tuple[NDArray[np.uint8], int]:
    """The part of a picture in which most looks like digits, these no larger than need be, and how
    many of them tell that it stands."""
    alike = [each.box for each in page.digits.values()] + [each.box for each in page.rejected]
    middle = _middles(alike)
    size = quantile(np.array(alike)[:, 2:].max(axis=1), 0.5)
    reach = PART * size / 2
    is_within = (np.abs(middle[:, None] - middle) <= reach).all(axis=2)
    x, y = centre = middle[is_within.sum(axis=1).argmax()]
    left, top = max(0, round(x - reach)), max(0, round(y - reach))
    part = grey[top : round(y + reach), left : round(x + reach)]
    scale = min(1.0, LARGE / size)
    extent = [max(1, round(side * scale)) for side in part.shape[::-1]]
    telling = _middles([each.box for each in page.telling])
    standing = (np.abs(telling - centre) <= reach).all(axis=1).sum()
    return np.asarray(cv2.resize(part, extent, interpolation=cv2.INTER_AREA), np.uint8), standing


def _middles(boxes: list[Box]) -> NDArray[np.float64]:
    each = np.array(boxes, np.float64).reshape(-1, 4)
    return each[:, :2] + each[:, 2:] / 2


def turned(grey: NDArray[np.uint8], degrees: int) -> NDArray[np.uint8]:
    """A picture turned clockwise by a multiple of 90 degrees."""
    return np.ascontiguousarray(np.rot90(grey, -degrees // 90))


def turned_back(box: Box, degrees: int, shape: tuple[int, ...]) -> Box:
    """Where a box on a turned picture lies on the picture as it is; shape: (H, W) of that."""
    x, y, wide, high = box
    height, width = shape[:2]
    match degrees:
        case 90:
            return (y, height - x - wide, high, wide)
        case 180:
            return (width - x - wide, height - y - high, wide, high)
        case 270:
            return (width - y - high, x, high, wide)
        case _:
            return box
