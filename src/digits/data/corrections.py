"""What a user answered about digits that were read: right, it is another one, or no digit at all.

A store is a folder of the user's choice: `corrections.jsonl`, to which one line is appended for
each correction and for each undoing, and `tiles/ID.png` with what was read. A line is written after
its tile and brought to the disk before `add` returns: what was acknowledged survives the end of the
process at any moment. Several processes may share a store.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.errors import DataError
from digits.files import printable, sync_folder, write_atomically
from digits.model.spec import CLASSES, TILE

LOG = "corrections.jsonl"
TILES = "tiles"
LOCK = ".lock"
PATIENCE = 10  # seconds to wait for another process that writes


@dataclass(frozen=True, slots=True, eq=False)
class Correction:
    """One answer of the user's.

    id: 16 hexadecimal digits. tile: (28, 28) uint8, ink bright, as the network saw it. answer: the
    digit that it is, 0 to 9; None for no digit. read: what was read, None for no digit.
    confidence: with which, in [0, 1], or None where that is not known. time: when the answer was
    given, ISO 8601, UTC.
    """

    id: str
    tile: NDArray[np.uint8]
    answer: int | None
    read: int | None
    confidence: float | None
    time: str

    @property
    def confirmed(self) -> bool:
        """Whether the user confirmed what was read."""
        return self.answer == self.read

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, the tile as 28 rows of 28 numbers."""
        return _line_of(self) | {"tile": self.tile.tolist()}


@dataclass(frozen=True, slots=True, eq=False)
class Contents:
    """What a store holds: corrections in the order in which they were given, without those undone,
    and one line about each part of it that is damaged and was left out."""

    corrections: tuple[Correction, ...]
    problems: tuple[str, ...]


class Corrections:
    """A store of corrections in a folder, which is made if it is not there.

    Every method raises DataError if the folder cannot be read or written.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        with self._errors():
            (self.folder / TILES).mkdir(parents=True, exist_ok=True)

    def add(
        self,
        tile: NDArray[np.uint8],
        answer: int | None,
        *,
        read: int | None = None,
        confidence: float | None = None,
    ) -> Correction:
        """Store an answer; once this returns, it is on the disk. See Correction.

        Raises ValueError for a tile, digit or confidence out of range.
        """
        new = Correction(
            secrets.token_hex(8),
            _checked_tile(tile),
            _checked_digit("answer", answer),
            _checked_digit("read", read),
            _checked_confidence(confidence),
            _now(),
        )
        with self._errors(), self._locked():
            encoded = cv2.imencode(".png", new.tile)[1]
            write_atomically(self._tile_path(new.id), encoded.tobytes())
            self._append(_line_of(new))
        return new

    def undo(self, id: str) -> bool:
        """Take a correction back; False if there is none of that id, or it was undone before."""
        with self._errors(), self._locked():
            standing, _ = self._standing()
            if id not in standing:
                return False
            self._append({"undo": id, "time": _now()})
        return True

    def load(self) -> Contents:
        """All corrections that stand."""
        with self._errors(), self._locked():
            standing, problems = self._standing()
        found = []
        for each in standing.values():
            tile = _read_tile(self._tile_path(each.id))
            if tile is None:
                problems.append(f"tile {each.id}.png is missing or damaged; its line is left out")
            else:
                found.append(replace(each, tile=tile))
        return Contents(tuple(found), tuple(problems))

    def export(self, file: str | os.PathLike[str] | BinaryIO) -> int:
        """Write all corrections that stand as a zip, whose content is a store again; their number.

        file: a path, or an open binary file.
        """
        found = self.load().corrections
        with self._errors(), zipfile.ZipFile(file, "w") as archive:
            lines = "".join(f"{_json(_line_of(each))}\n" for each in found)
            archive.writestr(LOG, lines, zipfile.ZIP_DEFLATED)
            for each in found:
                archive.write(self._tile_path(each.id), f"{TILES}/{each.id}.png")
        return len(found)

    def _tile_path(self, id: str) -> Path:
        return self.folder / TILES / f"{id}.png"

    def _append(self, line: dict[str, Any]) -> None:
        """Bring a line to the disk, on a line of its own also where the last one is torn."""
        path = self.folder / LOG
        is_new = not path.exists()
        with path.open("a+b") as file:
            file.seek(max(file.seek(0, os.SEEK_END) - 1, 0))
            is_torn = file.read(1) not in (b"", b"\n")
            file.write(b"\n" * is_torn + _json(line).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            sync_folder(self.folder)

    def _standing(self) -> tuple[dict[str, Correction], list[str]]:
        """Corrections that were not undone, by id, without their tiles; and problems."""
        standing: dict[str, Correction] = {}
        problems: list[str] = []
        try:
            lines = (self.folder / LOG).read_bytes().splitlines()
        except FileNotFoundError:
            return standing, problems
        for number, line in enumerate(lines, 1):
            if not line:
                continue
            try:
                entry = dict(json.loads(line))
                if "undo" in entry:
                    standing.pop(str(entry["undo"]), None)
                else:
                    new = _correction_of(entry)
                    standing[new.id] = new
            except (ValueError, TypeError, KeyError, RecursionError):
                problems.append(f"line {number} of {LOG} is torn or damaged; it is left out")
        return standing, problems

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        from filelock import FileLock, Timeout

        try:
            with FileLock(self.folder / LOCK, timeout=PATIENCE):
                yield
        except Timeout as error:
            raise DataError(
                f"another process has held {self._name} for {PATIENCE} s; try again"
            ) from error

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise DataError(
                f"the folder of corrections {self._name} cannot be used: "
                f"{error.strerror or error}; name another one"
            ) from error

    @property
    def _name(self) -> str:
        return printable(str(self.folder))


def _line_of(each: Correction) -> dict[str, Any]:
    return {
        "id": each.id,
        "time": each.time,
        "read": each.read,
        "confidence": each.confidence,
        "answer": each.answer,
        "confirmed": each.confirmed,
    }


def _correction_of(line: dict[str, Any]) -> Correction:
    """A line without its tile. Raises ValueError, TypeError or KeyError."""
    if not (len(line["id"]) == 16 and set(line["id"]) <= set("0123456789abcdef")):
        raise ValueError("an id is 16 hexadecimal digits")  # and so never leads out of the folder
    return Correction(
        line["id"],
        np.zeros((TILE, TILE), np.uint8),
        _checked_digit("answer", line["answer"]),
        _checked_digit("read", line["read"]),
        _checked_confidence(line["confidence"]),
        str(line["time"]),
    )


def _checked_tile(tile: NDArray[np.uint8]) -> NDArray[np.uint8]:
    array = np.asarray(tile)
    if array.shape != (TILE, TILE) or array.dtype != np.uint8:
        raise ValueError(
            f"a tile has shape {array.shape} and dtype {array.dtype}; expected (28, 28) uint8"
        )
    return array.copy()


def _checked_digit(name: str, digit: int | None) -> int | None:
    if digit is None:
        return None
    if isinstance(digit, bool) or not 0 <= digit < CLASSES or digit != int(digit):
        raise ValueError(f"{name} is {digit!r}; expected 0 to 9, or None for no digit")
    return int(digit)


def _checked_confidence(confidence: float | None) -> float | None:
    if confidence is None:
        return None
    if not 0 <= float(confidence) <= 1:
        raise ValueError(f"confidence is {confidence!r}; expected 0 to 1, or None")
    return float(confidence)


def _read_tile(path: Path) -> NDArray[np.uint8] | None:
    """A tile from its file; None if it is missing or damaged."""
    try:
        content = np.frombuffer(path.read_bytes(), np.uint8)
    except FileNotFoundError:
        return None
    tile = cv2.imdecode(content, cv2.IMREAD_GRAYSCALE) if len(content) else None
    return tile if tile is not None and tile.shape == (TILE, TILE) else None  # type: ignore[return-value]


def _json(line: dict[str, Any]) -> str:
    return json.dumps(line, separators=(",", ":"))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
