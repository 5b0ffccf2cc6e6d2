"""Letters and signs that resemble no digit, as pen strokes.

Those that can pass for a digit are left out: C c D G O o Q U u (0, 6), I i J j l L T ! / ( ) | ^
(1, 7), a Z z ? (2), } (3), H Y y (4), S s $ (5), b (6), B d (8), g p q and the round a (9).

Notation: `|` separates strokes, blanks separate points; a point is its column and its row, each 0
to 9, rows downwards. A stroke that begins with `~` is a curve, in which a point given twice is a
corner; any other is a chain of straight lines.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LETTERS = {
    "A": "09 30 69 | 16 56",
    "E": "50 00 09 59 | 05 45",
    "F": "50 00 09 | 05 45",
    "K": "00 09 | 50 05 59",
    "M": "09 00 45 80 89",
    "N": "09 00 69 60",
    "P": "09 00 | ~00 40 62 44 05",
    "R": "09 00 | ~00 40 62 44 05 | 25 69",
    "V": "00 39 70",
    "W": "00 29 43 69 80",
    "X": "00 69 | 60 09",
    "e": "~16 55 53 33 14 06 18 39 69",
    "f": "~51 40 22 25 29 | 04 44",
    "h": "00 09 | ~06 24 44 66 69",
    "k": "00 09 | 43 06 49",
    "m": "03 09 | ~05 23 35 39 | ~35 53 65 69",
    "n": "03 09 | ~06 24 43 55 59",
    "r": "03 09 | ~06 24 43 64",
    "t": "~20 25 28 49 58 | 03 53",
    "v": "03 39 63",
    "w": "03 19 34 59 73",
    "x": "03 69 | 63 09",
}
SIGNS = {
    "check": "06 29 80",
    "swung check": "~05 18 29 54 90",
    "arrow right": "05 95 | 62 95 68",
    "arrow left": "95 05 | 32 05 38",
    "arrow down": "40 49 | 05 49 85",
    "brace": "~50 31 33 05 05 36 38 59",
    "bracket": "40 00 09 49",
    "plus": "40 48 | 04 84",
    "plus-minus": "40 46 | 03 83 | 09 89",
    "equal": "03 83 | 06 86",
    "unequal": "03 83 | 06 86 | 61 28",
    "divide": "05 85 | 42 43 | 47 48",
    "percent": "80 19 | ~20 02 24 42 20 | ~75 57 79 97 75",
    "hash": "30 19 | 70 59 | 03 93 | 06 86",
    "at": "~64 43 34 46 65 63 66 87 93 70 30 04 07 39 79",
    "ampersand": "~99 33 20 40 53 16 07 29 59 84",
    "asterisk": "40 48 | 12 76 | 16 72",
    "less": "70 05 79",
    "tilde": "~05 23 45 66 84",
    "colon": "41 42 | 48 49",
    "euro": "~72 50 23 26 59 78 | 04 54 | 06 46",
    "root": "05 15 39 50 90",
    "pi": "01 81 | 21 19 | 61 69",
    "star": "29 50 79 03 93 29",
}


def strokes(notation: str) -> list[tuple[NDArray[np.float32], bool]]:
    """The strokes of an entry: points (N, 2) float32 of x and y, and whether it is a curve."""
    return [(_points(part.replace("~", " ")), "~" in part) for part in notation.split("|")]


def _points(text: str) -> NDArray[np.float32]:
    return np.array([[int(value) for value in point] for point in text.split()], np.float32)
