"""Draw docs/your_table.jpg: `python docs/make_your_table.py`.

The sample of a table, and beside it the workbook that `digits read --table` makes of it, doubtful
cells coloured.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from digits import Reader
from digits.io.picture import open_picture
from digits.io.tables import DOUBTFUL

ROOT = Path(__file__).parent.parent
FONT = cv2.FONT_HERSHEY_SIMPLEX
PALE, FRAME = (255, 224, 178), (205, 208, 212)

Pixels = NDArray[np.uint8]


def workbook(rows: list[list[tuple[str, float] | None]]) -> Pixels:
    """The cells of a table as a spreadsheet shows them."""
    wide, high, head = 96, 40, 34
    size = (head + high * len(rows) + 1, head + wide * len(rows[0]) + 1, 3)
    page = np.full(size, 255, np.uint8)
    page[:head] = page[:, :head] = (242, 244, 246)
    for column in range(len(rows[0])):
        _text(page, chr(ord("A") + column), (head + column * wide + wide // 2 - 6, 23), (110,) * 3)
    for row, cells in enumerate(rows):
        y = head + row * high
        _text(page, str(row + 1), (12, y + 26), (110,) * 3)
        for column, cell in enumerate(cells):
            x = head + column * wide
            if cell is not None and cell[1] < DOUBTFUL:
                page[y : y + high, x : x + wide] = PALE
            if cell is not None:
                (length, _), _ = cv2.getTextSize(cell[0], FONT, 0.62, 1)
                _text(page, cell[0], (x + wide - length - 10, y + 27), (30, 34, 40))
    for y in [0, *range(head, size[0], high)]:
        cv2.line(page, (0, y), (size[1], y), FRAME, 1)
    for x in [0, *range(head, size[1], wide)]:
        cv2.line(page, (x, 0), (x, size[0]), FRAME, 1)
    return page


def _text(page: Pixels, text: str, at: tuple[int, int], colour: tuple[int, int, int]) -> None:
    cv2.putText(page, text, at, FONT, 0.62, colour, 1, cv2.LINE_AA)


def main() -> None:
    [sample] = (ROOT / "samples").glob("*_table.jpg")
    pixels = open_picture(sample)
    [table] = Reader(threads=1).read(sample).tables
    book = workbook([[n and (n.text, n.confidence) for n in row] for row in table.rows])
    page = np.full((pixels.shape[0] + 40, pixels.shape[1] + book.shape[1] + 120, 3), 255, np.uint8)
    page[20 : 20 + pixels.shape[0], 20 : 20 + pixels.shape[1]] = pixels
    x, y = pixels.shape[1] + 95, (page.shape[0] - book.shape[0]) // 2
    page[y : y + book.shape[0], x : x + book.shape[1]] = book
    start, end = (pixels.shape[1] + 36, page.shape[0] // 2), (x - 16, page.shape[0] // 2)
    cv2.arrowedLine(page, start, end, (110, 115, 120), 3, cv2.LINE_AA, tipLength=0.35)
    path = str(ROOT / "docs" / "your_table.jpg")
    cv2.imwrite(path, page[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])


if __name__ == "__main__":
    main()
