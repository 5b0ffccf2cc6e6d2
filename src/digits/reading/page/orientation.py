"""How a page lies: which way up its numbers can be read."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.geometry import centres, quantile
from digits.io.number import Box, Digit
from digits.model.parameters import Orientation
from digits.model.spec import LINE_DIGIT
from digits.reading.page.numbers import Page

ORIENTATIONS = (0, 90, 180, 270)  # degrees, clockwise
UPRIGHT_DIGITS = (2, 3, 4, 5, 7)  # a 0, 1 or 8 is one upside down too, and a 6 is a 9
PART = 16  # sizes of a digit, the side of the part of a page that is turned on trial
SMALL = 640  # pixels of the longest side, to which the whole of a page is turned on trial
LIKELY = 0.5  # confidence from which on a digit is evidence for the way up that it is read in


def upright(
    grey: NDArray[np.uint8],
    read: Callable[[NDArray[np.uint8]], Page],
    parameters: Orientation,
) -> tuple[int, Page]:
    """By how many degrees a picture (H, W) uint8 has to be turned clockwise, and its digits then.

    A page whose digits read well stays as it is. Of any other a part is read each way up, and the
    page is turned where the digits of that part are far surer another way: words and shapes that
    lie look like a few digits by chance, and the more of them there are, the more.
    """
    page = read(grey)
    if _reads_well(page, parameters):
        return 0, page
    part, standing = _fullest_part(grey, page)
    others = [read(rotated(part, degrees)) for degrees in ORIENTATIONS[1:]]
    sums = [evidence(other.digits) for other in others]
    best = int(np.argmax(sums))
    enough = parameters.enough * math.sqrt(_resembling(others[best]))
    if not sums[best] > max(standing + enough, parameters.times * standing):
        return 0, page
    degrees = ORIENTATIONS[1 + best]
    turned = read(rotated(grey, degrees))
    is_surer = evidence(turned.digits) > evidence(page.digits)
    # a sheet of dashes that lies looks like one of ones, which have no way up
    return (degrees, turned) if is_surer and _telling(turned, parameters) else (0, page)


def evidence(digits: Sequence[Digit]) -> float:
    """For the way up that digits are read in: the sum of the log-odds of the likely ones."""
    likely = np.array([each.confidence for each in digits if each.confidence > LIKELY])
    kept = np.clip(likely, LIKELY, 1 - 1e-4)
    return float(np.log(kept / (1 - kept)).sum())


def _reads_well(page: Page, parameters: Orientation) -> bool:
    """Whether enough of what resembles digits is certain and has one way up."""
    telling = _telling(page, parameters)
    return telling > 0 and telling >= parameters.usual * _resembling(page)


def _telling(page: Page, parameters: Orientation) -> int:
    """How many digits are certain and have one way up."""
    return sum(
        each.digit in UPRIGHT_DIGITS and each.confidence >= parameters.certain
        for each in page.digits
    )


def _resembling(page: Page) -> int:
    return len(page.digits) + len(page.rejected)


def _fullest_part(grey: NDArray[np.uint8], page: Page) -> tuple[NDArray[np.uint8], float]:
    """The part of a picture in which most resembles digits, scaled so that these are no larger than
    need be, and the evidence of those in it; the whole, made small, where it is or nothing does."""
    every = [each.box for each in page.digits] + [each.box for each in page.rejected]
    boxes = np.array(every, np.float64).reshape(-1, 4)
    if not len(boxes) or max(grey.shape) <= SMALL:
        return _shrunk(grey, SMALL / max(grey.shape)), evidence(page.digits)
    middle = centres(boxes)
    size = quantile(boxes[:, 2:].max(axis=1), 0.5)
    reach = PART * size / 2
    x, y = centre = middle[_neighbour_counts(middle, reach).argmax()]
    left, top = max(0, round(x - reach)), max(0, round(y - reach))
    part = grey[top : round(y + reach), left : round(x + reach)]
    is_in = (np.abs(middle[: len(page.digits)] - centre) <= reach).all(axis=1)
    standing = [digit for digit, there in zip(page.digits, is_in, strict=True) if there]
    return _shrunk(part, LINE_DIGIT / size), evidence(standing)


def _shrunk(grey: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    """A picture at that scale, or as it is where that is larger."""
    extent = [max(1, round(side * min(1.0, scale))) for side in grey.shape[::-1]]
    return np.asarray(cv2.resize(grey, extent, interpolation=cv2.INTER_AREA), np.uint8)


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
