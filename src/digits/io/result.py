"""What was read: plain frozen data, and its forms for people and programs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from digits.errors import DigitsError
from digits.io.content import path_or_kind
from digits.io.number import Box, Number, box_around, box_of, probability_of

if TYPE_CHECKING:
    from digits.io.picture import Picture

SCHEMA = 2  # of JSON; 2 added `value`, `transcript`, `signs` and `tables` to 1

# Why ink is rejected.
UNSURE = "below the acceptance threshold"
BY_CHANCE = "too few and too unsure to tell from chance"


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign that belongs to no number: one of + - = / : ( ) % × ÷ $ € . ,

    confidence: the probability that it is there and is this one.
    """

    text: str
    confidence: float
    box: Box

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "text": self.text,
            "confidence": round(self.confidence, 6),
            "box": list(self.box),
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Sign:
        """The sign that `to_dict` was called on, rounded as there."""
        return cls(content["text"], probability_of(content["confidence"]), box_of(content["box"]))


@dataclass(frozen=True, slots=True)
class Table:
    """Numbers in rows and columns.

    rows: from top to bottom, each of as many cells from left to right: its number, or None for one
    in which none was read. Headings and words are left out. box: around its numbers. is_ruled:
    whether ruled lines part its cells; if not, its numbers are aligned.
    """

    rows: tuple[tuple[Number | None, ...], ...]
    box: Box
    is_ruled: bool

    @property
    def shape(self) -> tuple[int, int]:
        """How many rows and columns there are."""
        return len(self.rows), len(self.rows[0])

    @property
    def numbers(self) -> tuple[Number, ...]:
        """Those of its cells, row by row."""
        return tuple(cell for row in self.rows for cell in row if cell is not None)

    def with_numbers(self, change: Callable[[Number], Number]) -> Table:
        """The same with each number as `change` gives it."""
        rows = tuple(tuple(cell and change(cell) for cell in row) for row in self.rows)
        table = replace(self, rows=rows)
        return replace(table, box=box_around([number.box for number in table.numbers]))

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "ruled": self.is_ruled,
            "box": list(self.box),
            "rows": [[cell and cell.to_dict() for cell in row] for row in self.rows],
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Table:
        """The table that `to_dict` was called on, rounded as there.

        Raises ValueError if it has no cells, no number, or rows that differ in length.
        """
        rows = tuple(
            tuple(cell and Number.from_dict(cell) for cell in row) for row in content["rows"]
        )
        if len({len(row) for row in rows}) != 1 or not any(map(any, rows)):
            raise ValueError("a table whose rows differ in length, or without numbers")
        return cls(rows, box_of(content["box"]), bool(content["ruled"]))


@dataclass(frozen=True, slots=True)
class Rejected:
    """Ink that looks like a digit and is not taken for one.

    reason: UNSURE, where a digit is less likely than the threshold; or BY_CHANCE, where digits are
    likely enough each, but so few and unsure that the other ink of the picture gives as many.
    """

    box: Box
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"box": list(self.box), "reason": self.reason}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Rejected:
        """What `to_dict` was called on."""
        return cls(box_of(content["box"]), content["reason"])


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """All that was read in one picture.

    text: numbers of a line parted by blanks, lines by newlines; "" if there are none. Digits
    less sure than the reader's `min_confidence` are "?" in it. lines: the numbers of each line.
    signs: those that belong to no number, in reading order. transcript: the text with these signs
    where they were written, "17 + 20.5 =", line for line; the text itself if it is left out.
    tables: of these numbers, from top to bottom.
    orientation: by how many degrees the picture was turned clockwise to read it. width, height: of
    the picture in pixels, as a viewer shows it. model: the name of the model that read.
    fingerprint: of all that the answer depends on besides the picture, as Reader.fingerprint.
    source: what the picture can be opened from again: what was given, or the content of a file
    object; None in a reading from `from_dict`. page: which page of it, from 1 on.
    """

    text: str
    lines: tuple[tuple[Number, ...], ...]
    rejected: tuple[Rejected, ...]
    orientation: int
    width: int
    height: int
    model: str
    fingerprint: str
    source: Picture | None = field(default=None, repr=False)
    signs: tuple[Sign, ...] = ()
    transcript: str = ""
    tables: tuple[Table, ...] = ()
    page: int = 1

    def __post_init__(self) -> None:
        if not self.transcript:
            object.__setattr__(self, "transcript", self.text)

    @property
    def numbers(self) -> tuple[Number, ...]:
        """All numbers in reading order."""
        return tuple(number for line in self.lines for number in line)

    def without_signs(self) -> Reading:
        """The same with digits alone, as `digits read --digits-only` and Reader(signs=False) give
        it: a sign or a decimal mark ends a number, "-3" is 3, and "8,0" is 8 and 0; in a table,
        whose cells hold one number each, it is 80."""
        text = "\n".join(" ".join(re.findall("[0-9?]+", line)) for line in self.text.splitlines())
        lines = (
            tuple(part for number in line for part in number.without_signs()) for line in self.lines
        )
        return replace(
            self,
            text=text,
            lines=tuple(lines),
            signs=(),
            transcript=text,
            tables=tuple(table.with_numbers(Number.digits_alone) for table in self.tables),
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, without the picture."""
        return {
            "width": self.width,
            "height": self.height,
            "orientation": self.orientation,
            "text": self.text,
            "transcript": self.transcript,
            "numbers": [number.to_dict() for number in self.numbers],
            "signs": [sign.to_dict() for sign in self.signs],
            "tables": [table.to_dict() for table in self.tables],
            "rejected": [rejected.to_dict() for rejected in self.rejected],
            "model": self.model,
            "fingerprint": self.fingerprint,
            "schema": SCHEMA,
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Reading:
        """The reading that `to_dict` was called on, without picture and tiles, rounded as there.

        content: also an object of `digits read --json`, of this schema or an earlier one. Raises
        ValueError for what is no reading.
        """
        try:
            numbers = [Number.from_dict(number) for number in content["numbers"]]
            # a line of the text has as many words as there are numbers in it
            counts = [len(line.split(" ")) for line in content["text"].splitlines()]
            if sum(counts) != len(numbers):
                raise ValueError(f"{len(numbers)} numbers, but {sum(counts)} in its text")
            transcript = content.get("transcript", content["text"])  # schema 1 had no signs
            if len(transcript.splitlines()) != len(counts):
                raise ValueError(f"{len(counts)} lines of text, but not as many of its transcript")
            rest = iter(numbers)
            return cls(
                content["text"],
                tuple(tuple(islice(rest, count)) for count in counts),
                tuple(map(Rejected.from_dict, content["rejected"])),
                content["orientation"],
                content["width"],
                content["height"],
                content["model"],
                content.get("fingerprint", ""),  # the first readings had none
                signs=tuple(map(Sign.from_dict, content.get("signs", ()))),
                transcript=transcript,
                tables=_tables(content.get("tables", ()), numbers),
                page=content.get("page", 1),  # of an object of `digits read --json`
            )
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(
                f"not a reading ({type(error).__name__}: {error}); expected what "
                "Reading.to_dict() gives, or an object of digits read --json without an error"
            ) from error

    def draw(self, picture: Picture | None = None) -> NDArray[np.uint8]:
        """(H, W, 3) uint8 RGB: the picture with a box, digits and confidence for each number.

        picture: the one that was read; it need only be given to a reading from `from_dict`, which
        has no source. Raises PictureError if it cannot be opened, DigitsError if there is none or
        it has another size.
        """
        from digits.io.draw import draw_reading
        from digits.io.picture import open_picture

        source = self.source if picture is None else picture
        if source is None:
            raise DigitsError("this reading has no picture; give the one read: draw(picture)")
        pixels = open_picture(source, self.page if picture is None else 1)
        height, width = pixels.shape[:2]
        if (width, height) != (self.width, self.height):
            raise DigitsError(
                f"the picture to draw on has {width} x {height} pixels, the one read had "
                f"{self.width} x {self.height}; give the one read: draw(picture)"
            )
        return draw_reading(self, pixels)


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What became of one picture: either `reading` or `error` is not None.

    source: what was given, or the path that was found in a folder or by a wildcard. page: which
    page of it, from 1 on. error: why it could not be read, one line. seconds: how long that took.
    pages: of how many; 1 also where of an animation the first frame alone is read.
    """

    source: Picture = field(repr=False)
    page: int
    reading: Reading | None
    error: str | None
    seconds: float
    pages: int = 1

    @property
    def name(self) -> str:
        """The path as it was given, or the kind of another source."""
        return path_or_kind(self.source)

    @property
    def title(self) -> str:
        """The name; with the page where there are several."""
        return f"{self.name}, page {self.page}" if self.pages > 1 else self.name

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: an object of `digits read --json`."""
        content: dict[str, Any] = {"picture": self.name, "page": self.page}
        if self.reading is not None:
            return content | self.reading.to_dict()
        if self.pages == 1:  # of what cannot be opened no page is known
            del content["page"]
        return content | {"error": self.error, "schema": SCHEMA}


def _tables(contents: Sequence[Mapping[str, Any]], numbers: Sequence[Number]) -> tuple[Table, ...]:
    """Tables from `to_dict`, of the same numbers as the lines of their reading."""
    known = {(number.text, number.box): number for number in numbers}
    tables = map(Table.from_dict, contents)
    return tuple(each.with_numbers(lambda n: known.get((n.text, n.box), n)) for each in tables)
