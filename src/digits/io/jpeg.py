"""What the markers of a JPEG say (ITU-T T.81, annex B), and whether its coded pixels end early."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from digits.io.exif import exif_orientation

_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOF0 to SOF15, table B.1
_END = 0xD9
_SCAN = 0xDA
_EXIF = 0xE1
# Stuffed and fill bytes, TEM, restart and start marks have no segment and are passed over.
_MARKER = re.compile(rb"\xff([^\x00\x01\xd0-\xd8\xff])")

_COEFFICIENTS = 64  # of a block of pixels
_NOT_SENT = -1


@dataclass(frozen=True, slots=True)
class Jpeg:
    """What the markers of a JPEG say.

    frame: height and width in pixels and the number of components; None where no marker states
    them. orientation: EXIF 1 to 8; None where none is stated. scans: how many there are. whole:
    True where they bring every bit of every coefficient. end: position of the end mark; None where
    it is missing.
    """

    frame: tuple[int, int, int] | None
    orientation: int | None
    scans: int
    whole: bool
    end: int | None


def segments(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield (marker, its position, segment) up to the end mark, passing over the coded pixels.

    What follows the end mark (a phone's further pictures) is not looked at. Raises struct.error
    where a segment is cut off.
    """
    at = 2
    while found := _MARKER.search(data, at):
        if found[1][0] == _END:
            yield _END, found.start(), b""
            return
        (length,) = struct.unpack_from(">H", data, found.end())
        at = found.end() + length
        yield found[1][0], found.start(), data[found.end() + 2 : at]


def parse_jpeg(parts: Iterable[tuple[int, int, bytes]]) -> Jpeg:
    """Read the `segments` of a JPEG. Raises struct.error or IndexError where one is too short."""
    frame = orientation = end = None
    scans: list[bytes] = []
    components = b""
    for marker, position, segment in parts:
        if marker in _FRAMES and frame is None:
            frame = struct.unpack_from(">HHB", segment, 1)
            components = segment[6 : 6 + 3 * frame[2] : 3]
        elif marker == _EXIF and segment.startswith(b"Exif\0\0") and orientation is None:
            orientation = exif_orientation(segment)
        elif marker == _SCAN:
            scans.append(segment)
        elif marker == _END:
            end = position
    return Jpeg(frame, orientation, len(scans), _is_whole(components, scans), end)


def _is_whole(components: bytes, scans: list[bytes]) -> bool:
    """Return whether `scans`, the segments that begin them, send every coefficient to its last bit.

    Scans of a progressive JPEG send some coefficients each, without their lowest bits at first.
    """
    lowest_bit = {component: [_NOT_SENT] * _COEFFICIENTS for component in components}
    for scan in scans:
        first, last, bits = scan[1 + 2 * scan[0] : 4 + 2 * scan[0]]
        for component in scan[1 : 1 + 2 * scan[0] : 2]:
            if component in lowest_bit and first <= last < _COEFFICIENTS:
                lowest_bit[component][first : last + 1] = [bits & 0x0F] * (last + 1 - first)
    return not any(bit for bits in lowest_bit.values() for bit in bits)


# libjpeg makes blocks without data grey: 128 in each component, which OpenCV turns from CMYK to 65.
_FILL = (128, 65)
# Bytes that code something, whatever the code (without 0xFF; the first also ends a 0xFF before it),
# and then go on behind each restart marker that may be expected.
_MORE_DATA = bytes(range(0, 251, 3)) + b"".join(
    bytes([0xFF, 0xD0 + part % 8]) + bytes(number**3 % 251 for number in range(part, part + 16))
    for part in range(64)
)


def ends_early(
    jpeg: Jpeg, data: bytes, pixels: npt.NDArray[Any], decode: Callable[[bytes], Any]
) -> bool:
    """Return whether the coded pixels of `data` were cut off and an end mark set behind them.

    pixels: what `decode` gives for `data`. Behind the last pixel libjpeg passes over any data; so
    more data before the end mark changes the picture only where pixels are missing. That second
    decoding is done where scans are missing, or the last pixel, at the lower right, has the colour
    that libjpeg gives to missing ones.
    """
    last = np.unique(pixels[-1, -1])
    if jpeg.whole and not (last.size == 1 and last[0] in _FILL):
        return False
    longer = decode(data[: jpeg.end] + _MORE_DATA + data[jpeg.end :])
    return not np.array_equal(longer, pixels)
