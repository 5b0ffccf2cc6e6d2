"""A form with a field of each kind, drawn on the spot, and filled in."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
import pictures
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]  # (H, W), ink dark
Box = tuple[int, int, int, int]

FONT = cv2.FONT_HERSHEY_SIMPLEX
SIZE = (1400, 1000)  # height, width
BOX, LINE = (260, 180, 300, 60), (260, 300, 320, 50)
CELLS = tuple((260 + 50 * k, 400, 50, 60) for k in range(5))
APART = tuple((640 + 66 * k, 400, 50, 60) for k in range(3))
TABLE = (100, 560, 200, 60, 3, 4)  # x, y, width and height of a cell, rows, columns with labels


def _text(page: Pixels, text: str, x: int, y: int, size: float = 0.9) -> None:
    cv2.putText(page, text, (x, y), FONT, size, 0, 2, cv2.LINE_AA)


def _frame(page: Pixels, box: Box) -> None:
    x, y, wide, high = box
    cv2.rectangle(page, (x, y), (x + wide, y + high), 0, 2)


def blank_form(title: str = "Application for membership", shift: int = 0) -> Pixels:
    """The empty form; another title, and rows moved down, make another."""
    page = np.full(SIZE, 255, np.uint8)
    _text(page, title, 100, 100, 1.4)
    _text(page, "please write clearly, one digit in each cell", 100, 140, 0.7)
    for label, y in (("Number", 220), ("Points", 345), ("Code", 440)):
        _text(page, label, 100, y + shift)
    _frame(page, (BOX[0], BOX[1] + shift, *BOX[2:]))
    x, y, wide, high = LINE
    cv2.line(page, (x, y + high + shift), (x + wide, y + high + shift), 0, 2)
    for left, top, across, down in (*CELLS, *APART):
        _frame(page, (left, top + shift, across, down))
    x, y, wide, high, rows, columns = TABLE
    for row in range(rows):
        for column in range(columns):
            _frame(page, (x + column * wide, y + row * high + shift, wide, high))
    for k, label in enumerate(("first", "second", "third"), 1):
        _text(page, label, x + k * wide + 16, y + 40 + shift)
    for k, label in enumerate(("Monday", "Friday"), 1):
        _text(page, label, x + 16, y + k * high + 40 + shift)
    _text(page, "office use only: do not fold, return until the end of May", 100, 1330, 0.7)
    _text(page, "thank you", 100, 900 + shift, 0.9)
    return page


def filled_form(blank: Pixels, texts: Mapping[Box, str]) -> Pixels:
    """The form with a number in the middle of each of some boxes."""
    page = blank.copy()
    for (x, y, wide, high), text in texts.items():
        for seed, (digit, left) in enumerate(
            zip(text, np.linspace(x, x + wide, 2 * len(text) + 1)[1::2], strict=True)
        ):
            ink = pictures.page(digit, height=round(0.62 * high), seed=seed).pixels.min(axis=2)
            rows, columns = np.nonzero(ink < 128)
            ink = ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
            top, start = y + (high - len(ink)) // 2, round(left - ink.shape[1] / 2)
            region = page[top : top + len(ink), start : start + ink.shape[1]]
            np.minimum(region, ink, out=region)
    return page


def middle_of(box: Box, share: float) -> Box:
    """The box in the middle of another, of a share of its width."""
    x, y, wide, high = box
    return (round(x + wide * (1 - share) / 2), y, round(wide * share), high)


def seen(page: Pixels, *, turn: float = 2.0, tilt: float = 0.02, scale: float = 0.9) -> Pixels:
    """A photo of the page: turned, tilted, with light that falls off, on a dark table."""
    high, wide = page.shape
    corners = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
    matrix = cv2.getRotationMatrix2D((wide / 2, high / 2), turn, scale)
    moved = corners @ matrix[:, :2].T + matrix[:, 2]
    moved += np.array([[1, 0], [-1, 1], [0, 0], [1, -1]]) * tilt * wide
    view = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
    photo = cv2.warpPerspective(page, view, (wide, high), borderValue=(60,))
    light = np.linspace(1, 0.6, wide)[None]
    return np.asarray(photo * light, np.uint8)
