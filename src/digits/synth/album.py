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

SHOWN, COLUMNS = 12, 4  # pages on the sheet, and side by side
RED, GREEN = (220, 40, 40), (0, 130, 60)


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
            shown.append(with_truth(page))
    write_atomically(out / "truth.jsonl", "".join(line + "\n" for line in truth))
    if shown:
        write_atomically(out / "sheet.png", _png(_side_by_side(shown)))
    return len(truth)


def with_truth(page: Page) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 RGB: the page with a box and its value for every digit."""
    drawn = page.pixels.copy()
    for digit, (x, y, width, height) in (each for n in page.numbers for each in n.digits):
        corners = (round(x), round(y)), (round(x + width), round(y + height))
        cv2.rectangle(drawn, *corners, RED, 1)
        cv2.putText(drawn, str(digit), corners[0], cv2.FONT_HERSHEY_PLAIN, 1, GREEN, 1, cv2.LINE_AA)
    return drawn


def _side_by_side(pictures: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    blank = np.full_like(pictures[0], 255)
    columns = min(COLUMNS, len(pictures))
    cells = pictures + [blank] * (-len(pictures) % columns)
    rows = [np.hstack(cells[at : at + columns]) for at in range(0, len(cells), columns)]
    return np.vstack(rows)


def _png(pixels: NDArray[np.uint8]) -> bytes:
    _, data = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    return data.tobytes()
