"""TIFF directories, which hold the size of a TIFF file and the orientation in EXIF."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

FIRST = 4  # where a TIFF names the place of its first directory
ORIENTATION = 274
UPRIGHT = 1

_UNSIGNED = {1: "B", 3: "H", 4: "I"}  # TIFF 6.0, section 2: BYTE, SHORT, LONG
_ENTRY = 12  # bytes of an entry in a directory
_FILE_TYPE = 254
_NO_PAGE = 0b101  # bits of the file type: a smaller copy of another page, or a mask


def tags(tiff: bytes, pointer: int = FIRST) -> Iterator[tuple[int, int, int]]:
    """Yield (tag, value, position of its field in `tiff`) of the directory that `pointer` names.

    Only whole numbers are yielded, and of a list the first. Of entries with the same tag only the
    first counts, as in libtiff. Raises struct.error where the directory does not lie in `tiff`.
    """
    start, count = _directory(tiff, pointer)
    seen = set()
    for entry in range(start, start + _ENTRY * count, _ENTRY):
        tag, value = _entry(tiff, entry)
        if value is not None and tag not in seen:
            yield tag, value, entry + 8
        seen.add(tag)


def directories(tiff: bytes) -> Iterator[tuple[int, bool]]:
    """Yield for every directory of `tiff` where it is pointed at, and whether it holds a page.

    Smaller copies and masks of a page are no pages (TIFF 6.0, tag 254). A directory that does not
    lie in `tiff` is yielded as a page, and is the last one; the walk ends, too, where one names an
    earlier one as its next.
    """
    seen, pointer = set[int](), FIRST
    with contextlib.suppress(struct.error):
        while place := struct.unpack_from(_order(tiff) + "I", tiff, pointer)[0]:
            if place in seen:
                return
            seen.add(place)
            next_pointer, is_page = _next(tiff, pointer)
            yield pointer, is_page
            pointer = next_pointer


def _next(tiff: bytes, pointer: int) -> tuple[int, bool]:
    """Where the directory behind the one at `pointer` is named, and whether this is a page."""
    try:
        start, count = _directory(tiff, pointer)
        # entries stand in the order of their tags, and no other tag is below this one
        tag, value = _entry(tiff, start)
    except struct.error:
        return len(tiff), True
    return start + _ENTRY * count, not (tag == _FILE_TYPE and (value or 0) & _NO_PAGE)


def _order(tiff: bytes) -> str:
    return "<" if tiff[:2] == b"II" else ">"


def _directory(tiff: bytes, pointer: int) -> tuple[int, int]:
    """Return where the entries of the directory begin that `pointer` names, and how many."""
    (start,) = struct.unpack_from(_order(tiff) + "I", tiff, pointer)
    if start == 0:
        raise struct.error("no directory")
    (count,) = struct.unpack_from(_order(tiff) + "H", tiff, start)
    return start + 2, count


def _entry(tiff: bytes, entry: int) -> tuple[int, int | None]:
    """Return tag and value of an entry; None for what is no whole number or lies outside."""
    order = _order(tiff)
    tag, kind, length = struct.unpack_from(order + "HHI", tiff, entry)
    if kind not in _UNSIGNED or length == 0:
        return tag, None
    form, place = order + _UNSIGNED[kind], entry + 8
    if length * struct.calcsize(form) > 4:  # a list: the field holds its place
        (place,) = struct.unpack_from(order + "I", tiff, place)
        if place + struct.calcsize(form) > len(tiff):
            return tag, None
    return tag, struct.unpack_from(form, tiff, place)[0]


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
