"""Why nothing was read on a page, as far as its ink tells."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.errors import DigitsError
from digits.geometry import quantile
from digits.io.picture import open_picture
from digits.io.result import Reading
from digits.reading.page.greyscale import prepare

SIDE = 1000  # pixels of the longest side at which ink is compared with the paper around it
WINDOW = 101  # pixels a side, of which the median is paper
INKED = 0.998  # quantile of the differences from the paper: a digit covers more of most pages
BLANK, FAINT = 6, 32  # levels of 255: less is no ink at all; less is an eighth of black on white


def why_unread(reading: Reading) -> str:
    """What explains that a page has no numbers, in words; "" where nothing does.

    The picture is opened once more.
    """
    if reading.source is None:
        return ""
    try:
        grey, _ = prepare(open_picture(reading.source, reading.page))
    except DigitsError:  # gone since it was read
        return ""
    contrast = ink_contrast(grey)
    if BLANK <= contrast < FAINT:
        return f"its ink is faint, {contrast} of 255 levels from the paper"
    if contrast >= FAINT and not reading.rejected:
        return "what is on it resembles no digits: letters or drawings only"
    return ""


def ink_contrast(grey: NDArray[np.uint8]) -> int:
    """By how many of 255 levels the pen differs from the paper around it, on a page (H, W)."""
    scale = min(1.0, SIDE / max(grey.shape))
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    paper = cv2.medianBlur(small, 2 * (min(*small.shape, WINDOW) // 2) + 1)
    soft = cv2.blur(small, (3, 3))  # the grain of a photo is no ink
    return int(quantile(cv2.absdiff(soft, paper), INKED))
