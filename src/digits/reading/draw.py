"""What was read, and why, as pictures."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.model.explain import TILE, Explanation
from digits.reading.reading import Box, Number, Reading

SURE, UNSURE, REJECTED = (0, 114, 178), (213, 94, 0), (150, 150, 150)  # RGB; Wong 2011
SURE_FROM = 0.9
SMALLEST = 320  # pixels; smaller pictures are enlarged, or the writing would not fit
FONT = cv2.FONT_HERSHEY_DUPLEX
NEUTRAL = (110, 110, 110)  # ink that spoke for neither
ENLARGED = 6  # times, of an explained tile
ROW = 8  # explained tiles side by side
CAPTION = 44  # pixels below each


def draw_reading(reading: Reading) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 RGB: the picture with every number boxed, its text and confidence above.

    Blue is sure, orange is not, grey was rejected. Small pictures are enlarged by a whole factor.
    """
    height, width = reading.picture.shape[:2]
    factor = max(1, round(SMALLEST / max(height, width, 1)))
    canvas = np.repeat(np.repeat(reading.picture, factor, axis=0), factor, axis=1).copy()
    pen = max(1, round(max(canvas.shape[:2]) / 500))
    for rejected in reading.rejected:
        _box(canvas, rejected.box, factor, REJECTED, pen)
    for number in reading.numbers:
        colour = SURE if number.confidence >= SURE_FROM else UNSURE
        for digit in number.digits if len(number.digits) > 1 else ():
            _box(canvas, digit.box, factor, colour, pen)
        _box(canvas, number.box, factor, colour, 2 * pen)
        _label(canvas, number, factor, colour)
    return canvas


def _box(
    canvas: NDArray[np.uint8], box: Box, factor: int, colour: tuple[int, int, int], pen: int
) -> None:
    x, y, width, height = (factor * value for value in box)
    cv2.rectangle(canvas, (x, y), (x + width - 1, y + height - 1), colour, pen)


def _label(
    canvas: NDArray[np.uint8], number: Number, factor: int, colour: tuple[int, int, int]
) -> None:
    """The number on a coloured plate above its box, or below where there is no room."""
    text = f"{number.text}  {100 * number.confidence:.0f} %"
    size = max(canvas.shape[:2]) / 700
    (wide, high), _ = cv2.getTextSize(text, FONT, size, 1)
    margin = max(2, high // 3)
    x, y, _, height = (factor * value for value in number.box)
    x = max(0, min(x, canvas.shape[1] - wide - 2 * margin))
    above = y - high - 2 * margin
    top = above if above >= 0 else min(y + height, canvas.shape[0] - high - 2 * margin)
    cv2.rectangle(canvas, (x, top), (x + wide + 2 * margin, top + high + 2 * margin), colour, -1)
    place = (x + margin, top + margin + high)
    cv2.putText(canvas, text, place, FONT, size, (255, 255, 255), 1, cv2.LINE_AA)


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
