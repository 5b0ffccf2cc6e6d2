"""How a page lies: which way up its numbers can be read."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.geometry import centres, quantile
from digits.io.result import Box
from digits.model.parameters import Orientation
from digits.model.spec import LINE_DIGIT
from digits.reading.page.numbers import Page

ORIENTATIONS = (0, 90, 180, 270)  # degrees, clockwise
UPRIGHT_DIGITS = (2, 3, 4, 5, 7)  # a 0, 1 or 8 is one upside down too, and a 6 is a 9
PART = 16  # sizes of a digit, the side of the part of a page that is turned on trial


def upright(
    grey: NDArray[np.uint8],
    read: Callable[[NDArray[np.uint8]], Page],
    parameters: Orientation,
) -> tuple[int, Page]:
    """By how many degrees a picture (H, W) uint8 has to be turned clockwise, and its digits then.

    A page stays as it is where digits that have one way up can be read so, and where there are few.
    """
    page = read(grey)
    resembling = len(page.digits) + len(page.rejected)
    fraction = len(_telling(page, parameters.certain)) / max(resembling, 1)
    if resembling < parameters.enough or fraction >= parameters.usual:
        return 0, page
    part, standing = _fullest_part(grey, page, parameters.certain)
    others = [read(rotated(part, degrees)) for degrees in ORIENTATIONS[1:]]
    counts = [len(_telling(other, parameters.certain)) for other in others]
    best = int(np.argmax(counts))
    resembling = len(others[best].digits) + len(others[best].rejected)
    needed = max(parameters.enough, parameters.times * standing, parameters.usual * resembling)
    if counts[best] < needed:
        return 0, page
    degrees = ORIENTATIONS[1 + best]
    return degrees, read(rotated(grey, degrees))


def _telling(page: Page, certain: float) -> list[Box]:
    """The boxes of certain digits that are one only this way up."""
    return [
        each.box
        for each in page.digits
        if each.digit in UPRIGHT_DIGITS and each.confidence >= certain
    ]


def _fullest_part(
    grey: NDArray[np.uint8], page: Page, certain: float
) -> tuple[NDArray[np.uint8], int]:
    """The part of a picture in which most resembles digits, scaled so that these are no larger than
    need be; and how many of them are certain upright."""
    every = [each.box for each in page.digits] + [each.box for each in page.rejected]
    boxes = np.array(every, np.float64)
    middle = centres(boxes)
    size = quantile(boxes[:, 2:].max(axis=1), 0.5)
    reach = PART * size / 2
    x, y = centre = middle[_neighbour_counts(middle, reach).argmax()]
    left, top = max(0, round(x - reach)), max(0, round(y - reach))
    part = grey[top : round(y + reach), left : round(x + reach)]
    scale = min(1.0, LINE_DIGIT / size)
    extent = [max(1, round(side * scale)) for side in part.shape[::-1]]
    telling = centres(np.array(_telling(page, certain), np.float64).reshape(-1, 4))
    standing = int((np.abs(telling - centre) <= reach).all(axis=1).sum())
    return np.asarray(cv2.resize(part, extent, interpolation=cv2.INTER_AREA), np.uint8), standing


def _neighbour_counts(points: NDArray[np.float64], reach: float) -> NDArray[np.intp]:
    """(N,) how many of the points (N, 2) lie within reach of each, on both axes."""
    order = np.argsort(points[:, 0])
    x, y = points[order].T
    low, high = np.searchsorted(x, x - reach), np.searchsorted(x, x + reach, side="right")
    counts = np.empty(len(points), np.intp)
    for index, (start, end) in enumerate(zip(low.tolist(), high.tolist(), strict=True)):
        counts[order[index]] = (np.abs(y[start:end] - y[index]) <= reach).sum()
    return counts


def rotated(picture: NDArray[np.uint8], degrees: int) -> NDArray[np.uint8]:
    """A picture turned clockwise by a multiple of 90 degrees."""
    return np.ascontiguousarray(np.rot90(picture, -degrees // 90))


def rotated_back(box: Box, degrees: int, shape: tuple[int, ...]) -> Box:
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
