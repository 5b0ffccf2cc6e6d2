"""What is named → single pictures: folders and wildcards spelled out, file objects kept."""

from __future__ import annotations

import glob
import os
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from digits.errors import PagesWarning
from digits.files import printable
from digits.io.picture import Picture, name_of, open_first_page
from digits.io.result import Outcome

Sources: TypeAlias = Picture | Iterable[Picture]

# By these a folder's pictures are told from its other files. The last ones cannot be read yet; who
# has them shall be told, rather than find them left out.
SUFFIXES = frozenset(
    (
        *(".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff"),
        *(".pnm", ".pbm", ".pgm", ".ppm"),
        *(".heic", ".heif", ".avif"),
    )
)


def expand(sources: Sources) -> Iterator[Picture | Outcome]:
    """Single pictures, in order; what names none is an outcome with the error.

    sources: one, or many: a folder stands for the picture files in it, by name, without those of
    folders within; a path with wildcards (*, ?, [], and ** for folders within) for the files that
    it matches, by name; all else for itself.
    """
    many: Iterable[Any] = [sources] if _is_one(sources) else sources  # type: ignore[assignment]
    for source in many:
        if isinstance(source, str | os.PathLike):
            yield from _files(source)
        else:
            yield source


def open_source(source: Picture) -> tuple[Picture, NDArray[np.uint8]]:
    """What a picture can be opened from again, and its pixels (H, W, 3) uint8 RGB.

    A file object can be read once: its content stands for it. Warns of pages that are left out
    with PagesWarning. Raises PictureError.
    """
    kept: Any = _Kept(source) if hasattr(source, "read") else source
    opened = open_first_page(kept)
    if opened.pages > 1:
        message = f"{name_of(source)} has {opened.pages} pages or frames; only the first is read"
        warnings.warn(message, PagesWarning, stacklevel=3)
    return b"".join(kept.blocks) if isinstance(kept, _Kept) else source, opened.pixels


class _Kept:
    """A file object, and what has been read of it."""

    def __init__(self, file: Any) -> None:
        self.file = file
        self.name = getattr(file, "name", None)
        self.blocks: list[bytes] = []

    def read(self, size: int = -1) -> bytes:
        block: bytes = self.file.read(size)
        self.blocks.append(block)
        return block


def _is_one(sources: Any) -> bool:
    """Whether sources are a single one, though it could be iterated over."""
    is_path = isinstance(sources, str | os.PathLike)
    is_content = isinstance(sources, bytes | bytearray | memoryview)
    is_array, is_file = (hasattr(sources, name) for name in ("__array_interface__", "read"))
    return is_path or is_content or is_array or is_file


def _files(source: str | os.PathLike[str]) -> Iterator[Picture | Outcome]:
    """The files that a path stands for, or the outcome that says why there are none."""
    path = os.fsdecode(source)
    try:
        if path and Path(path).is_dir():  # Path("") is the folder worked in
            files = sorted(str(each) for each in Path(path).iterdir() if _is_picture(each))
            problem = "holds no picture files; name the files themselves, or another folder"
        elif any(wildcard in path for wildcard in "*?[") and not Path(path).exists():
            # unlike Path.glob, it takes any path and gives it back as it was written
            matches = glob.iglob(path, recursive=True)  # noqa: PTH207
            files = sorted(each for each in matches if Path(each).is_file())
            problem = "matches no file; check the path and its wildcards"
        else:
            yield source
            return
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        files, problem = [], f"cannot be opened: {getattr(error, 'strerror', None) or error}"
    yield from files
    if not files:
        yield Outcome(source, 1, None, f'"{printable(path)}" {problem}', 0.0)


def _is_picture(path: Path) -> bool:
    """Whether a file of a folder is a picture by its name. Hidden ones hold what is no picture."""
    return path.suffix.lower() in SUFFIXES and path.name[0] != "." and path.is_file()
