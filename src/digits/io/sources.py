"""What is named → single files and pictures: folders, wildcards and lists of paths spelled out."""

from __future__ import annotations

import codecs
import glob
import os
import warnings
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from digits.errors import PagesWarning
from digits.files import printable
from digits.io.content import is_array
from digits.io.documents import HEAD, is_pdf
from digits.io.headers import is_picture
from digits.io.picture import Document, Picture, open_document
from digits.io.result import Outcome

Sources: TypeAlias = Picture | Iterable[Picture]

# What is called so is taken for a picture whatever is in it: who has a broken one shall be told.
SUFFIXES = frozenset(
    (
        *(".png", ".apng", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff"),
        *(".pnm", ".pbm", ".pgm", ".ppm", ".jp2", ".j2k", ".heic", ".heif", ".avif", ".pdf"),
    )
)


def expand(sources: Sources, without: Iterable[Path] = ()) -> Iterator[Picture | Outcome]:
    """Single pictures and documents, in order; what names none is an outcome with the error.

    sources: one, or many: a folder stands for the pictures and documents in it and in the folders
    within, told by their first bytes, by name; a path with wildcards (*, ?, [], and ** for folders
    within) for the files that it matches, by name; an array of several pictures for each of them;
    all else for itself. without: folders that are left out where they lie within another one.
    """
    skipped = frozenset(map(os.path.realpath, without))
    for source in singles(sources):
        if isinstance(source, str | os.PathLike):
            yield from _files(source, skipped)
        else:
            yield source


def singles(sources: Sources) -> Iterable[Picture]:
    """Sources one by one, be there one or many.

    An array is one picture (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), or else a row of pictures:
    (N, H, W), (N, H, W, 1).
    """
    given: Any = sources
    if is_array(given):
        shape = tuple(getattr(given, "shape", None) or np.shape(given))
        is_row = len(shape) > 3 or (len(shape) == 3 and shape[2] not in (1, 3, 4))
        return given if is_row else [given]
    is_path = isinstance(given, str | os.PathLike)
    is_content = isinstance(given, bytes | bytearray | memoryview)
    return [given] if is_path or is_content or hasattr(given, "read") else given


def listed(content: bytes) -> list[str]:
    """The paths in a list: one a line, or parted by NUL bytes as `find -print0` does.

    Windows' tools write lists in UTF-16, and mark that and UTF-8 at the beginning.
    """
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if content.startswith(mark):
            content = os.fsencode(content.decode(encoding, errors="replace"))
    content = content.removeprefix(codecs.BOM_UTF8)
    parts = content.split(b"\0") if b"\0" in content else content.splitlines()
    return [os.fsdecode(part) for part in parts if part.strip()]


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """One page that is open.

    source: what its file can be opened from again, with `number`, from 1 on. pixels: (H, W, 3)
    uint8 RGB.
    """

    source: Picture
    number: int
    pixels: NDArray[np.uint8]


def first_page(source: Picture) -> Page:
    """The first page of a picture or document. Warns of others with PagesWarning.

    Raises PictureError.
    """
    with closing(open_document(source)) as document:
        if document.count > 1:
            warnings.warn(left_out(document), PagesWarning, stacklevel=3)
        return page_of(document, 1)


def page_of(document: Document, number: int) -> Page:
    """A page of a document, from 1 on. Raises PictureError."""
    return Page(document.source, number, document.pixels(number))


def left_out(document: Document) -> str:
    """What is said of a document of which only the first page is read."""
    what = "frames; only the first is read; frames=True or --frames reads all of them"
    if not document.are_frames:
        what = "pages; only the first is read; read_many reads all of them"
    return f"{document.name} has {document.count:,} {what}"


def _files(source: str | os.PathLike[str], without: frozenset[str]) -> Iterator[Picture | Outcome]:
    """The files that a path stands for, or the outcome that says why there are none."""
    path = os.fsdecode(source)
    files: Iterator[str | Outcome] = iter(())
    try:
        if path and Path(path).is_dir():  # Path("") is the folder worked in
            files = _within(path, without)
            problem = "holds no pictures or documents; name the files, or another folder"
        elif any(wildcard in path for wildcard in "*?[") and not Path(path).exists():
            # unlike Path.glob, it takes any path and gives it back as it was written
            matches = glob.iglob(path, recursive=True)  # noqa: PTH207
            files = iter(sorted(each for each in matches if Path(each).is_file()))
            problem = "matches no file; check the path and its wildcards"
        else:
            yield source
            return
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        problem = f"cannot be opened: {getattr(error, 'strerror', None) or error}"
    yield next(files, None) or _none_of(source, problem)
    yield from files


def _within(folder: str, without: frozenset[str]) -> Iterator[str | Outcome]:
    """The pictures and documents in a folder and in the folders within, by name.

    Hidden files and folders hold what is no picture; a link to a folder could lead back.
    """
    try:
        with os.scandir(folder) as found:
            entries = sorted((e for e in found if e.name[0] != "."), key=lambda e: e.name)
    except OSError as error:
        yield _none_of(folder, f"cannot be opened: {error.strerror}")
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            if os.path.realpath(entry.path) not in without:
                yield from _within(entry.path, without)
        elif entry.is_file() and _is_readable(entry.path):
            yield str(Path(entry.path))


def _none_of(source: str | os.PathLike[str], problem: str) -> Outcome:
    return Outcome(source, 1, None, f'"{printable(os.fsdecode(source))}" {problem}', 0.0)


def _is_readable(path: str) -> bool:
    """Whether a file is a picture or a document by its first bytes, or claims to be by its name."""
    if Path(path).suffix.lower() in SUFFIXES:
        return True
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            start = file.read(HEAD)
    except OSError:
        return False
    return is_pdf(start) or is_picture(start)
