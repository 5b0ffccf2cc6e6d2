"""How a page lies: which way up its numbers can be read."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from digits.reading.page import Page
from digits.reading.reading import Box

ORIENTATIONS = (0, 90, 180, 270)  # degrees, clockwise
ENOUGH = 5  # sure digits more than upright, without which a page is not turned
TIMES = 1.5  # and so many times as many


def upright(grey: NDArray[np.uint8], read: Callable[[NDArray[np.uint8]], Page]) -> tuple[int, Page]:
    """By how many degrees a picture (H, W) uint8 has to be turned clockwise, and the page then.

    It stays as it is where most of it can be read so, and where there is little on it: a 6 alone
    may as well be a 9.
    """
    as_it_is = read(grey)
    if as_it_is.doubtful < max(ENOUGH, as_it_is.sure):
        return 0, as_it_is
    pages = [(degrees, read(turned(grey, degrees))) for degrees in ORIENTATIONS[1:]]
    degrees, page = max(pages, key=lambda each: each[1].sure)
    if page.sure >= max(as_it_is.sure + ENOUGH, TIMES * as_it_is.sure):
        return degrees, page
    return 0, as_it_is


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
