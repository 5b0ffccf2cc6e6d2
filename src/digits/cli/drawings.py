"""Where drawings of pictures go, and their saving."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.errors import DigitsError, PictureError
from digits.files import write_atomically
from digits.io.result import Outcome, Reading

NAME_BYTES = 255  # the longest file name that Linux, macOS and Windows take


class Names:
    """File names of drawings in folders: no two the same, and none of a picture to be read.

    Names that differ by case alone count as the same. Names that are too long are cut.
    """

    def __init__(self, pictures: Iterable[str], taken: Iterable[Path] = ()) -> None:
        self._pictures = tuple(dict.fromkeys(pictures))
        self._used = {_key(path) for path in (*taken, *map(Path, self._pictures))}

    def of_pictures(self, folder: Path | None) -> dict[str, Path]:
        """A path for each picture: under its own name, with a number where that is taken.

        Without a folder there are no drawings.
        """
        numbers: dict[str, int] = {}  # the last one given to each stem
        paths: dict[str, Path] = {}
        if folder is None:
            return paths
        for picture in self._pictures:
            stem = "picture" if picture == "-" else Path(picture).stem
            paths[picture], numbers[stem] = self._free(folder, stem, numbers.get(stem, 1))
        return paths

    def of_page(self, path: Path, outcome: Outcome) -> Path:
        """The path of a page's drawing beside that of its picture."""
        stem = f"{path.stem}-page-{outcome.page:0{len(str(outcome.pages))}}"
        return self._free(path.parent, stem, 1)[0]

    def _free(self, folder: Path, stem: str, number: int) -> tuple[Path, int]:
        """The first free path from a number on, taken from now on, and its number."""
        path = folder / _fitting(stem, number)
        while _key(path) in self._used:
            number += 1
            path = folder / _fitting(stem, number)
        self._used.add(_key(path))
        return path, number


def drawn(
    outcomes: Iterable[Outcome],
    draw: Callable[[Reading], NDArray[np.uint8]],
    folder: Path | None,
    names: Names,
) -> Iterator[Outcome]:
    """Pass outcomes on, and save a drawing of each reading in the folder, if there is one."""
    paths = names.of_pictures(folder)
    pages: dict[tuple[str, int], Path] = {}  # where there are several

    def path_of(outcome: Outcome) -> Path | None:
        path, page = paths.get(outcome.name), (outcome.name, outcome.page)
        if path is None or outcome.pages == 1:
            return path
        if page not in pages:
            pages[page] = names.of_page(path, outcome)
        return pages[page]

    return (_drawn(outcome, draw, path_of(outcome)) for outcome in outcomes)


def _drawn(
    outcome: Outcome, draw: Callable[[Reading], NDArray[np.uint8]], path: Path | None
) -> Outcome:
    """The outcome, its drawing saved; or with the error that it cannot be drawn."""
    if outcome.reading is None or path is None:
        return outcome
    try:
        drawing = draw(outcome.reading)
    except PictureError as error:  # gone since it was read
        return replace(outcome, reading=None, error=str(error))
    _save(drawing, path)
    return outcome


def _key(path: Path) -> str:
    """The same for all paths that may lead to one file."""
    return os.path.realpath(path).casefold()


def _fitting(stem: str, number: int) -> str:
    """The file name of a drawing, its stem cut so that it is no longer than a name may be."""
    ending = ".png" if number == 1 else f"-{number}.png"
    while len(os.fsencode(stem + ending)) > NAME_BYTES:
        stem = stem[:-1]
    return stem + ending


def _save(drawing: NDArray[np.uint8], path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DigitsError(f"cannot make the folder {path.parent}: {error.strerror}") from error
    encoded = cv2.imencode(".png", drawing[..., ::-1])[1]
    write_atomically(path, encoded.tobytes())
