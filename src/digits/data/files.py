"""The four files of MNIST: names, sizes, SHA-256, and how they are found, read and checked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digits.data import idx
from digits.errors import DataError
from digits.files import write_atomically


@dataclass(frozen=True, slots=True)
class File:
    """One file of a data set: its usual name, and size and SHA-256 of its plain IDX contents."""

    name: str
    size: int
    sha256: str


TRAIN = (
    File(
        "train-images-idx3-ubyte",
        47_040_016,
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    File(
        "train-labels-idx1-ubyte",
        60_008,
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
)
TEST = (
    File(
        "t10k-images-idx3-ubyte",
        7_840_016,
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    File(
        "t10k-labels-idx1-ubyte",
        10_008,
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
)
FILES = TRAIN + TEST


def find(file: File, directory: Path) -> Path | None:
    """The path of the file in the directory, plain or compressed; None if it is missing."""
    dotted = file.name.replace("-idx", ".idx")  # as some archives spell it
    for name in (file.name, f"{file.name}.gz", dotted, f"{dotted}.gz"):
        if (directory / name).is_file():
            return directory / name
    return None


def read(file: File, directory: Path) -> NDArray[np.uint8] | None:
    """The checked array of a file; None if the directory does not hold it.

    Raises DataError if what it holds is unreadable, damaged, or something else.
    """
    try:
        path = find(file, directory)
        if path is None:
            return None
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{error.filename} cannot be read: {error.strerror}") from error
    return check(content, file, str(path))[1]


def check(content: bytes, file: File, source: str) -> tuple[bytes, NDArray[np.uint8]]:
    """Plain IDX contents and array of a file that should be this one, plain or compressed.

    Raises DataError, naming the source, if it is damaged or its SHA-256 differs.
    """
    content = idx.decompress(content, source)
    array: NDArray[np.uint8] = idx.parse(content, source)
    found = hashlib.sha256(content).hexdigest()
    if found != file.sha256:
        raise DataError(
            f"{source} has the SHA-256 {found}; expected {file.sha256} for {file.name}; "
            "remove it, or name another directory"
        )
    return content, array


def store(content: bytes, file: File, directory: Path, source: str) -> None:
    """Check contents and put them into the directory as the plain file.

    Raises DataError if they are not what they should be; then nothing is stored.
    """
    write_atomically(directory / file.name, check(content, file, source)[0])


def copy(source: Path, missing: Iterable[File], directory: Path) -> None:
    """Put the missing files into the directory, from another one.

    Raises DataError at the first file that the source does not hold whole.
    """
    for file in missing:
        path = find(file, source)
        if path is None:
            raise DataError(f"holds no {file.name}")
        store(path.read_bytes(), file, directory, str(path))
