"""Clean ink on even ground: cut out at once, where nothing about it is in doubt.

Most pictures of one digit show one piece of ink, far darker or far lighter than paper that varies
little. There no candidates need to be weighed, and a small grey grid is enough.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.io.number import Box
from digits.model.inputs import normalise_tile
from digits.model.spec import TILE
from digits.reading.single.components import NEAR
from digits.reading.single.ink import SMALL, SOLID

GRID = 160  # pixels, the longest side at which ink is looked at
TINY = 48  # pixels a side, enough to see soft shadows
EVEN = 0.08  # of the contrast, the standard deviation of even paper
MOST_INK = 0.45  # of a picture; where both parts are nearly as large, either may be the paper
SOFT, FIRM = 0.2, 0.5  # of the darkest pen; at both, the digit is one piece
MOST = 8  # pieces of ink; more are no clean picture
LEAST = TILE  # pixels of a shrunken grid; a smaller digit has lost detail
FADE = 5  # pixels, over which the edge of a pen fades


@dataclass(frozen=True, slots=True, eq=False)
class Clear:
    """A digit's tile (28, 28) uint8, and its box in pixels of the picture."""

    tile: NDArray[np.uint8]
    box: Box


def find_clear(picture: NDArray[np.uint8]) -> Clear | None:
    """The one piece of ink in a picture (H, W, 3) uint8 RGB; None where that is not plain."""
    grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)
    scale = max(1.0, max(grey.shape) / GRID)
    if scale > 1:
        size = [max(1, round(side / scale)) for side in grey.shape[::-1]]
        grey = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
    level = _level(grey)
    if level is None and max(grey.shape) > SMALL:
        level = _level(_evenly_lit(grey))
    if level is None or (soft := _piece(level, SOFT)) is None:
        return None
    firm = _piece(level, FIRM)
    if firm is None or (scale > 1 and max(firm.box[2:]) < LEAST):
        return None
    ink = cv2.bitwise_and(level, cv2.dilate(soft.mask, _around()))
    x, y, width, height = firm.box
    left, top = round(x * scale), round(y * scale)
    right, bottom = round((x + width) * scale), round((y + height) * scale)
    tile = normalise_tile(np.asarray(ink, np.uint8))
    return Clear(tile, (left, top, right - left, bottom - top))


def _around() -> NDArray[np.uint8]:
    """The window about a pixel within which ink fades."""
    return np.ones((FADE, FADE), np.uint8)


def _evenly_lit(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Grey levels (h, w) as shares of the paper's light, 128 for all of it."""
    tiny = cv2.resize(grey, (TINY, TINY), interpolation=cv2.INTER_AREA)
    paper = cv2.resize(cv2.medianBlur(tiny, TINY // 4 + 1), grey.shape[::-1])
    return np.asarray(cv2.divide(grey, paper, scale=128), np.uint8)


def _level(grey: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """(h, w) uint8, 0 paper to 255 the darkest pen; None where paper is not even.

    Paper is the larger of the two parts that Otsu's threshold makes (Otsu 1979,
    DOI 10.1109/TSMC.1979.4310076).
    """
    _, bright = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    light = cv2.countNonZero(bright) / bright.size
    is_light = light > 0.5
    if not 0 < min(light, 1 - light) <= MOST_INK:
        return None
    paper = bright if is_light else cv2.bitwise_not(bright)
    inner = cv2.erode(paper, _around())  # none where a digit fills a tile of few pixels
    [[ground]], [[spread]] = cv2.meanStdDev(grey, mask=inner if inner.any() else paper)
    darkest, lightest, *_ = cv2.minMaxLoc(grey)
    contrast = ground - darkest if is_light else lightest - ground
    if contrast < SOLID * 255 or spread > EVEN * contrast:
        return None
    off = ground - np.arange(256) if is_light else np.arange(256) - ground
    table = np.clip(off * (255 / contrast), 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(grey, table), np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """Ink that hangs together. mask: (h, w) uint8, 255 where it is. box: around it."""

    mask: NDArray[np.uint8]
    box: Box


def _piece(level: NDArray[np.uint8], fraction: float) -> _Piece | None:
    """The only ink above a fraction of the darkest, apart from what touches a side of the picture.

    That may be a frame or the desk; None where it comes near, for it may be a stroke cut off.
    A small picture may be filled by its digit.
    """
    _, mask = cv2.threshold(level, 255 * fraction, 255, cv2.THRESH_BINARY)
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    high, wide = level.shape
    pieces = [(label, *boxes[label, :4].tolist()) for label in range(1, min(count, MOST))]
    inner = [p for p in pieces if p[1] and p[2] and p[1] + p[3] < wide and p[2] + p[4] < high]
    if count == 2 and max(level.shape) <= SMALL:
        inner = pieces
    if len(inner) != 1 or count > MOST:
        return None
    [(label, x, y, width, height)] = inner
    if count > 2:
        room = round(NEAR * max(width, height))
        around = np.s_[max(y - room, 0) : y + height + room, max(x - room, 0) : x + width + room]
        own = cv2.compare(labels, label, cv2.CMP_EQ)
        if cv2.countNonZero(mask[around]) > cv2.countNonZero(own):
            return None
        mask = own
    return _Piece(np.asarray(mask, np.uint8), (x, y, width, height))
