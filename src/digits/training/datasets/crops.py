"""Labelled pages in grey levels, random crops of them, and the detector's targets."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import keras
import numpy as np
from numpy.typing import NDArray

from digits.geometry import FLAT, Boxes
from digits.model.inputs import local_contrast
from digits.model.spec import (
    BOX_UNIT,
    CLASSES,
    DETECTOR_MAPS,
    DETECTOR_STRIDE,
    MAX_DIGIT,
    MIN_DIGIT,
)
from digits.reading.page.greyscale import greyscale
from digits.synth.page import Page
from digits.synth.written_number import POWERS
from digits.training.augment.degrade import degrade, elastic

HEATMAPS, SIDES = slice(0, CLASSES), slice(CLASSES, DETECTOR_MAPS)
BOX_WEIGHT, LOSS_MASK = DETECTOR_MAPS, DETECTOR_MAPS + 1
"""Channels of a target. HEATMAPS: for each digit a bell around its centre, 1 at the centre. SIDES:
logarithms of the distances to the left, upper, right and lower side of its box, in BOX_UNIT.
BOX_WEIGHT: the weight of these four in the loss. LOSS_MASK: 1 where the heatmaps count in the loss,
0 in ignore boxes."""
BELL = 7.0  # a digit's width and height are so many standard deviations of its bell
HUGE = 1.6  # times MAX_DIGIT: larger digits, and their parts, are background
LINE_RATE = 0.4  # fraction of crops that are of written lines, where there are any
ZOOM_RATE = 0.12  # fraction of crops that are enlarged further, so that such parts occur
SHEAR_WIDENING = 0.6  # of shear × height: a digit does not fill the corners of its box
MIN_VISIBLE = 0.6  # fraction of a digit's area within the crop; with less, its box is ignored

Random = np.random.Generator
Grey = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class LabelledPage:
    """A page in grey levels and its labels.

    grey: (H, W) uint8, ink dark. digits: (N, 5) float32: value, x, y, width, height in pixels.
    runs: (N,) int32, equal for the digits of a number between which there is no sign.
    ignore_boxes: (M, 4) float32 boxes that do not count in the loss or the score. marks: (K, 5)
    float32 of signs and words: x, y, width, height, and height of a digit beside them, in pixels;
    mark_texts: what each says, "" if that is not known.
    """

    grey: Grey
    digits: NDArray[np.float32]
    runs: NDArray[np.int32]
    ignore_boxes: Boxes
    marks: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 5), np.float32))
    mark_texts: tuple[str, ...] = ()

    @classmethod
    def from_page(cls, page: Page) -> LabelledPage:
        """The same page in grey levels, as `digits.reading` converts a picture."""
        digits = [(digit, *box) for number in page.numbers for digit, box in number.digits]
        powers = "".join(POWERS)  # each is a run of its own
        texts = "|".join(number.text for number in page.numbers).replace("'", "")
        signs = re.sub(f"([{powers}])", "|0|", texts)
        signs = re.sub("[^0-9]", "|", signs)
        runs = [run for run, text in enumerate(signs.split("|")) for _ in text]
        return cls(
            greyscale(page.pixels),
            np.array(digits, np.float32).reshape(-1, 5),
            np.array(runs, np.int32),
            np.array(page.ignore_boxes, np.float32).reshape(-1, 4),
            np.array([(*each.box, each.height) for each in page.marks], np.float32).reshape(-1, 5),
            tuple(each.text for each in page.marks),
        )


class DetectorCrops(keras.utils.PyDataset):
    """Batches of crops (N, side, side, 3) float32 and targets (N, side/4, side/4, 16) float32.

    pages, lines: the pictures that crops are cut from; lines may be none.

    The crops are a function of seed and epoch alone, so that a resumed run gets the same ones.
    With `fixed`, every epoch has the same crops.
    """

    def __init__(
        self,
        pages: Sequence[LabelledPage],
        lines: Sequence[LabelledPage],
        side: int,
        count: int,
        batch_size: int,
        seed: int,
        epoch: int = 0,
        *,
        fixed: bool = False,
    ) -> None:
        super().__init__()
        self._pages = pages
        self._lines = lines
        self._side = side
        self._count = count
        self._batch_size = batch_size
        self._seed = seed
        self._epoch = epoch
        self._fixed = fixed

    def __len__(self) -> int:
        return -(-self._count // self._batch_size)

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        rng = np.random.default_rng([self._seed, self._epoch, index])
        size = min(self._batch_size, self._count - index * self._batch_size)
        chosen = [self._random_picture(rng) for _ in range(size)]
        crops, targets = zip(
            *(random_crop(picture, self._side, rng) for picture in chosen), strict=True
        )
        return np.stack(crops), np.stack(targets)

    def on_epoch_end(self) -> None:
        self._epoch += not self._fixed

    def _random_picture(self, rng: Random) -> LabelledPage:
        pictures = self._lines if self._lines and rng.random() < LINE_RATE else self._pages
        return pictures[int(rng.integers(len(pictures)))]


def sha256(pages: Sequence[LabelledPage]) -> str:
    """One SHA-256 of the grey levels and labels of all pages."""
    total = hashlib.sha256()
    for page in pages:
        for array in (page.grey, page.digits, page.runs, page.ignore_boxes, page.marks):
            total.update(array.tobytes())
        total.update("\n".join(page.mark_texts).encode())
    return total.hexdigest()


def random_crop(
    page: LabelledPage, side: int, rng: Random
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A crop around a random digit, at a scale at which it can be detected, and its target.

    Returns (side, side, 3) and (side/4, side/4, 16) float32.
    """
    middle, scale = _random_focus(page, rng)
    scales = scale * np.exp(rng.normal(0, (0.08, 0.05)))  # of x and y
    corner = middle - rng.uniform(0.1, 0.9, 2) * side / scales
    beyond = np.array(page.grey.shape[::-1]) - side / scales
    corner = np.clip(corner, np.minimum(beyond, 0), np.maximum(beyond, 0))
    shear = rng.normal(0.12, 0.18) if rng.random() < 0.35 else 0.0
    grey = _sheared(_cut(page.grey, corner, scales, side), shear)
    if rng.random() < 0.35:
        grey = elastic(grey, 1.0, rng)
    digits, ignore_boxes = page.digits.copy(), page.ignore_boxes.copy()
    for boxes in (digits[:, 1:], ignore_boxes):
        boxes[:, :2] = (boxes[:, :2] - corner) * scales
        boxes[:, 2:] *= scales
        _shear_boxes(boxes, shear, side)
    return local_contrast(degrade(grey, rng)), detector_target(digits, ignore_boxes, side)


def _random_focus(page: LabelledPage, rng: Random) -> tuple[NDArray[np.float64], float]:
    """The centre (x, y) of a random digit, and a scale at which it can be detected."""
    if not len(page.digits):
        return rng.uniform(0, page.grey.shape[::-1]), math.exp(rng.uniform(-1, 0.5))
    x, y, width, height = box = page.digits[rng.integers(len(page.digits))][1:].astype(np.float64)
    size = math.exp(rng.uniform(math.log(MIN_DIGIT * 1.1), math.log(MAX_DIGIT * 0.9)))
    if rng.random() < ZOOM_RATE:
        size *= rng.uniform(1, 4)
    scale = float(np.clip(size / _size(box), 0.25, 2.2))
    return np.array([x + width / 2, y + height / 2]), scale


def _cut(grey: Grey, corner: NDArray[np.float64], scales: NDArray[np.float64], side: int) -> Grey:
    """A scaled square from a corner on; its edge is repeated beyond the page."""
    height, width = grey.shape
    left, top = np.maximum(corner, 0).astype(int)
    right, bottom = np.minimum(corner + side / scales + 1, (width, height)).astype(int)
    part = grey[top:bottom, left:right]
    shift = (np.array([left, top]) - corner) * scales
    if scales.max() < 1:
        size = np.maximum(np.rint(np.array(part.shape[::-1]) * scales), 1).astype(int).tolist()
        part = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
        scales = np.ones(2)
    matrix = np.array([[scales[0], 0, shift[0]], [0, scales[1], shift[1]]])
    moved = cv2.warpAffine(part, matrix, (side, side), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8)


def _sheared(grey: Grey, shear: float) -> Grey:
    """Slanted forward by `shear` columns per row about the middle row."""
    if not shear:
        return grey
    matrix = np.array([[1, -shear, shear * len(grey) / 2], [0, 1, 0]])
    return np.asarray(
        cv2.warpAffine(grey, matrix, grey.shape[::-1], borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def _shear_boxes(boxes: Boxes, shear: float, side: int) -> None:
    """Move boxes (N, 4) with a sheared crop, and widen them about as much as a digit widens."""
    wider = SHEAR_WIDENING * abs(shear) * boxes[:, 3]
    boxes[:, 0] -= shear * (boxes[:, 1] + boxes[:, 3] / 2 - side / 2) + wider / 2
    boxes[:, 2] += wider


def detector_target(
    digits: NDArray[np.float32], ignore_boxes: Boxes, side: int
) -> NDArray[np.float32]:
    """The target (side/4, side/4, 16) float32 of a crop; channels: see HEATMAPS and the others.

    digits: (N, 5) value, x, y, width, height in pixels of the crop; ignore_boxes: (M, 4).
    """
    cells = side // DETECTOR_STRIDE
    target = np.zeros((cells, cells, LOSS_MASK + 1), np.float32)
    target[..., LOSS_MASK] = 1
    for box in ignore_boxes:
        target[(*_cells(box, cells), LOSS_MASK)] = 0
    for value, *rest in digits:
        box = np.array(rest, np.float64)
        if _is_detectable(box, side):
            _add_digit(target, int(value), box)
        elif _size(box) < MAX_DIGIT * HUGE:
            target[(*_cells(box, cells), LOSS_MASK)] = 0
    return target


def _is_detectable(box: NDArray[np.float64], side: int) -> bool:
    """Whether a digit lies in the crop and is MIN_DIGIT to MAX_DIGIT large, or little beyond."""
    x, y, width, height = box.tolist()
    across = min(x + width, side) - max(x, 0)
    down = min(y + height, side) - max(y, 0)
    visible = max(across, 0) * max(down, 0) / max(width * height, 1e-3)
    is_inside = 0 <= x + width / 2 < side and 0 <= y + height / 2 < side
    is_sized = MIN_DIGIT * 0.8 <= _size(box) <= MAX_DIGIT * 1.15
    return visible >= MIN_VISIBLE and is_inside and is_sized


def _size(box: NDArray[np.float64]) -> float:
    """`digits.geometry.sizes` of one box, in float64."""
    return float(max(box[3], FLAT * box[2]))


def _add_digit(target: NDArray[np.float32], digit: int, box: NDArray[np.float64]) -> None:
    """Add the bell of one digit, and the sides of its box in the cells around its centre."""
    x, y, width, height = box.tolist()
    rows, columns = _cells(box, len(target))
    down = (np.arange(rows.start, rows.stop) + 0.5) * DETECTOR_STRIDE - (y + height / 2)
    across = (np.arange(columns.start, columns.stop) + 0.5) * DETECTOR_STRIDE - (x + width / 2)
    deviation_y = height / BELL + DETECTOR_STRIDE / 4
    deviation_x = max(width, 0.35 * height) / BELL + DETECTOR_STRIDE / 4
    bell = np.exp(-((down[:, None] / deviation_y) ** 2 + (across / deviation_x) ** 2) / 2)
    window = target[rows, columns, digit]
    np.maximum(window, bell, out=window)
    row, column = int((y + height / 2) // DETECTOR_STRIDE), int((x + width / 2) // DETECTOR_STRIDE)
    target[row, column, digit] = 1
    reach = 1 if width > 2 * DETECTOR_STRIDE else 0
    for i in range(max(row - 1, 0), min(row + 2, len(target))):
        for j in range(max(column - reach, 0), min(column + reach + 1, len(target))):
            is_centre = (i, j) == (row, column)
            if is_centre or not target[i, j, BOX_WEIGHT]:
                at_x, at_y = (j + 0.5) * DETECTOR_STRIDE, (i + 0.5) * DETECTOR_STRIDE
                sides = np.array([at_x - x, at_y - y, x + width - at_x, y + height - at_y])
                target[i, j, SIDES] = np.log(np.maximum(sides, 1) / BOX_UNIT)
                target[i, j, BOX_WEIGHT] = 1 if is_centre else 0.3


def _cells(box: NDArray[np.floating], cells: int) -> tuple[slice, slice]:
    """Rows and columns of the cells that a box overlaps."""
    x, y, width, height = (float(value) for value in box)

    def within(low: float, high: float) -> slice:
        start, stop = math.floor(low / DETECTOR_STRIDE), math.ceil(high / DETECTOR_STRIDE)
        return slice(min(max(start, 0), cells), min(max(stop, 0), cells))

    return within(y, y + height), within(x, x + width)
