"""Any picture, through any door, as pixels: safely, and as a viewer shows it."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from digits.errors import PictureError
from digits.io.colour import eight_bits, rgb
from digits.io.exif import upright
from digits.io.headers import SAVE_AGAIN, Header, check_size, read_header
from digits.io.quiet import quiet_opencv

Picture: TypeAlias = (
    str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO | npt.NDArray[Any]
)

# A page of A4 scanned in colour at 800 dpi takes 186 MB without any compression.
MAXIMUM_BYTES = 200_000_000

_BLOCK = 1 << 20


def open_picture(source: Picture) -> npt.NDArray[np.uint8]:
    """Return the pixels of `source` as a viewer shows them, (H, W, 3) uint8 RGB.

    source: a path; the content of a picture file (PNG, JPEG, GIF, BMP, WebP, TIFF, PNM), as bytes
    or as a file object that is read from its position on; or an array (H, W) or (H, W, 1) grey,
    (H, W, 3) RGB or (H, W, 4) RGBA of uint8, uint16, bool, or float in [0, 1]. An array is never
    changed; it may be returned itself.

    The EXIF orientation is applied, transparency laid on paper, more than 8 bits brought to 8,
    and of several frames the first taken.

    Raises PictureError, naming the source, for whatever else is given.
    """
    try:
        if isinstance(source, np.ndarray):
            return _array_pixels(np.asarray(source))
        return _decode(read_header(_content(source)))
    except PictureError as problem:
        raise PictureError(f"{_name(source)} {problem}") from None


def _name(source: Any) -> str:
    """How an error calls the picture."""
    if isinstance(source, bytes | bytearray | memoryview):
        return "the bytes object given"
    if isinstance(source, np.ndarray):
        return "the array given"
    path = source if isinstance(source, str | os.PathLike) else getattr(source, "name", None)
    if not isinstance(path, str | os.PathLike):
        return "the file object given" if hasattr(source, "read") else "the picture given"
    # a name may hold a line break, or bytes that are no text: the message stays one printable line
    letters = (c if c.isprintable() else ascii(c)[1:-1] for c in os.fsdecode(path))
    return f'"{"".join(letters)}"'


def _content(source: Any) -> bytes:
    if isinstance(source, bytes | bytearray | memoryview):
        _check_bytes(memoryview(source).nbytes)
        content = bytes(source)
    elif isinstance(source, str | os.PathLike):
        content = _read_file(Path(os.fsdecode(source)))
    elif hasattr(source, "read"):
        content = _read_stream(source)
    else:
        raise PictureError(
            f"is of type {type(source).__name__}; expected a path, bytes, a file object or a NumPy "
            "array; numpy.asarray() makes an array of most pictures"
        )
    if not content:
        raise PictureError(
            "is empty from its position on; expected a picture; seek(0) goes back to the start"
            if hasattr(source, "read")
            else "is empty (0 bytes); expected a picture; copy or download it again"
        )
    return content


def _read_file(path: Path) -> bytes:
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
        raise PictureError("does not exist; expected a picture file; check the path") from None
    except PermissionError:
        raise PictureError("may not be read; allow this user to read it (chmod +r)") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or str(error)
        raise PictureError(f"cannot be opened: {reason.lower()}; check the path") from None


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
    except (OSError, ValueError) as error:  # ValueError: closed, or text that is none
        raise PictureError(f"cannot be read: {error}; expected an open binary file") from None
    return b"".join(blocks)


def _check_bytes(size: int) -> None:
    if size > MAXIMUM_BYTES:
        raise PictureError(
            f"is too large: at least {size:,} bytes; expected at most "
            f"{MAXIMUM_BYTES:,}; scale it down"
        )


def _decode(header: Header) -> npt.NDArray[Any]:
    encoded = np.frombuffer(header.encoded, np.uint8)
    try:
        with quiet_opencv():
            # unchanged: alpha and all bits are kept, and no orientation applied
            stored = cv2.imdecode(encoded, cv2.IMREAD_UNCHANGED)
    except cv2.error:
        stored = None
    if stored is None:
        raise PictureError(
            f"is damaged or of a rare kind: its {header.kind} data cannot be decoded; {SAVE_AGAIN}"
        )
    pixels = eight_bits(stored, header.white)
    if pixels.ndim == 3 and pixels.shape[2] in (3, 4):
        turn_around = cv2.COLOR_BGR2RGB if pixels.shape[2] == 3 else cv2.COLOR_BGRA2RGBA
        pixels = cv2.cvtColor(pixels, turn_around)
    return upright(rgb(pixels), header.orientation)


def _array_pixels(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if array.ndim not in (2, 3) or array.shape[2:] not in ((), (1,), (3,), (4,)):
        raise PictureError(
            f"has shape {array.shape}; expected (height, width), (height, width, 3) RGB or "
            "(height, width, 4) RGBA; give one picture at a time"
        )
    check_size(array.shape[1], array.shape[0])
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
    native = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("="))
    return rgb(eight_bits(native, white=None))
