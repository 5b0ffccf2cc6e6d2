"""Pages of PDF files → pixels, one by one, each at the resolution of what is on it."""

from __future__ import annotations

import contextlib
import ctypes
import math
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from digits.errors import PictureError
from digits.io.headers import (
    MAXIMUM_PARTS,
    MAXIMUM_PIXELS,
    MAXIMUM_SCANNED_PIXELS,
    MAXIMUM_SIDE,
    check_size,
)
from digits.io.optional import optional
from digits.io.pages import Pages

HEAD = 1024  # bytes in which a PDF file says that it is one (ISO 32000-1, annex H.3)
DRAWN = 200 / 72  # pixels a point at which lines and letters are drawn: 200 dpi
# An A1 sheet at 200 dpi has 31 megapixels. Larger pages are drawn at a lower resolution.
MAXIMUM_DRAWN_PIXELS = 32_000_000
MAXIMUM_SECONDS = 60.0  # for one page; a scan takes less than one
_COVERING = 0.5  # fraction of a page from which on pictures make it a scan
_STRIP = 0.05  # fraction of a page that a picture of a scan has at least
_SAME = 1e-6  # of a scale, so that a picture of 800 pixels does not become one of 801

_DAMAGED = "open it in a PDF program and save it again, or print it to a new PDF"
_lock = threading.RLock()  # PDFium serves one thread at a time


def is_pdf(start: bytes) -> bool:
    """Whether the first HEAD bytes of a file are those of a PDF file."""
    return re.search(rb"%PDF-\d", start[:HEAD]) is not None


def open_pdf(file: bytes | BinaryIO) -> Pages:
    """The pages of a PDF file: its content, or the file, which is closed with them.

    A page of pictures alone, as a scanner writes, has their resolution; another one 200 dpi, or
    that of its pictures where it is higher. Pages of too many pixels are drawn smaller. Needs the
    extra "documents". Raises PictureError.
    """
    pdfium = optional("pypdfium2", "documents", "a PDF file")
    with _lock, _ours(pdfium, "is damaged: its PDF data cannot be read; " + _DAMAGED):
        document = pdfium.PdfDocument(file)

    def decode(number: int) -> npt.NDArray[np.uint8]:
        with _lock, _ours(pdfium, "is damaged: its PDF data cannot be read; " + _DAMAGED):
            page = document[number - 1]
            with contextlib.closing(page):
                return _drawn(pdfium, page, _scale(pdfium.raw, page))

    def close() -> None:
        with _lock:
            document.close()
        if not isinstance(file, bytes):
            file.close()

    if not len(document):
        close()
        raise PictureError("is a PDF file without pages; expected one or more")
    return Pages(len(document), decode, close=close)


@contextlib.contextmanager
def _ours(pdfium: Any, message: str) -> Iterator[None]:
    """Errors of PDFium in this block are PictureError with this message, or that of encryption."""
    try:
        yield
    except pdfium.PdfiumError as error:
        if getattr(error, "err_code", None) in (pdfium.raw.FPDF_ERR_PASSWORD, None) and (
            "password" in str(error).lower()
        ):
            message = "is encrypted; expected a PDF without a password; save it without one"
        raise PictureError(message) from None


@dataclass(frozen=True, slots=True)
class _Contents:
    """What is on a page.

    scans: (area in points², pixels a point) of each picture on the page itself. is_scan: whether
    all else is invisible, as the text is that a scanner has recognised.
    """

    scans: list[tuple[float, float]]
    is_scan: bool


def _scale(raw: Any, page: Any) -> float:
    """How many pixels a point of the page is drawn with."""
    width, height = page.get_size()
    if not (width > 0 and height > 0):
        raise PictureError(f"has no pixels: it is {width:g} x {height:g} points")
    contents = _contents(raw, page)
    area = width * height
    strips = [scale for size, scale in contents.scans if size >= _STRIP * area]
    scale, limit = DRAWN, MAXIMUM_DRAWN_PIXELS
    if strips and sum(size for size, _ in contents.scans) >= _COVERING * area:
        own = max(strips)
        scale, limit = own if contents.is_scan else max(own, DRAWN), MAXIMUM_PIXELS
    return float(min(scale, math.sqrt(limit / area), MAXIMUM_SIDE / max(width, height)))


def _contents(raw: Any, page: Any) -> _Contents:
    """Look at every object of a page. Raises PictureError where it has too many, or too large."""
    scans: list[tuple[float, float]] = []
    is_scan, pixels = raw.FPDFPage_GetAnnotCount(page) <= 0, 0
    objects = page.get_objects()
    for each in islice(objects, MAXIMUM_PARTS):
        if each.type == raw.FPDF_PAGEOBJ_IMAGE:
            width, height = each.get_px_size()
            check_size(width, height)
            pixels += width * height
            if each.level == 0:
                scans.append(_resolution(each, width, height))
            else:
                is_scan = False  # where it comes to stand is not known
        elif each.type == raw.FPDF_PAGEOBJ_TEXT:
            mode = raw.FPDFTextObj_GetTextRenderMode(each)
            is_scan &= mode == raw.FPDF_TEXTRENDERMODE_INVISIBLE
        else:
            is_scan = False
    if pixels > MAXIMUM_SCANNED_PIXELS or next(objects, None) is not None:
        raise PictureError(f"is too large: it is made of too many or too large parts; {_DAMAGED}")
    return _Contents(scans, is_scan)


def _resolution(image: Any, width: int, height: int) -> tuple[float, float]:
    """(area in points², pixels a point) of a picture of `width` x `height` pixels on its page."""
    matrix = image.get_matrix()
    across = max(math.hypot(matrix.a, matrix.b), 1e-9)
    down = max(math.hypot(matrix.c, matrix.d), 1e-9)
    return across * down, max(width / across, height / down) * (1 - _SAME)


def _drawn(pdfium: Any, page: Any, scale: float) -> npt.NDArray[np.uint8]:
    """(H, W, 3) uint8 RGB of a page on white. Raises PictureError where that takes too long."""
    raw = pdfium.raw
    width, height = (max(1, math.ceil(side * scale)) for side in page.get_size())
    bitmap = pdfium.PdfBitmap.new_native(width, height, raw.FPDFBitmap_BGR, rev_byteorder=True)
    with contextlib.closing(bitmap):
        bitmap.fill_rect((255, 255, 255, 255), 0, 0, width, height)
        end = time.monotonic() + MAXIMUM_SECONDS
        pause = raw.IFSDK_PAUSE(version=1)
        pause.NeedToPauseNow = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(raw.IFSDK_PAUSE))(
            lambda _: time.monotonic() > end
        )
        flags = raw.FPDF_ANNOT | raw.FPDF_REVERSE_BYTE_ORDER
        status = raw.FPDF_RenderPageBitmap_Start(bitmap, page, 0, 0, width, height, 0, flags, pause)
        raw.FPDF_RenderPage_Close(page)
        if status != raw.FPDF_RENDER_DONE:
            raise PictureError(
                f"cannot be drawn within {MAXIMUM_SECONDS:.0f} seconds; {_DAMAGED}"
                if status == raw.FPDF_RENDER_TOBECONTINUED
                else f"cannot be drawn; {_DAMAGED}"
            )
        return np.array(bitmap.to_numpy()[..., :3])
