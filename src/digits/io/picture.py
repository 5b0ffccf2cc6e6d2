"""Files, bytes, file objects, images and arrays → pixels, page by page, as a viewer shows them."""

from __future__ import annotations

import contextlib
import math
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Protocol, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from digits.errors import PictureError
from digits.io.animation import frames
from digits.io.colour import to_rgb
from digits.io.content import is_array, name_of, open_file, read_content, read_file, shortened
from digits.io.documents import HEAD, is_pdf, open_pdf
from digits.io.exif import upright
from digits.io.headers import SAVE_AGAIN, Header, check_size, read_header, tiff_page, tiff_pointers
from digits.io.heic import open_heic
from digits.io.jpeg import ends_early
from digits.io.pages import MAXIMUM_PAGES, Pages
from digits.io.pillow import frame_count, is_pillow_image, pillow_samples
from digits.io.quiet import quiet_opencv
from digits.model.spec import TILE


class HasArrayInterface(Protocol):
    """What NumPy makes an array of without copying, such as an image of Pillow."""

    @property
    def __array_interface__(self) -> dict[str, Any]: ...


class HasArray(Protocol):
    """What gives NumPy an array of itself, such as a tensor."""

    def __array__(self) -> npt.NDArray[Any]: ...


Picture: TypeAlias = (
    str
    | os.PathLike[str]
    | bytes
    | bytearray
    | memoryview
    | BinaryIO
    | npt.NDArray[Any]
    | HasArrayInterface
    | HasArray
)


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A picture or a document that is open, to be closed (`contextlib.closing`).

    source: what it can be opened from again: what was given, or the content of a file object.
    count: how many pages or frames it has, 1 or more. are_frames: whether they are frames.
    """

    source: Picture
    name: str = field(repr=False)
    pages: Pages = field(repr=False)

    @property
    def count(self) -> int:
        return self.pages.count

    @property
    def are_frames(self) -> bool:
        return self.pages.are_frames

    def pixels(self, page: int = 1) -> npt.NDArray[np.uint8]:
        """A page as a viewer shows it, (H, W, 3) uint8 RGB. page: from 1 on. Raises PictureError.

        The EXIF orientation is applied, transparency is composited on white or black, and more
        than 8 bits are scaled to 8.

        Memory: at most five times the decoded bytes (`MAXIMUM_DECODED_BYTES` in
        `digits.io.headers`) and three times those of the file.
        """
        one_of_many = (
            f", {'frame' if self.are_frames else 'page'} {page}," if self.count > 1 else ""
        )
        with _naming(self.name + one_of_many):
            if not 1 <= page <= min(self.count, MAXIMUM_PAGES):
                raise PictureError(
                    f"is not read: there are {self.count:,}; expected 1 to "
                    f"{min(self.count, MAXIMUM_PAGES):,}; part the file"
                )
            return self.pages.decode(page)

    def close(self) -> None:
        self.pages.close()


def open_picture(source: Picture, page: int = 1) -> npt.NDArray[np.uint8]:
    """Return the pixels of a page of `source` as a viewer shows them, (H, W, 3) uint8 RGB.

    See `open_document` for what a source is. page: from 1 on. Raises PictureError.
    """
    with contextlib.closing(open_document(source)) as document:
        return document.pixels(page)


def open_document(source: Picture) -> Document:
    """Open `source`, whose pages are decoded one by one when they are asked for.

    source: a path; the content of a picture file (PNG, JPEG, GIF, BMP, WebP, TIFF, PNM, AVIF, JPEG
    2000, HEIC with the extra "heic") or of a PDF file (extra "documents"), as bytes or as a file
    object that is read from its position on; an image of Pillow; or an array or a tensor (H, W),
    (H, W, 1) or (1, H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA of uint8, uint16, bool, or float in
    [0, 1]. An array is never changed; it may be returned itself.

    Raises PictureError, naming the source, for whatever else is given.
    """
    name = name_of(source)
    with _naming(name):
        if is_pillow_image(source):
            return Document(source, name, _pillow_pages(source))
        if is_array(source):
            pixels = _array_pixels(_as_array(source))
            return Document(source, name, Pages(1, lambda _: pixels))
        if isinstance(source, str | os.PathLike):
            return Document(source, name, _file_pages(os.fsdecode(source)))
        content = read_content(source)
        again = content if hasattr(source, "read") else source
        is_document = is_pdf(content[:HEAD])
        return Document(again, name, open_pdf(content) if is_document else _picture_pages(content))


@contextlib.contextmanager
def _naming(name: str) -> Iterator[None]:
    """Errors in this block begin with the name."""
    try:
        yield
    except PictureError as problem:
        raise PictureError(f"{name} {problem}") from None


def _file_pages(name: str) -> Pages:
    """The pages of a file. A PDF file may be of any size: it is read as its pages are needed."""
    with contextlib.ExitStack() as opened:
        file = opened.enter_context(open_file(name))
        if not is_pdf(file.read(HEAD)):
            return _picture_pages(read_file(file))
        file.seek(0)
        pages = open_pdf(file)
        opened.pop_all()  # the file is closed with its pages
        return pages


def _picture_pages(content: bytes) -> Pages:
    header = read_header(content)
    if header.kind == "HEIC":
        return open_heic(content)
    if header.pages == 1:
        return Pages(1, lambda _: _decode(header))
    if header.kind == "TIFF":
        return _tiff_pages(content, bytearray(header.encoded))
    further = frames(content, header)
    return Pages(
        header.pages, lambda page: _decode(header) if page == 1 else further(page), are_frames=True
    )


def _tiff_pages(content: bytes, copy: bytearray) -> Pages:
    """The pages of a TIFF. copy: of its content, changed for each of them."""
    pointers = tiff_pointers(content)

    def decode(page: int) -> npt.NDArray[np.uint8]:
        try:
            return _decode(tiff_page(content, copy, pointers[page - 1]))
        except struct.error:
            raise PictureError(
                f"is cut off or damaged: it does not lie in the file ({len(content):,} bytes); "
                "copy or download it again"
            ) from None

    return Pages(len(pointers), decode)


def _decode(header: Header) -> npt.NDArray[np.uint8]:
    """Return the pixels of a file as a viewer shows them, (H, W, 3) uint8 RGB."""
    stored = _imdecode(header.encoded)
    if stored is None:
        raise PictureError(
            f"is damaged or of a rare kind: its {header.kind} data cannot be decoded; {SAVE_AGAIN}"
        )
    if header.jpeg and ends_early(header.jpeg, bytes(header.encoded), stored, _imdecode):
        raise PictureError(
            f"is cut off: its JPEG data end before its pixels do ({len(header.encoded):,} bytes); "
            "copy or download it again"
        )
    return upright(to_rgb(stored, white=header.white, blue_first=True), header.orientation)


def _imdecode(encoded: bytes | bytearray) -> npt.NDArray[Any] | None:
    try:
        with quiet_opencv():
            # unchanged: alpha and all bits are kept, and no orientation applied
            return cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None


def _pillow_pages(image: Any) -> Pages:
    check_size(*image.size)
    count = frame_count(image)

    def decode(page: int) -> npt.NDArray[np.uint8]:
        samples, orientation = pillow_samples(image, page - 1 if count > 1 else None)
        return upright(to_rgb(samples), orientation)

    return Pages(count, decode, are_frames=image.format != "TIFF")


def _as_array(source: Any) -> npt.NDArray[Any]:
    try:
        return np.asarray(source)
    except Exception as error:  # a tensor on a GPU, or one that a gradient is kept for
        raise PictureError(
            f"gives NumPy no array: {shortened(str(error) or type(error).__name__)}"
        ) from None


def _array_pixels(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if array.ndim == 3 and len(array) == 1 and array.shape[2] not in (1, 3, 4):
        array = array[0]  # one picture, or one channel, as data sets and tensors have it
    _check_shape(array.shape)
    if array.dtype.kind not in "bf" and array.dtype.newbyteorder("=") not in (np.uint8, np.uint16):
        raise PictureError(
            f"is of {array.dtype}; expected uint8, uint16, bool or float in [0, 1]; "
            "array.astype(numpy.uint8) converts values from 0 to 255"
        )
    # written so that NaN is refused too
    if array.dtype.kind == "f" and not (array.min() >= 0 and array.max() <= 1):
        raise PictureError(
            f"is of {array.dtype} with values from {array.min():g} to {array.max():g}; expected "
            "floats in [0, 1]; array.astype(numpy.uint8) converts values from 0 to 255"
        )
    return to_rgb(array)


def _check_shape(shape: tuple[int, ...]) -> None:
    if math.prod(shape[:2]) == TILE**2 and (len(shape) == 1 or 1 in shape[:2]):
        raise PictureError(
            f"has shape {shape}; expected (height, width); if it is a flattened tile, give "
            f"array.reshape{(TILE, TILE, *shape[2:])}"
        )
    if len(shape) not in (2, 3) or shape[2:] not in ((), (1,), (3,), (4,)):
        raise PictureError(
            f"has shape {shape}; expected (height, width), (height, width, 3) RGB or "
            "(height, width, 4) RGBA; give one picture at a time"
        )
    check_size(shape[1], shape[0])
