"""What was read, and why, as pictures."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.io.result import Box, Digit, Number, Reading
from digits.model.explain import Explanation
from digits.model.spec import TILE

SURE, UNSURE, REJECTED = (0, 114, 178), (213, 94, 0), (150, 150, 150)  # RGB; Wong 2011
SURE_FROM = 0.9
SMALLEST = 320  # pixels; smaller pictures are enlarged, or the writing would not fit
FONT = cv2.FONT_HERSHEY_DUPLEX
STYLES = ((1, True), (0.75, True), (0.55, True), (0.75, False), (0.55, False), (0.4, False))
"""Of labels: parts of their usual size, with the confidence or without, the first that fits."""
CROWDED = 0.05  # share of the labels that may hide another label or number
NEUTRAL = (110, 110, 110)  # ink that spoke for neither
ENLARGED = 6  # times, of an explained tile
ROW = 8  # explained tiles side by side
CAPTION = 44  # pixels below each


def draw_reading(reading: Reading, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 RGB: the picture with every number boxed, its text and confidence above.

    pixels: (H, W, 3) uint8 RGB, the picture that was read.

    Blue is sure, orange is not, grey was rejected. Where numbers stand close labels are smaller,
    and at last without the confidence. Small pictures are enlarged by a whole factor, and get a
    white strip on top where a number stands too high for its label.
    """
    height, width = pixels.shape[:2]
    factor = max(1, round(SMALLEST / max(height, width, 1)))
    larger = np.repeat(np.repeat(pixels, factor, axis=0), factor, axis=1)
    size, pen = max(larger.shape[:2]) / 700, max(1, round(max(larger.shape[:2]) / 500))
    placed = list(zip(reading.numbers, _plates(reading.numbers, factor, size), strict=True))
    strip = max([len(plate) - factor * number.box[1] for number, plate in placed] + [0])
    canvas = np.full((strip + larger.shape[0], *larger.shape[1:]), 255, np.uint8)
    canvas[strip:] = larger
    for rejected in reading.rejected:
        _box(canvas[strip:], rejected.box, factor, REJECTED, pen)
    for number in reading.numbers:
        for digit in number.digits if len(number.digits) > 1 else ():
            _box(canvas[strip:], digit.box, factor, _colour(digit), pen)
        _box(canvas[strip:], number.box, factor, _colour(number), 2 * pen)
    for number, plate in placed:
        x, y = factor * number.box[0], strip + factor * number.box[1]
        left = max(0, min(x, canvas.shape[1] - plate.shape[1]))
        visible = plate[:, : canvas.shape[1] - left]
        canvas[y - len(plate) : y, left : left + visible.shape[1]] = visible
    return canvas


def _box(
    canvas: NDArray[np.uint8], box: Box, factor: int, colour: tuple[int, int, int], pen: int
) -> None:
    x, y, width, height = (factor * value for value in box)
    cv2.rectangle(canvas, (x, y), (x + width - 1, y + height - 1), colour, pen)


def _plates(numbers: Sequence[Number], factor: int, size: float) -> list[NDArray[np.uint8]]:
    """A label for each number, in the largest style in which they hide next to nothing."""
    plates: list[NDArray[np.uint8]] = []
    for part, is_full in STYLES:
        plates = [_plate(number, part * size, is_full) for number in numbers]
        if _hiding(numbers, plates, factor) <= CROWDED * len(numbers):
            break
    return plates


def _hiding(numbers: Sequence[Number], plates: Sequence[NDArray[np.uint8]], factor: int) -> int:
    """How many labels hide another or a number that is not theirs."""
    boxes = factor * np.array([number.box for number in numbers]).reshape(-1, 4)
    sizes = np.array([plate.shape[1::-1] for plate in plates]).reshape(-1, 2)
    labels = np.concatenate([boxes[:, :2] - sizes * (0, 1), sizes], axis=1)
    others = ~np.eye(len(numbers), dtype=bool)
    return int(((_meet(labels, labels) | _meet(labels, boxes)) & others).any(axis=1).sum())


def _meet(boxes: NDArray[np.float64], others: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(N, M) whether boxes (N, 4), x, y, width, height, share a part with others (M, 4)."""
    low = np.maximum(boxes[:, None, :2], others[:, :2])
    ends = boxes[:, :2] + boxes[:, 2:], others[:, :2] + others[:, 2:]
    high = np.minimum(ends[0][:, None], ends[1])
    return np.asarray((high > low).all(axis=2))


def _plate(number: Number, size: float, is_full: bool) -> NDArray[np.uint8]:
    """(h, w, 3) uint8 RGB: the number, in full with its confidence, white on its colour."""
    sure = min(int(100 * number.confidence), 99)  # nothing is certain
    text = number.text + (f"  {sure} %" if is_full else "")
    (wide, high), _ = cv2.getTextSize(text, FONT, size, 1)
    margin = max(2, high // 3)
    plate = np.full((high + 2 * margin, wide + 2 * margin, 3), _colour(number), np.uint8)
    cv2.putText(plate, text, (margin, margin + high), FONT, size, (255, 255, 255), 1, cv2.LINE_AA)
    return plate


def _colour(read: Number | Digit) -> tuple[int, int, int]:
    return SURE if read.confidence >= SURE_FROM else UNSURE


def draw_explanation(explanation: Explanation) -> NDArray[np.uint8]:
    """(28, 28, 3) uint8 RGB: ink that spoke for the answer blue, for the runner-up orange."""
    evidence = explanation.evidence
    strength = np.abs(evidence) / max(float(np.abs(evidence).max()), 1e-6)
    colour = np.where(evidence[..., None] > 0, SURE, UNSURE)
    share = np.sqrt(strength)[..., None]
    pen = share * colour + (1 - share) * NEUTRAL
    ink = explanation.tile[..., None] / 255
    return np.asarray(np.rint(255 * (1 - ink) + ink * pen), np.uint8)


def draw_explanations(reading: Reading, explanations: Sequence[Explanation]) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 RGB: the digits of a reading in order, each with what spoke for it.

    explanations: one for each digit, in the order of `reading.numbers`.
    """
    digits = [digit for number in reading.numbers for digit in number.digits]
    side = ENLARGED * TILE
    rows = max(1, -(-len(digits) // ROW))
    columns = max(1, min(ROW, len(digits)))
    sheet = np.full((rows * (side + CAPTION), columns * (side + 8), 3), 255, np.uint8)
    for index, (digit, explanation) in enumerate(zip(digits, explanations, strict=True)):
        x, y = index % ROW * (side + 8), index // ROW * (side + CAPTION)
        small = draw_explanation(explanation)
        large = cv2.resize(small, (side, side), interpolation=cv2.INTER_NEAREST)
        sheet[y : y + side, x : x + side] = large
        lines = (
            (f"{explanation.answer}  {100 * digit.confidence:.1f} %", SURE),
            (f"not {explanation.runner_up}", UNSURE),
        )
        for line, (text, colour) in enumerate(lines, 1):
            place = (x + 4, y + side - 4 + 19 * line)
            cv2.putText(sheet, text, place, FONT, 0.5, colour, 1, cv2.LINE_AA)
    return sheet
