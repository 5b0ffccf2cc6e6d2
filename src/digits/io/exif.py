"""The TIFF directory, in which TIFF files keep their size and EXIF keeps the orientation."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

ORIENTATION = 274
UPRIGHT = 1

_UNSIGNED = {1: "B", 3: "H", 4: "I"}  # TIFF 6.0, section 2: BYTE, SHORT, LONG


def tags(tiff: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield (tag, value, position of the value in `tiff`) of the first directory.

    Only whole numbers are yielded, of a list the first where it stands in the directory itself.
    Raises struct.error where the directory does not lie within `tiff`.
    """
    order = "<" if tiff[:2] == b"II" else ">"
    start = struct.unpack_from(order + "4xI", tiff)[0]
    count = struct.unpack_from(order + "H", tiff, start)[0]
    for entry in range(start + 2, start + 2 + 12 * count, 12):
        tag, kind, length = struct.unpack_from(order + "HHI", tiff, entry)
        if kind in _UNSIGNED and length * struct.calcsize(_UNSIGNED[kind]) <= 4:
            yield tag, struct.unpack_from(order + _UNSIGNED[kind], tiff, entry + 8)[0], entry + 8


def exif_orientation(exif: bytes) -> int:
    """Return the orientation, 1 to 8, that an EXIF block states; 1 where it states none.

    A damaged block counts as none: it says nothing against the picture itself.
    """
    tiff = exif.removeprefix(b"Exif\0\0")
    if tiff[:4] not in (b"II*\0", b"MM\0*"):
        return UPRIGHT
    try:
        return next((value for tag, value, _ in tags(tiff) if tag == ORIENTATION), UPRIGHT)
    except struct.error:
        return UPRIGHT


def upright(pixels: npt.NDArray[Any], orientation: int) -> npt.NDArray[Any]:
    """Turn and mirror `pixels` (H, W, …) from the stored order into the one a viewer shows.

    orientation: EXIF tag 274, 1 to 8 (CIPA DC-008, section 4.6.4); others change nothing.
    """
    mirrored = orientation in (2, 4, 5, 7)
    quarter_turns = {3: 2, 4: 2, 5: 1, 6: 3, 7: 3, 8: 1}.get(orientation, 0)  # anticlockwise
    shown = np.rot90(pixels[:, ::-1] if mirrored else pixels, quarter_turns)
    return np.ascontiguousarray(shown)
