"""Crops of made-up pages, and what a detector shall say of each place in them."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import keras
import numpy as np
from numpy.typing import NDArray

from digits.model.inputs import local_contrast
from digits.model.spec import BOX_UNIT, DETECTOR_STRIDE, MAX_DIGIT, MIN_DIGIT
from digits.reading.page.greyscale import greyscale
from digits.synth.page import Page
from digits.synth.writing import POWERS
from digits.training.augment.degrade import photographed, waved

HEAT, SIDES, KNOWN, COUNTS = slice(0, 10), slice(10, 14), 14, 15
"""Channels of a target: for each digit how near its centre is, 0 to 1; the logarithms of the
distances to the left, upper, right and lower side of its box; the weight of these; 1 where the
heat counts, 0 where nothing is asked."""
SPREAD = 7.0  # a digit's heat fades over this share of its width and height
HUGE = 1.6  # times the highest digit that can be found: of that there is none, nor in its parts
CLOSER = 0.12  # share of crops from nearer by, in which such parts are seen
WIDER = 0.6  # of lean times height: by that a digit becomes wider, not filling its box's corners
SEEN = 0.6  # share of a digit that has to lie in the crop; of others nothing is asked

Random = np.random.Generator


@dataclass(frozen=True, slots=True, eq=False)
class GreyPage:
    """A page as a detector sees it.

    grey: (H, W) uint8. digits: (N, 5) float32: value, x, y, width, height. runs: (N,) int32, equal
    for digits of a number between which there is no sign. cut: (M, 4) float32 boxes in which
    nothing is asked.
    """

    grey: NDArray[np.uint8]
    digits: NDArray[np.float32]
    runs: NDArray[np.int32]
    cut: NDArray[np.float32]

    @classmethod
    def of(cls, page: Page) -> GreyPage:
        """Without its colours, the pen dark, as a reader sees it."""
        digits = [(digit, *box) for number in page.numbers for digit, box in number.digits]
        signs = re.sub(f"[^0-9{''.join(POWERS)}]", "|", "|".join(n.text for n in page.numbers))
        runs = [run for run, text in enumerate(signs.split("|")) for _ in text]
        return cls(
            greyscale(page.pixels),
            np.array(digits, np.float32).reshape(-1, 5),
            np.array(runs, np.int32),
            np.array(page.cut, np.float32).reshape(-1, 4),
        )


class Crops(keras.utils.PyDataset):
    """Batches of crops, (N, side, side, 3) float32, and targets, (N, side/4, side/4, 16).

    Which crops is a function of seed and epoch alone, so that a run that was interrupted sees the
    same as one that was not.
    """

    def __init__(
        self,
        pages: Sequence[GreyPage],
        side: int,
        count: int,
        batch_size: int,
        seed: int,
        epoch: int = 0,
    ) -> None:
        super().__init__()
        self._pages = pages
        self._side = side
        self._count = count
        self._batch_size = batch_size
        self._seed = seed
        self._epoch = epoch

    def __len__(self) -> int:
        return -(-self._count // self._batch_size)

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        rng = np.random.default_rng([self._seed, self._epoch, index])
        size = min(self._batch_size, self._count - index * self._batch_size)
        chosen = rng.integers(len(self._pages), size=size)
        crops, targets = zip(*(crop(self._pages[i], self._side, rng) for i in chosen), strict=True)
        return np.stack(crops), np.stack(targets)

    def on_epoch_end(self) -> None:
        self._epoch += 1


def sha256(pages: Sequence[GreyPage]) -> str:
    """One sum over all pages and their digits."""
    total = hashlib.sha256()
    for page in pages:
        total.update(page.grey.tobytes() + page.digits.tobytes() + page.cut.tobytes())
    return total.hexdigest()


def crop(page: GreyPage, side: int, rng: Random) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A part of the page about some digit, scaled so that the digit is one to be found, and the
    target for it: (side, side, 3) and (side/4, side/4, 16) float32."""
    middle, scale = _about(page, rng)
    scales = scale * np.exp(rng.normal(0, (0.08, 0.05)))  # of x and y
    corner = middle - rng.uniform(0.1, 0.9, 2) * side / scales
    beyond = np.array(page.grey.shape[::-1]) - side / scales
    corner = np.clip(corner, np.minimum(beyond, 0), np.maximum(beyond, 0))
    lean = rng.normal(0.12, 0.18) if rng.random() < 0.35 else 0.0
    grey = _leant(_cut_out(page.grey, corner, scales, side), lean)
    if rng.random() < 0.35:
        grey = waved(grey, 1.0, rng)
    digits, cut = page.digits.copy(), page.cut.copy()
    for boxes in (digits[:, 1:], cut):
        boxes[:, :2] = (boxes[:, :2] - corner) * scales
        boxes[:, 2:] *= scales
        _lean_boxes(boxes, lean, side)
    return local_contrast(photographed(grey, rng)), target(digits, cut, side)


def _about(page: GreyPage, rng: Random) -> tuple[NDArray[np.float64], float]:
    """A place to look at, x and y, and the scale at which a digit there can be found."""
    if not len(page.digits):
        return rng.uniform(0, page.grey.shape[::-1]), math.exp(rng.uniform(-1, 0.5))
    _, x, y, width, height = page.digits[rng.integers(len(page.digits))].astype(np.float64)
    wanted = math.exp(rng.uniform(math.log(MIN_DIGIT * 1.1), math.log(MAX_DIGIT * 0.9)))
    if rng.random() < CLOSER:
        wanted *= rng.uniform(1, 4)
    scale = float(np.clip(wanted / _size((x, y, width, height)), 0.25, 2.2))
    return np.array([x + width / 2, y + height / 2]), scale


def _cut_out(
    grey: NDArray[np.uint8], corner: NDArray[np.float64], scales: NDArray[np.float64], side: int
) -> NDArray[np.uint8]:
    """What lies from a corner on, scaled; what lies beyond the page repeats its rim."""
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


def _leant(grey: NDArray[np.uint8], lean: float) -> NDArray[np.uint8]:
    """With writing that leans forward by `lean`, columns per row, about the middle row."""
    if not lean:
        return grey
    matrix = np.array([[1, -lean, lean * len(grey) / 2], [0, 1, 0]])
    return np.asarray(
        cv2.warpAffine(grey, matrix, grey.shape[::-1], borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def _lean_boxes(boxes: NDArray[np.float32], lean: float, side: int) -> None:
    """Move boxes (N, 4) with what leans, and widen them about as much as a digit becomes wider."""
    wider = WIDER * abs(lean) * boxes[:, 3]
    boxes[:, 0] -= lean * (boxes[:, 1] + boxes[:, 3] / 2 - side / 2) + wider / 2
    boxes[:, 2] += wider


def target(digits: NDArray[np.float32], cut: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """What a detector shall say of a crop; see HEAT and the others.

    digits: (N, 5) value, x, y, width, height in pixels of the crop; cut: (M, 4).
    """
    cells = side // DETECTOR_STRIDE
    wanted = np.zeros((cells, cells, COUNTS + 1), np.float32)
    wanted[..., COUNTS] = 1
    for box in cut:
        wanted[(*_cells(box, cells), COUNTS)] = 0
    for digit, *box in digits.tolist():
        if _is_asked(box, side):
            _add(wanted, int(digit), box)
        elif _size(box) < MAX_DIGIT * HUGE:
            wanted[(*_cells(box, cells), COUNTS)] = 0
    return wanted


def _is_asked(box: Sequence[float], side: int) -> bool:
    """Whether a digit lies in the crop and is of a size to be found."""
    x, y, width, height = box
    across = min(x + width, side) - max(x, 0)
    down = min(y + height, side) - max(y, 0)
    seen = max(across, 0) * max(down, 0) / max(width * height, 1e-3)
    inside = 0 <= x + width / 2 < side and 0 <= y + height / 2 < side
    return seen >= SEEN and inside and MIN_DIGIT * 0.8 <= _size(box) <= MAX_DIGIT * 1.15


def _size(box: Sequence[float]) -> float:
    """Pixels by which a digit counts as large: its height, of a wide one more."""
    return max(box[3], 0.6 * box[2])


def _add(wanted: NDArray[np.float32], digit: int, box: Sequence[float]) -> None:
    """The heat of one digit around its centre, and the sides of its box in the cells there."""
    x, y, width, height = box
    rows, columns = _cells(box, len(wanted))
    down = (np.arange(rows.start, rows.stop) + 0.5) * DETECTOR_STRIDE - (y + height / 2)
    across = (np.arange(columns.start, columns.stop) + 0.5) * DETECTOR_STRIDE - (x + width / 2)
    fade_y = height / SPREAD + DETECTOR_STRIDE / 4
    fade_x = max(width, 0.35 * height) / SPREAD + DETECTOR_STRIDE / 4
    heat = np.exp(-((down[:, None] / fade_y) ** 2 + (across / fade_x) ** 2) / 2)
    window = wanted[rows, columns, digit]
    np.maximum(window, heat, out=window)
    row, column = int((y + height / 2) // DETECTOR_STRIDE), int((x + width / 2) // DETECTOR_STRIDE)
    wanted[row, column, digit] = 1
    reach = 1 if width > 2 * DETECTOR_STRIDE else 0
    for i in range(max(row - 1, 0), min(row + 2, len(wanted))):
        for j in range(max(column - reach, 0), min(column + reach + 1, len(wanted))):
            centre = (i, j) == (row, column)
            if centre or not wanted[i, j, KNOWN]:
                at_x, at_y = (j + 0.5) * DETECTOR_STRIDE, (i + 0.5) * DETECTOR_STRIDE
                sides = np.array([at_x - x, at_y - y, x + width - at_x, y + height - at_y])
                wanted[i, j, SIDES] = np.log(np.maximum(sides, 1) / BOX_UNIT)
                wanted[i, j, KNOWN] = 1 if centre else 0.3


def _cells(box: Sequence[float] | NDArray[np.float32], cells: int) -> tuple[slice, slice]:
    """Rows and columns of the cells that a box touches."""
    x, y, width, height = (float(value) for value in box)

    def within(low: float, high: float) -> slice:
        start, stop = math.floor(low / DETECTOR_STRIDE), math.ceil(high / DETECTOR_STRIDE)
        return slice(min(max(start, 0), cells), min(max(stop, 0), cells))

    return within(y, y + height), within(x, x + width)
