"""Boxes, digits and confidence on the picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.reading.reading import Box, Number, Reading

SURE, UNSURE, REJECTED = (0, 114, 178), (213, 94, 0), (150, 150, 150)  # RGB; Wong 2011
SURE_FROM = 0.9
SMALLEST = 320  # pixels; smaller pictures are enlarged, or the writing would not fit
FONT = cv2.FONT_HERSHEY_DUPLEX


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
