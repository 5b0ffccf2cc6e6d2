"""PDF files written object by object, sound or not."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

POINTS = 72  # an inch
ENCRYPTION = b"<< /Filter /Standard /V 1 /R 2 /P -4 /O (%b) /U (%b) >>" % (b"o" * 32, b"u" * 32)


@dataclass(frozen=True)
class Sheet:
    """A page: its size in points, what is drawn on it, and the pictures I0, I1, … it may use.

    is_broken: whether it is no page at all.
    """

    width: float
    height: float
    content: bytes = b""
    pictures: tuple[npt.NDArray[Any], ...] = ()
    rotation: int = 0
    is_broken: bool = False


def scan(pixels: npt.NDArray[Any], dpi: float, more: bytes = b"", rotation: int = 0) -> Sheet:
    """A page that is one picture (H, W, 3) uint8 RGB, and what is drawn over it."""
    width, height = (side / dpi * POINTS for side in pixels.shape[1::-1])
    content = b"q %f 0 0 %f 0 0 cm /I0 Do Q " % (width, height) + more
    return Sheet(width, height, content, (pixels,), rotation)


def pdf(sheets: Sequence[Sheet], encryption: bytes = b"") -> bytes:
    """A PDF file of these pages."""
    objects: list[bytes] = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    kept: dict[int, int] = {}  # what the same sheet has been written as

    def add(content: bytes) -> int:
        objects.append(content)
        return len(objects)

    kids = [add(b"[]" if sheet.is_broken else _page(sheet, add, kept)) for sheet in sheets]
    references = b" ".join(b"%d 0 R" % kid for kid in kids)
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%b] >>" % (len(kids), references)
    written, places = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(written))
        written += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"<< /Root 1 0 R /Size %d /ID [(a) (a)]" % (len(objects) + 1)
    if encryption:
        trailer += b" /Encrypt " + encryption
    end = b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n%b >>\nstartxref\n%d\n%%%%EOF\n"
    return bytes(written) + end % (len(objects) + 1, table, trailer, len(written))


def _page(sheet: Sheet, add: Any, kept: dict[int, int]) -> bytes:
    if id(sheet) not in kept:
        kept[id(sheet)] = add(_stream(b"", sheet.content))
        for picture in sheet.pictures:
            add(_picture(picture))
    first = kept[id(sheet)]
    names = b" ".join(b"/I%d %d 0 R" % (k, first + 1 + k) for k in range(len(sheet.pictures)))
    return (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %f %f] /Rotate %d /Contents %d 0 R "
        b"/Resources << /XObject << %b >> /Font << /F << /Type /Font /Subtype /Type1 "
        b"/BaseFont /Helvetica >> >> >> >>"
    ) % (sheet.width, sheet.height, sheet.rotation, first, names)


def _picture(pixels: npt.NDArray[Any]) -> bytes:
    size = b"/Width %d /Height %d" % pixels.shape[1::-1]
    kind = b"/Type /XObject /Subtype /Image /ColorSpace /DeviceRGB /BitsPerComponent 8"
    return _stream(b"%b %b /Filter /FlateDecode" % (kind, size), zlib.compress(pixels.tobytes()))


def claimed(width: int, height: int) -> npt.NDArray[np.uint8]:
    """The pixels of a picture that claims a size without having it in memory."""
    return np.broadcast_to(np.zeros(3, np.uint8), (height, width, 3))


def _stream(entries: bytes, content: bytes) -> bytes:
    return b"<< %b /Length %d >>\nstream\n%b\nendstream" % (entries, len(content), content)
