"""Files made of boxes (ISO/IEC 14496-12): what HEIC, AVIF and JPEG 2000 say of themselves."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeAlias

from digits.io.exif import UPRIGHT

Box: TypeAlias = tuple[bytes, int, int]  # kind, start and end of its content

# Boxes that hold boxes, and how many bytes stand before these.
_CONTAINERS = {
    b"meta": 4,
    **dict.fromkeys((b"iprp", b"ipco", b"moov", b"trak", b"mdia", b"minf", b"stbl"), 0),
}
# EXIF orientation of (quarter turns anticlockwise, axis mirrored after that or None), as libavif
# maps it: axis 0 exchanges top and bottom, 1 left and right.
_ORIENTATIONS = {
    (0, None): 1, (1, None): 8, (2, None): 3, (3, None): 6,
    (0, 0): 4, (1, 0): 5, (2, 0): 2, (3, 0): 7,
    (0, 1): 2, (1, 1): 7, (2, 1): 4, (3, 1): 5,
}  # fmt: skip


def boxes(data: bytes) -> Iterator[Box]:
    """Yield the boxes of a file in one flat row, a container before those that it holds.

    Raises struct.error for a box that does not lie in `data`.
    """
    at = 0
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        start = at + 8
        if size == 1:  # it stands behind the kind
            (size,) = struct.unpack_from(">Q", data, start)
            start += 8
        end = at + size if size else len(data)
        if not start <= end <= len(data):
            raise struct.error("a box ends behind the file, or before it begins")
        yield kind, start, end
        at = start + _CONTAINERS[kind] if kind in _CONTAINERS else end


class Heif(NamedTuple):
    """What a HEIC or AVIF file says of the largest picture in it, and of all its frames.

    orientation: EXIF 1 to 8, still to be applied to what a decoder gives that leaves that out.
    """

    width: int
    height: int
    bits: int
    has_alpha: bool
    orientation: int
    frames: int


def heif_facts(found: Iterable[Box], data: bytes) -> Heif:
    """Facts from the boxes of a HEIC or AVIF file (ISO/IEC 23008-12). Raises struct.error."""
    width = height = frames = turns = 0
    bits, has_alpha, axis = 8, False, None
    for kind, start, end in found:
        if kind == b"ispe":
            sides = struct.unpack_from(">II", data, start + 4)
            width, height = max((width, height), sides, key=lambda each: each[0] * each[1])
        elif kind == b"pixi":
            bits = max(bits, *data[start + 5 : end], 0)
        elif kind == b"auxC":
            has_alpha = True
        elif kind == b"irot":
            turns = data[start] & 3
        elif kind == b"imir":
            axis = data[start] & 1
        elif kind == b"stsz":  # the samples of a track
            frames = max(frames, struct.unpack_from(">I", data, start + 8)[0])
    orientation = _ORIENTATIONS.get((turns, axis), UPRIGHT)
    return Heif(width, height, bits, has_alpha, orientation, max(1, frames))


def codestream(found: Iterable[Box]) -> tuple[int, int]:
    """Where the coded picture of a JPEG 2000 file begins and ends. Raises struct.error."""
    for kind, start, end in found:
        if kind == b"jp2c":
            return start, end
    raise struct.error("no codestream")


def jpeg2000_size(data: bytes, start: int) -> tuple[int, int, int]:
    """(width, height, components) of the codestream at `start` (ISO/IEC 15444-1, A.5.1).

    Raises struct.error.
    """
    right, bottom, left, top = struct.unpack_from(">4I", data, start + 8)
    (components,) = struct.unpack_from(">H", data, start + 40)
    return right - left, bottom - top, components
