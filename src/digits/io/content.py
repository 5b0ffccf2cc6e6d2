"""Paths, bytes and file objects → the content of a file, bounded; and what messages call them."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Any, BinaryIO

from digits.errors import PictureError
from digits.io.foreign import DATA_URI
from digits.io.pillow import is_pillow_image

# A page of A4 scanned in colour at 800 dpi takes 186 MB without any compression.
MAXIMUM_BYTES = 200_000_000

_BLOCK = 1 << 20  # bytes read at once
_EMPTY = "is empty (0 bytes); expected a picture; copy or download it again"
_MAX_SHOWN = 80  # characters of a name or a foreign error in our messages: a line of a terminal


def name_of(source: Any) -> str:
    """Return what an error message calls `source`."""
    if source is None:
        return "the picture given"
    if isinstance(source, bytes | bytearray | memoryview):
        return "the bytes object given"
    if is_pillow_image(source):
        return "the Pillow image given"
    if is_array(source):
        return "the array given"
    path = source if isinstance(source, str | os.PathLike) else getattr(source, "name", None)
    if not isinstance(path, str | os.PathLike):
        return "the file object given" if hasattr(source, "read") else "the picture given"
    return f'"{shortened(os.fsdecode(path))}"'


def path_or_kind(source: Any) -> str:
    """Return what a result calls `source`: the path as it was given, or the kind of another one."""
    if isinstance(source, str | os.PathLike):
        return os.fsdecode(source)
    return type(source).__name__


def is_array(source: Any) -> bool:
    """Whether NumPy makes an array of `source`: one of its own, an image, or a tensor."""
    return hasattr(source, "__array_interface__") or hasattr(source, "__array__")


def shortened(text: str) -> str:
    """Return `text` as one printable line: escaped where it is not, and without a long middle."""
    # of an overlong text no more than what can be shown is escaped
    half = _MAX_SHOWN // 2
    ends = text if len(text) <= _MAX_SHOWN else f"{text[: half - 3]}...{text[-half:]}"
    line = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in ends)
    return line if len(line) <= _MAX_SHOWN else f"{line[: half - 3]}...{line[-half:]}"


def read_content(source: Any) -> bytes:
    """The content of bytes or of a file object, from its position on. Raises PictureError."""
    if isinstance(source, bytes | bytearray | memoryview):
        _check_bytes(memoryview(source).nbytes)
        content = bytes(source)
    elif hasattr(source, "read"):
        content = _read_stream(source)
    else:
        raise PictureError(_describe_object(source))
    if not content:
        raise PictureError(
            "is empty from its position on; expected a picture; seek(0) goes back to the start"
            if hasattr(source, "read")
            else _EMPTY
        )
    return content


def read_file(file: BinaryIO) -> bytes:
    """The whole content of a file that `open_file` gave. Raises PictureError."""
    _check_bytes(os.fstat(file.fileno()).st_size)
    file.seek(0)
    content = _read_stream(file)
    if not content:
        raise PictureError(_EMPTY)
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


def open_file(name: str) -> BinaryIO:
    """A regular file, open to be read. Raises PictureError for whatever else the name leads to."""
    path = Path(name)
    try:
        state = path.stat()
        if stat.S_ISDIR(state.st_mode):
            raise PictureError("is a directory; expected a picture file; name the files in it")
        # a pipe or a device could be read without end
        if not stat.S_ISREG(state.st_mode):
            raise PictureError("is no regular file; expected a picture file; save it to one first")
        return path.open("rb")
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
        reason = shortened(str(error) or type(error).__name__)
        raise PictureError(f"cannot be read: {reason}; expected an open binary file") from None
    return b"".join(blocks)


def _check_bytes(size: int) -> None:
    if size > MAXIMUM_BYTES:
        raise PictureError(
            f"is too large: at least {size:,} bytes; expected at most "
            f"{MAXIMUM_BYTES:,}; scale it down"
        )
