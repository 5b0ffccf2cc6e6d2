"""A picture with samples of a data set: one row per digit."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.model.spec import TILE

COLUMNS = 16
CELL = 2 * TILE  # pixels a side of a tile on the sheet
GAP = 10
MARGIN = 40
HEAD = 64  # height of the title
SIDE = 104  # width of the digit and its count beside each row
PAPER = np.array([250, 252, 253], np.float32)  # blue, green, red, as OpenCV orders them
INK = np.array([70, 38, 22], np.float32)
FAINT = np.array([160, 150, 145], np.float32)


def draw_sheet(
    images: NDArray[np.uint8], labels: NDArray[np.uint8], title: str, seed: int = 0
) -> NDArray[np.uint8]:
    """Up to 16 samples of each digit, drawn at random without repetition.

    images: (N, 28, 28), ink bright; labels: (N,), 0 to 9. Returned as (height, width, 3), BGR.
    """
    random = np.random.default_rng(seed)
    step = CELL + GAP
    height = MARGIN + HEAD + 10 * step - GAP + MARGIN
    width = MARGIN + SIDE + COLUMNS * step - GAP + MARGIN
    sheet = np.full((height, width, 3), PAPER, np.float32)
    _write(sheet, title, (MARGIN, MARGIN + 18), 0.75, INK)
    for digit in range(10):
        members = np.flatnonzero(labels == digit)
        top = MARGIN + HEAD + digit * step
        _write(sheet, str(digit), (MARGIN, top + 40), 1.1, INK)
        _write(sheet, f"{len(members):,}", (MARGIN + 34, top + 38), 0.45, FAINT)
        chosen = random.choice(members, min(COLUMNS, len(members)), replace=False)
        for column, index in enumerate(chosen):
            _draw_tile(sheet, images[index], top, MARGIN + SIDE + column * step)
    return sheet.round().astype(np.uint8)


def _draw_tile(sheet: NDArray[np.float32], image: NDArray[np.uint8], top: int, left: int) -> None:
    """Lay the ink of one image on the sheet, at twice its size."""
    large = cv2.resize(image.astype(np.float32) / 255, (CELL, CELL), interpolation=cv2.INTER_CUBIC)
    ink = np.clip(large, 0, 1)[..., np.newaxis]
    sheet[top : top + CELL, left : left + CELL] = PAPER + ink * (INK - PAPER)


def _write(
    sheet: NDArray[np.float32],
    text: str,
    baseline: tuple[int, int],
    scale: float,
    colour: NDArray[np.float32],
) -> None:
    """Put text on the sheet; baseline: (x, y) of its lower left corner."""
    mask = np.zeros(sheet.shape[:2], np.uint8)
    cv2.putText(mask, text, baseline, cv2.FONT_HERSHEY_SIMPLEX, scale, 255, 1, cv2.LINE_AA)
    cover = mask[..., np.newaxis].astype(np.float32) / 255
    sheet += cover * (colour - sheet)
