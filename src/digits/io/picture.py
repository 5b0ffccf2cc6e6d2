"""Files, bytes, file objects, images and arrays → pixels, as a viewer shows them."""

from __future__ import annotations

import math
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from digits.errors import PictureError
from digits.io.colour import to_rgb
from digits.io.exif import upright
from digits.io.foreign import DATA_URI
from digits.io.headers import SAVE_AGAIN, Header, check_size, read_header
from digits.io.jpeg import ends_early
from digits.io.pillow import is_pillow_image, pillow_samples
from digits.io.quiet import quiet_opencv
from digits.model.spec import TILE


class HasArray(Protocol):
    """What NumPy makes an array of without copying, such as an image of Pillow."""

    @property
    def __array_interface__(self) -> dict[str, Any]: ...


Picture: TypeAlias = (
    str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO | npt.NDArray[Any] | HasArray
)

# A page of A4 scanned in colour at 800 dpi takes 186 MB without any compression.
MAXIMUM_BYTES = 200_000_000

_BLOCK = 1 << 20  # bytes read at once
_MAX_SHOWN = 80  # characters of a name or a foreign error in our messages: a line of a terminal


@dataclass(frozen=True, slots=True, eq=False)
class OpenedPicture:
    """The first page of a picture.

    pixels: (H, W, 3) uint8 RGB. pages: how many pages or frames the file holds, 1 or more.
    """

    pixels: npt.NDArray[np.uint8]
    pages: int


def open_picture(source: Picture) -> npt.NDArray[np.uint8]:
    """Return the pixels of `source` as a viewer shows them, (H, W, 3) uint8 RGB.

    See `open_first_page`, which also says how many pages there are.
    """
    return open_first_page(source).pixels


def open_first_page(source: Picture) -> OpenedPicture:
    """Open `source` as a viewer shows it.

    source: a path; the content of a picture file (PNG, JPEG, GIF, BMP, WebP, TIFF, PNM), as bytes
    or as a file object that is read from its position on; an image of Pillow; or an array (H, W)
    or (H, W, 1) grey, (H, W, 3) RGB or (H, W, 4) RGBA of uint8, uint16, bool, or float in [0, 1].
    An array is never changed; it may be returned itself.

    The EXIF orientation is applied, transparency is composited on white or black, more than 8
    bits are scaled to 8, and of several pages or frames the first is taken.

    Memory: at most five times the decoded bytes (`MAXIMUM_DECODED_BYTES` in `digits.io.headers`)
    and three times those of the file. Raises PictureError, naming the source, for whatever else
    is given.
    """
    try:
        if not isinstance(source, np.ndarray) and is_pillow_image(source):
            return _from_pillow(source)
        if hasattr(source, "__array_interface__"):
            return OpenedPicture(_array_pixels(np.asarray(source)), pages=1)
        header = read_header(_content(source))
        return OpenedPicture(upright(_decode(header), header.orientation), header.pages)
    except PictureError as problem:
        raise PictureError(f"{name_of(source)} {problem}") from None


def name_of(source: Any) -> str:
    """Return what an error message calls `source`."""
    if source is None:
        return "the picture given"
    if isinstance(source, bytes | bytearray | memoryview):
        return "the bytes object given"
    if is_pillow_image(source):
        return "the Pillow image given"
    if hasattr(source, "__array_interface__"):
        return "the array given"
    path = source if isinstance(source, str | os.PathLike) else getattr(source, "name", None)
    if not isinstance(path, str | os.PathLike):
        return "the file object given" if hasattr(source, "read") else "the picture given"
    return f'"{_short(os.fsdecode(path))}"'


def _short(text: str) -> str:
    """Return `text` as one printable line: escaped where it is not, and without a long middle."""
    # of an overlong text no more than what can be shown is escaped
    half = _MAX_SHOWN // 2
    ends = text if len(text) <= _MAX_SHOWN else f"{text[: half - 3]}...{text[-half:]}"
    line = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in ends)
    return line if len(line) <= _MAX_SHOWN else f"{line[: half - 3]}...{line[-half:]}"


def _content(source: Any) -> bytes:
    if isinstance(source, bytes | bytearray | memoryview):
        _check_bytes(memoryview(source).nbytes)
        content = bytes(source)
    elif isinstance(source, str | os.PathLike):
        content = _read_file(os.fsdecode(source))
    elif hasattr(source, "read"):
        content = _read_stream(source)
    else:
        raise PictureError(_describe_object(source))
    if not content:
        raise PictureError(
            "is empty from its position on; expected a picture; seek(0) goes back to the start"
            if hasattr(source, "read")
            else "is empty (0 bytes); expected a picture; copy or download it again"
        )
    return content


def _describe_object(source: Any) -> str:
    """Say what `source`, which holds no picture, is and what to do."""
    if source is None:
        return (
            "is None; expected a picture; cv2.imread gives None for a file that does not exist or "
            "that OpenCV cannot read: check its path"
        )
    advice = "numpy.asarray() makes an array of most pictures"
    if isinstance(source, list | tuple):
        advice = (
            "numpy.asarray(pixels, numpy.uint8) makes an array of a list of pixels; give a list of "
            "pictures one by one"
        )
    return (
        f"is of type {type(source).__name__}; expected a path, bytes, a file object, a Pillow "
        f"image or a NumPy array; {advice}"
    )


def _read_file(name: str) -> bytes:
    path = Path(name)
    try:
        state = path.stat()
        if stat.S_ISDIR(state.st_mode):
            raise PictureError("is a directory; expected a picture file; name the files in it")
        # a pipe or a device could be read without end
        if not stat.S_ISREG(state.st_mode):
            raise PictureError("is no regular file; expected a picture file; save it to one first")
        _check_bytes(state.st_size)
        with path.open("rb") as file:
            return _read_stream(file)
    except FileNotFoundError:
        raise PictureError(
            _describe_address(name) or "does not exist; expected a picture file; check the path"
        ) from None
    except PermissionError:
        raise PictureError("may not be read; allow this user to read it (chmod +r)") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or str(error)
        raise PictureError(
            _describe_address(name) or f"cannot be opened: {reason.lower()}; check the path"
        ) from None


def _describe_address(name: str) -> str | None:
    """Say what to do with a string that names no file but a picture elsewhere; None for others."""
    if name.startswith("data:"):
        return DATA_URI
    if re.match(r"[a-z][a-z0-9+.-]+://", name, re.IGNORECASE):
        return "is a URL; expected a path; pictures are not downloaded: save it to a file first"
    return None


def _read_stream(file: BinaryIO) -> bytes:
    """Read what is left in `file`, in blocks: not all file objects bound what they read."""
    blocks: list[bytes] = []
    size = 0
    try:
        while block := file.read(_BLOCK):
            if not isinstance(block, bytes | bytearray | memoryview):
                raise PictureError(
                    f"gives {type(block).__name__}; expected bytes; open it in binary mode, "
                    'open(path, "rb")'
                )
            blocks.append(bytes(block))
            size += len(block)
            _check_bytes(size)
    except PictureError:
        raise
    except (
        Exception
    ) as error:  # whatever the file object is: closed, a damaged archive, a lost line
        reason = _short(str(error) or type(error).__name__)
        raise PictureError(f"cannot be read: {reason}; expected an open binary file") from None
    return b"".join(blocks)


def _check_bytes(size: int) -> None:
    if size > MAXIMUM_BYTES:
        raise PictureError(
            f"is too large: at least {size:,} bytes; expected at most "
            f"{MAXIMUM_BYTES:,}; scale it down"
        )


def _decode(header: Header) -> npt.NDArray[np.uint8]:
    """Return the pixels of a file as stored, (H, W, 3) uint8 RGB."""
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
    return to_rgb(stored, white=header.white, blue_first=True)


def _imdecode(encoded: bytes | bytearray) -> npt.NDArray[Any] | None:
    try:
        with quiet_opencv():
            # unchanged: alpha and all bits are kept, and no orientation applied
            return cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None


def _from_pillow(image: Any) -> OpenedPicture:
    check_size(*image.size)
    samples, orientation, pages = pillow_samples(image)
    return OpenedPicture(upright(to_rgb(samples), orientation), pages)


def _array_pixels(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
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
