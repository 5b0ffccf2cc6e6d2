"""How another program reads tables, for `benchmarks/tables.py --system img2table`."""

from __future__ import annotations

import re
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Cells = list[list[str | None]]
Read = Callable[[NDArray[np.uint8]], tuple[Cells, list[str]]]


def img2table() -> Read:
    """img2table with RapidOCR, tables without lines too; needs `pip install img2table rapidocr`.

    The cells of the largest table, its numbers alone, and the texts of all numbers in its tables.
    """
    from img2table.document import Image
    from img2table.ocr import RapidOCR

    ocr = RapidOCR()

    def read(pixels: NDArray[np.uint8]) -> tuple[Cells, list[str]]:
        _, data = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
        try:
            tables = Image(data.tobytes()).extract_tables(
                ocr=ocr, borderless_tables=True, min_confidence=1
            )
        except KeyError:  # img2table 2.0.0, where RapidOCR finds no text at all
            return [], []
        found = [_cells([[c.value for c in row] for row in t.content.values()]) for t in tables]
        found = sorted((each for each in found if each), key=lambda each: -sum(map(len, each)))
        texts = [text for table in found for row in table for text in row if text]
        return (found[0] if found else []), texts

    return read


def _cells(values: list[list[str | None]]) -> Cells:
    """The numbers of cells, without the headings and names at the top and at the left: outer rows
    and columns in which fewer than half of what is written is a number."""
    texts = [[None if v is None else re.sub(r"\s+", "", v) or None for v in row] for row in values]
    while texts and _is_heading(texts[0]):
        texts = texts[1:]
    while texts and texts[0] and _is_heading([row[0] for row in texts]):
        texts = [row[1:] for row in texts]
    return texts if texts and texts[0] else []


def _is_heading(texts: list[str | None]) -> bool:
    written = [text for text in texts if text]
    return bool(written) and sum(map(_is_number, written)) < len(written) / 2


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[-+]?\d+([.,]\d+)*", text) is not None
