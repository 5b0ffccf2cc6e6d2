"""Pages in a folder: a picture each, the labels of all, and a contact sheet."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.files import write_atomically
from digits.synth.page import Page

SHOWN, COLUMNS = 12, 3  # pages on the sheet, and side by side
GAP, CAPTION = 14, 30  # pixels around each page, and for its name above it
GROUND, FRAME, TEXT = (226, 226, 226), (255, 255, 255), (30, 30, 30)  # RGB
RED, WHITE = (200, 30, 30), (255, 255, 255)
FONT, SIZE = cv2.FONT_HERSHEY_DUPLEX, 0.45  # letters about 12 pixels high


def save_pages(pages: Iterable[Page], out: Path) -> int:
    """Write page_00000.png and so on, truth.jsonl with a line per page, and sheet.png.

    Returns how many pages there were. Raises DigitsError if the folder cannot be written to.
    """
    truth: list[str] = []
    shown: list[NDArray[np.uint8]] = []
    for index, page in enumerate(pages):
        name = f"page_{index:05}.png"
        write_atomically(out / name, _png(page.pixels))
        truth.append(json.dumps({"picture": name, **page.to_dict()}, ensure_ascii=False))
        if len(shown) < SHOWN:
            caption = f"{name}   {page.layout}, numbers: {len(page.numbers)}"
            shown.append(_framed(with_truth(page), caption))
    write_atomically(out / "truth.jsonl", "".join(line + "\n" for line in truth))
    if shown:
        write_atomically(out / "sheet.png", _png(_side_by_side(shown)))
    return len(truth)


def with_truth(page: Page) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 RGB: the page with a box around every digit, and the text of every number
    above it, or below where there is no room."""
    drawn = page.pixels.copy()
    for number in page.numbers:
        boxes = np.array([box for _, box in number.digits])
        low = np.floor(boxes[:, :2]).astype(int)
        high = np.ceil(boxes[:, :2] + boxes[:, 2:]).astype(int)
        for corners in zip(low.tolist(), high.tolist(), strict=True):
            cv2.rectangle(drawn, *corners, RED, 1)
        _label(drawn, number.text, low.min(axis=0), int(high[:, 1].max()))
    return drawn


def _label(drawn: NDArray[np.uint8], text: str, corner: NDArray[np.int_], bottom: int) -> None:
    """Write a text in white on red above a corner (x, y), or below the bottom."""
    (wide, high), _ = cv2.getTextSize(text, FONT, SIZE, 1)
    x = max(0, min(int(corner[0]), drawn.shape[1] - wide - 4))
    y = int(corner[1]) - high - 5
    y = bottom + 2 if y < 0 else y
    cv2.rectangle(drawn, (x, y), (x + wide + 3, y + high + 3), RED, cv2.FILLED)
    cv2.putText(drawn, text, (x + 2, y + high + 2), FONT, SIZE, WHITE, 1, cv2.LINE_AA)


def _framed(picture: NDArray[np.uint8], caption: str) -> NDArray[np.uint8]:
    """A picture on grey ground in a white frame, which dark and bright pages stand out from."""
    height, width = picture.shape[:2]
    cell = np.full((height + CAPTION + GAP, width + 2 * GAP, 3), GROUND, np.uint8)
    cv2.putText(cell, caption, (GAP, CAPTION - 9), FONT, 0.5, TEXT, 1, cv2.LINE_AA)
    cell[CAPTION : CAPTION + height, GAP : GAP + width] = picture
    corners = (GAP - 2, CAPTION - 2), (GAP + width + 1, CAPTION + height + 1)
    cv2.rectangle(cell, *corners, FRAME, 2)
    return cell


def _side_by_side(cells: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    blank = np.full_like(cells[0], GROUND)
    columns = min(COLUMNS, len(cells))
    cells = cells + [blank] * (-len(cells) % columns)
    rows = [np.hstack(cells[at : at + columns]) for at in range(0, len(cells), columns)]
    return np.vstack(rows)


def _png(pixels: NDArray[np.uint8]) -> bytes:
    _, data = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    return data.tobytes()
