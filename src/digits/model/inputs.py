"""What the networks see: tiles of single digits, and pages and lines of normalised contrast."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.geometry import quantile
from digits.model.polarity import is_ink_lighter
from digits.model.spec import CHANNELS, LINE_DIGIT, TILE, TILE_BOX

# The edge of blurred ink, as a fraction of the darkest ink. Half would be unbiased for thick
# strokes but cuts the ends of thin ones; MNIST digits enlarged to 200 px come back best at 0.4.
EDGE = 0.4
# Below this size, in pixels, enlarging comes first, so that shrinking by area sees smooth edges.
SMOOTH_SIDE = 80

# The windows that local contrast is normalised in: (how many times smaller the picture is in
# which they are measured, pixels a side there).
NEAR, FAR = (2, 17), (4, 33)
SAMPLED = 4  # pixels between the samples of the contrast of a whole picture
QUIET = 0.15  # of its strongest contrast: what varies less is paper
FLOOR = 2.0  # grey levels, the same for a picture without any contrast

# The ink of a digit within a line crop.
MARGIN = 0.12  # of a box, by which ink may reach beyond it, and 1 pixel
PAPER_WINDOW = LINE_DIGIT  # pixels to both sides, whose median is the paper
GRAIN = 0.2  # of the pen's contrast, up to which it may be grain of the paper
INK = 0.4  # of it, from which on it is ink
DARK = 10.0  # grey levels, added to the light: where there is none, noise is no contrast
NEIGHBOUR = 0.35  # of all ink in the box: a component at its border with less is a neighbour's


def normalise_tile(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Bring the ink of one digit into MNIST's form: a tile.

    ink: (H, W) uint8, 0 paper to 255 ink, any size. Returns (28, 28) uint8, the brightest pixel
    255; all zeros if there is no ink. The bounding box of the digit, made square, shrinks by area
    to 20×20 and moves by whole pixels until its centre of mass is that of the tile. Sources: LeCun
    et al. 1998 (DOI 10.1109/5.726791); Yadav and Bottou 2019, "Cold Case: the Lost MNIST Digits".
    """
    peak = int(ink.max(initial=0))
    if peak == 0:
        return np.zeros((TILE, TILE), np.uint8)
    return centre_by_mass(_stretch(_shrink(_square(_crop(ink, EDGE * peak)))))


def local_contrast(grey: NDArray[np.uint8], size_multiple: int = 1) -> NDArray[np.float32]:
    """Normalise a grey picture (h, w) uint8 locally: (h, w, 3) float32, about -3 to 3.

    Channels: how much darker a pixel is than its near surroundings, in their standard deviations;
    the same for its far surroundings; how dark it is. So the same ink looks the same in light and
    in shadow. Near windows bring out what is written beside an edge, far ones what is broad.
    size_multiple: zeros continue below and to the right until h and w are multiples of it.
    """
    height, width = grey.shape
    up = size_multiple
    page = np.zeros((-(-height // up) * up, -(-width // up) * up, CHANNELS), np.float32)
    level = grey.astype(np.float32)
    near, far = (_deviation(grey, level, *window) for window in (NEAR, FAR))
    dark = np.multiply(128 - level, 1 / 64, out=level)
    cv2.merge((near, far, dark), page[:height, :width])
    return page


def _deviation(
    grey: NDArray[np.uint8], level: NDArray[np.float32], smaller: int, side: int
) -> NDArray[np.float32]:
    """How far each pixel lies from the mean of its window, in standard deviations of the window."""
    height, width = grey.shape
    small = cv2.resize(
        grey, (-(-width // smaller), -(-height // smaller)), interpolation=cv2.INTER_AREA
    )
    mean = cv2.boxFilter(small, cv2.CV_32F, (side, side))
    square = cv2.sqrBoxFilter(small, cv2.CV_32F, (side, side))
    deviation = np.sqrt(np.maximum(square - mean * mean, 0))
    step = SAMPLED // smaller
    strongest = quantile(deviation[::step, ::step], 0.9)
    small_gain = 1 / (deviation + np.float32(QUIET * strongest + FLOOR))
    gain, lifted = (cv2.resize(each, (width, height)) for each in (small_gain, mean * small_gain))
    return np.asarray(cv2.subtract(lifted, cv2.multiply(level, gain, gain), lifted), np.float32)


def centre_by_mass(box: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Paste a (20, 20) uint8 box into a (28, 28) frame, its centre of mass at the frame's.

    Moves by whole pixels as MNIST did, so the centre ends up to one pixel right of and below
    the middle. Ink that would leave the frame is cut off.
    """
    mass = box.astype(np.float64)
    total = max(mass.sum(), 1.0)
    centres = np.arange(TILE_BOX) + 0.5
    top = math.floor(TILE / 2 + 1 - (mass.sum(axis=1) @ centres) / total)
    left = math.floor(TILE / 2 + 1 - (mass.sum(axis=0) @ centres) / total)
    canvas = np.zeros((TILE + 2 * TILE_BOX, TILE + 2 * TILE_BOX), np.uint8)
    canvas[TILE_BOX + top : 2 * TILE_BOX + top, TILE_BOX + left : 2 * TILE_BOX + left] = box
    return canvas[TILE_BOX : TILE_BOX + TILE, TILE_BOX : TILE_BOX + TILE].copy()


def _crop(ink: NDArray[np.uint8], threshold: float) -> NDArray[np.uint8]:
    left, top, width, height = cv2.boundingRect((ink > threshold).astype(np.uint8))
    return ink[top : top + height, left : left + width]


def _square(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if sum(ink.shape) % 2:  # the middle lies between two pixels
        ink = ink.repeat(2, axis=0).repeat(2, axis=1)
    height, width = ink.shape
    side = max(height, width)
    above, before = (side - height) // 2, (side - width) // 2
    squared = np.zeros((side, side), np.uint8)
    squared[above : above + height, before : before + width] = ink
    return squared


def _shrink(ink: NDArray[np.uint8]) -> NDArray[np.float32]:
    side = ink.shape[0]
    if side < SMOOTH_SIDE:
        factor = -(-SMOOTH_SIDE // side)
        # replicated borders: otherwise ink at the border would fade while it is enlarged
        ink = np.asarray(cv2.resize(ink, None, fx=factor, fy=factor), np.uint8)
    # as float: a faint hairline covers less than one grey level of each pixel
    fine = ink.astype(np.float32)
    return np.asarray(
        cv2.resize(fine, (TILE_BOX, TILE_BOX), interpolation=cv2.INTER_AREA), np.float32
    )


def _stretch(box: NDArray[np.float32]) -> NDArray[np.uint8]:
    # a hairline covers a fraction of each pixel: its tile would be nearly black
    gain = 255 / float(box.max())
    return np.asarray(cv2.convertScaleAbs(box, alpha=gain), np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """The ink of one digit in a line crop.

    tile: (28, 28) uint8, that ink in MNIST's form. box: (4,) around just that, in pixels of the
    crop. contrast: of pen to paper, as a fraction of the lighter of both, in [0, 1].
    """

    tile: NDArray[np.uint8]
    box: NDArray[np.float64]
    contrast: float


def segment_digit(crop: NDArray[np.uint8], box: NDArray[np.float64]) -> Segment:
    """The ink in a box (4,) of a line crop (H, W) uint8, without that of its neighbours.

    The pen may be darker or lighter than the paper.
    """
    left, top, right, bottom = _window(box, crop.shape)
    around = crop[:, max(left - PAPER_WINDOW, 0) : right + PAPER_WINDOW]
    paper = quantile(around, 0.5)
    off = paper - crop[top:bottom, left:right].astype(np.float32)
    is_light = is_ink_lighter(off)
    if is_light:
        off = -off
    pen = max(quantile(off, 0.97), 1.0)
    light = paper + pen if is_light else paper
    contrast = pen / (light + DARK)
    level = np.clip((off / pen - GRAIN) / (1 - GRAIN), 0, 1)
    own = _without_neighbours(level > INK, level)
    x, y, width, height = cv2.boundingRect(own.astype(np.uint8))
    if not width:
        return Segment(normalise_tile(np.asarray(level * 255, np.uint8)), box, contrast)
    near = cv2.dilate(own.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    tight = np.array([left + x, top + y, width, height], np.float64)
    ink = np.asarray(np.where(near, level, 0) * 255, np.uint8)
    return Segment(normalise_tile(ink), tight, contrast)


def _window(box: NDArray[np.float64], shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    x, y, width, height = box.tolist()
    across, down = MARGIN * width + 1, MARGIN * height + 1
    left, top = max(math.floor(x - across), 0), max(math.floor(y - down), 0)
    right, bottom = math.ceil(x + width + across), math.ceil(y + height + down)
    left, top = min(left, shape[1] - 2), min(top, shape[0] - 2)
    return left, top, max(min(right, shape[1]), left + 2), max(min(bottom, shape[0]), top + 2)


def _without_neighbours(mask: NDArray[np.bool_], level: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Without components at the border that are the smaller part: they belong to a neighbour."""
    count, labels, stats, centres = cv2.connectedComponentsWithStats(
        mask.astype(np.uint8), connectivity=8
    )
    mass = np.bincount(labels.ravel(), level.ravel(), minlength=count)
    total = mass[1:].sum()
    rows, columns = mask.shape
    own = mask.copy()
    for label in range(1, count):
        x, y, width, height = stats[label, :4].tolist()
        touches = x == 0 or y == 0 or x + width == columns or y + height == rows
        off = np.abs(centres[label] / (columns - 1, rows - 1) - 0.5).max()
        if touches and mass[label] < NEIGHBOUR * total and off > 0.3:
            own[labels == label] = False
    return own
