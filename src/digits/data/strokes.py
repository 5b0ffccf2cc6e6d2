"""Pen strokes of 737 people: digits, letters, symbols, words and lines of text.

Six tables: one for each of KINDS, and `writers.npz`. They are looked for in the directory that is
named, in `$DIGITS_DATA` and in the user's cache, each time in the folder `strokes` of it and in the
directory itself; the first of these that holds `writers.npz` is taken, whole. Each table is checked
by SHA-256 whenever it is loaded. There is no download: `digits data strokes --from FOLDER` converts
the published distribution (see stroke_tables.py).

Source: UNIPEN train_r01_v07, International Unipen Foundation, CC BY 4.0,
https://doi.org/10.5281/zenodo.1195803; Guyon et al. 1994, DOI 10.1109/ICPR.1994.576870.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.data import directories
from digits.errors import DataError

KINDS = ("digits", "letters", "symbols", "words", "text")
PARTS = ("train", "validation", "test")
WRITERS = "writers"  # the table of the people
SUMS = "strokes.json"  # SHA-256 sums of tables that the user converted, beside them
SHARED = ("hpb", "hpp", "sta")  # contributors that collected from the same people, in part
SPLIT_SEED = 737  # of the draw that splits the people, once
HELD_OUT = 0.12  # fraction of the people in validation, and in test

DOI = "https://doi.org/10.5281/zenodo.1195803"
ATTRIBUTION = (
    f"UNIPEN train_r01_v07, International Unipen Foundation, CC BY 4.0, {DOI}; "
    "Guyon et al. 1994, DOI 10.1109/ICPR.1994.576870"
)
ADVICE = (
    f"there is no download of them: unpack UNIPEN train_r01_v07 ({DOI}) "
    "and convert it with digits data strokes --from FOLDER"
)
SHA256 = {
    "digits": "ab7364c317047257ddeabe885b05b6be277ebf8ea719a134d1ef1ff7863888c4",
    "letters": "0a6dd22637a223480466289a21e92da9d8ba23cad09330edbddff5bb159d6ca4",
    "symbols": "22c3f7c9f06e8747c241b5876cfde03c02ff3baea5ea8d045b6db9f59bbcbaba",
    "words": "d03314ca8eb4e6ce341d31a761d9fad161580af365a803e6162ca7b220145cd3",
    "text": "581614a248aca00b78273adee3e23251f9d0313617460cb4e41526d4dfa81b9c",
    WRITERS: "c897aaec13480f50e0be5a9033742327c324857fb39394cf8a73a352bcd20901",
}

Directory = str | os.PathLike[str] | None
Points = NDArray[np.int16]  # (n, 2), x to the right, y down


@dataclass(frozen=True)
class Strokes:
    """N samples of one kind. A sample of "text" may have several lines: then it is 3 units high.

    points: (P, 2) int16, x to the right and y down; the box of each sample begins at (0, 0), or
    closer to it than 0.05 unit.
    stroke_start: (S + 1,) int32, stroke i being points[stroke_start[i]:stroke_start[i + 1]].
    sample_start: (N + 1,) int32, sample j being strokes sample_start[j] to sample_start[j + 1] - 1.
    label: (N,) what is written. writer: (N,) int32, a number for each person. cut: (N,) bool,
    whether a stroke was cut through, so that its ends are no ends of the pen's. context: (N,) bool,
    whether it was written within a word. unit: height of a digit or capital of the writer.
    """

    points: Points
    stroke_start: NDArray[np.int32]
    sample_start: NDArray[np.int32]
    label: NDArray[np.str_]
    writer: NDArray[np.int32]
    cut: NDArray[np.bool_]
    context: NDArray[np.bool_]
    unit: int

    def __len__(self) -> int:
        return len(self.label)

    def sample(self, index: int) -> list[Points]:
        """The strokes of one sample."""
        first, last = self.sample_start[index : index + 2].tolist()
        bounds = self.stroke_start[first : last + 1].tolist()
        return [self.points[a:b] for a, b in pairwise(bounds)]

    @cached_property
    def by_writer(self) -> dict[int, NDArray[np.intp]]:
        """The indices of each person's samples."""
        order = np.argsort(self.writer, kind="stable")
        people, first = np.unique(self.writer[order], return_index=True)
        return dict(zip(people.tolist(), np.split(order, first)[1:], strict=True))


def load(kind: str, directory: Directory = None) -> Strokes:
    """The samples of one of KINDS.

    directory: where the tables are; by default `$DIGITS_DATA` or the cache.
    Raises DataError if they are missing or damaged.
    """
    if kind not in KINDS:
        raise ValueError(f"kind is {kind!r}; expected one of {', '.join(KINDS)}")
    arrays = _read(kind, find(directory))
    unit = int(arrays.pop("unit"))
    return Strokes(**arrays, unit=unit)


def people(part: str, directory: Directory = None) -> NDArray[np.intp]:
    """The numbers of the people of one of PARTS, ascending.

    A person is in one part with all samples. Contributors that may share people are in "train".
    Raises DataError if the table of the people is missing or damaged.
    """
    if part not in PARTS:
        raise ValueError(f"part is {part!r}; expected one of {', '.join(PARTS)}")
    contributor = _read(WRITERS, find(directory))["contributor"]
    drawn = np.random.default_rng(SPLIT_SEED).random(len(contributor))
    drawn[np.isin(contributor, SHARED)] = 1.0
    edges = {"test": (0.0, HELD_OUT), "validation": (HELD_OUT, 2 * HELD_OUT)}
    low, high = edges.get(part, (2 * HELD_OUT, 2.0))
    return np.flatnonzero((drawn >= low) & (drawn < high))


def find(directory: Directory = None) -> Path:
    """The folder of the tables; raises DataError, with what to do, if there is none."""
    named = directories.named_directory
    searched = [named(directory), named(), directories.cache_directory()]
    homes = list(dict.fromkeys(home for home in searched if home))
    for home in homes:
        if folder := held_in(home):
            return folder
    looked = ", ".join(str(home) for home in homes)
    raise DataError(f"no pen strokes in {looked}; {ADVICE}")


def are_at_hand(directory: Directory = None) -> bool:
    """Whether the tables are found."""
    try:
        find(directory)
    except DataError:
        return False
    return True


def held_in(home: Path) -> Path | None:
    """The folder of the tables in a home directory: `strokes` in it, or itself; None if neither."""
    folders = (home / "strokes", home)
    return next((each for each in folders if (each / f"{WRITERS}.npz").is_file()), None)


def _read(name: str, folder: Path) -> dict[str, NDArray[Any]]:
    """The arrays of a table, whose SHA-256 is checked first."""
    path = folder / f"{name}.npz"
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise DataError(f"{path} is missing; {ADVICE}") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error
    found, expected = hashlib.sha256(content).hexdigest(), _sums(folder).get(name)
    if found != expected:
        raise DataError(
            f"{path} has the SHA-256 {found}; expected {expected}; "
            f"remove the tables of pen strokes in {folder}; {ADVICE}"
        )
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        return {array: file[array] for array in file.files}


def _sums(folder: Path) -> dict[str, str]:
    """The SHA-256 that each table should have: of those beside SUMS, or of the project's own."""
    path = folder / SUMS
    if not path.exists():
        return SHA256
    try:
        return dict(json.loads(path.read_text("utf-8"))["sha256"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{path} is no table of SHA-256 sums; remove it and the tables beside it; {ADVICE}"
        ) from error
