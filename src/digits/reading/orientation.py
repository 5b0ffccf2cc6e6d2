"""How a page lies: which way up its numbers can be read."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from digits.reading.page import Page
from digits.reading.reading import Box

ORIENTATIONS = (0, 90, 180, 270)  # degrees, clockwise
ENOUGH = 5  # digits that tell how the page lies, without which it is not turned
TIMES = 2  # and so many times as many as upright
USUAL = 0.25  # share of such digits among all that looks like one, from which on it lies well


def upright(grey: NDArray[np.uint8], read: Callable[[NDArray[np.uint8]], Page]) -> tuple[int, Page]:
    """By how many degrees a picture (H, W) uint8 has to be turned clockwise, and the page then.

    A 0 or an 8 is one whichever way it lies, and a 6 alone may as well be a 9: the others tell. A
    page stays as it is where they can be read so, and where there are few.
    """
    page = read(grey)
    if len(page.digits) < ENOUGH or page.telling >= USUAL * page.alike:
        return 0, page
    others = [(degrees, read(turned(grey, degrees))) for degrees in ORIENTATIONS[1:]]
    degrees, other = max(others, key=lambda each: each[1].telling)
    least = max(ENOUGH, TIMES * page.telling, USUAL * other.alike)
    return (degrees, other) if other.telling >= least else (0, page)


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
