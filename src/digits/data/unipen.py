"""UNIPEN 1.0 files: pen trajectories as text, and segments of them with their labels.

A distribution has two folders. `data/CATEGORY/CONTRIBUTOR/` holds files that list segments,
`.SEGMENT CHARACTER 5:12-6:30,8 OK "4"`, and name with `.INCLUDE` the files below `include/` that
hold the ink: blocks of coordinates after `.PEN_DOWN` and `.PEN_UP`. These blocks, the components,
are counted from 0 through all included files; blocks without points do not count.

Source: Guyon, Schomaker, Plamondon, Liberman, Janet 1994, DOI 10.1109/ICPR.1994.576870.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digits.errors import DataError

CATEGORIES = ("1a", "1b", "1c", "1d", "2", "3", "6", "7", "8")
WITHIN_WORDS = "3"  # the category of characters that were written in the context of words
NOT_INK = (".doc", ".lex", ".freq")  # included files of documentation and lexicons
HOUSES = {"ap": "apple", "ce": "cedar"}  # whose people wrote for several of their collections
PER_INCH = {"POINTS_PER_INCH": 1.0, "POINTS_PER_MM": 25.4}

DIRECTIVE = re.compile(r"^\.([A-Z][A-Z_0-9]*)[ \t]*", re.MULTILINE)
SEGMENT = re.compile(r'(\S+)\s+(\S+)\s+(\S+)\s+"((?:\\.|[^"\\])*)"')
STRETCH = re.compile(r"(\d+)(?::(\d+))?(?:-(\d+)(?::(\d+))?)?")  # 8, 5:12, 3-4 or 5:12-6:30
POINT = re.compile(r"\s*([-+]?\d+(?:\.\d*)?)\s+([-+]?\d+(?:\.\d*)?)(?:\s|$)")

Stroke = NDArray[np.float64]  # (n, 2), x to the right, y down
Group = tuple[tuple[str, ...], list[Path]]  # names of ink files, and the files that list segments


@dataclass(frozen=True, slots=True)
class Sample:
    """One segment: what is written and its strokes, in inches or in the tablet's own units.

    level: "character", "word" or "text". ink: names of the ink files that it was cut from.
    person: "HOUSE/NAME", one for all collections of a contributor's house. context: whether it was
    written within a word. cut: whether a stroke was cut through.
    """

    level: str
    label: str
    strokes: list[Stroke]
    ink: str
    contributor: str
    person: str
    context: bool
    cut: bool


@dataclass
class Ink:
    """The components of ink files in their order, and who wrote them from which one on."""

    components: list[Stroke] = field(default_factory=list)
    is_down: list[bool] = field(default_factory=list)
    writers: list[tuple[int, str]] = field(default_factory=list)
    per_inch: dict[str, float] = field(default_factory=dict)

    @property
    def scale(self) -> NDArray[np.float64]:
        """(2,): from the tablet's units to inches, if it tells, y turned down."""
        x, y = self.per_inch.get("X", 0.0), self.per_inch.get("Y", 0.0)
        return np.array([1 / x, -1 / y] if x > 0 and y > 0 else [1.0, -1.0])

    def writer_of(self, component: int) -> str:
        """The writer's name, "" where none is given; the first one's before any other's begins."""
        begun = [name for first, name in self.writers if first <= component]
        return begun[-1] if begun else self.writers[0][1] if self.writers else ""


def find_root(folder: Path) -> Path:
    """The folder of a distribution, at most two levels below the one that is named."""
    if folder.is_dir():
        for each in (folder, *sorted(folder.glob("*")), *sorted(folder.glob("*/*"))):
            if (each / "data").is_dir() and (each / "include").is_dir():
                return each
    raise DataError(
        f"{folder} holds no UNIPEN distribution; expected the folder of train_r01_v07, unpacked, "
        "with data and include in it"
    )


def groups(root: Path) -> list[Group]:
    """The files that list segments, those of the same ink together."""
    found = defaultdict(list)
    for category in CATEGORIES:
        paths = sorted(path for path in (root / "data" / category).rglob("*") if path.is_file())
        for path in paths:
            included = (rest.split() for name, rest in directives(path) if name == "INCLUDE")
            ink = tuple(sorted(w[0] for w in included if w and not w[0].endswith(NOT_INK)))
            found[ink or (str(path),)].append(path)
    return sorted(found.items())


def read_group(group: Group, root: Path) -> list[Sample]:
    """The samples of one ink, each once, whichever categories list it."""
    names, paths = group
    ink = read_ink(paths[0], root / "include")
    found: dict[tuple[str, str], Sample] = {}
    within_words = set()
    for path in paths:
        category, contributor = path.relative_to(root / "data").parts[:2]
        for level, delineation, label in segments(path):
            key = delineation, label
            if category == WITHIN_WORDS:
                within_words.add(key)
            if key not in found and (strokes := cut(ink, delineation)):
                writer = ink.writer_of(int(re.split(r"\D", delineation)[0]))
                person = _person(contributor, writer or path.stem)
                found[key] = Sample(
                    level, label, strokes, "+".join(names), contributor, person,
                    context=False, cut=":" in delineation,
                )  # fmt: skip
    return [replace(sample, context=key in within_words) for key, sample in found.items()]


def _person(contributor: str, writer: str) -> str:
    """One name for each person, however it is spelled: "HOUSE/NAME"."""
    house = HOUSES.get(contributor[:2], contributor)
    return f"{house}/{re.sub(r'[^a-z0-9]', '', writer.lower()) or writer}"


def segments(path: Path) -> Iterator[tuple[str, str, str]]:
    """Level, delineation and label of each segment of a file but those that are called bad there.

    A delineation tells components and points: "0-3", "5:12-6:30,8". Blanks in a label count once.
    """
    for name, rest in directives(path):
        if name == "SEGMENT" and (match := SEGMENT.match(rest)):
            level, delineation, quality, label = match.groups()
            label = " ".join(re.sub(r"\\(.)", r"\1", label).split())
            if label and quality != "BAD" and all(map(STRETCH.fullmatch, delineation.split(","))):
                yield level.lower(), delineation, label


def read_ink(path: Path, include: Path) -> Ink:
    """All ink of a file and of those that it includes, from the folder `include`."""
    ink, columns = Ink(), 2
    for name, rest in _inlined(path, include):
        first_line = rest.partition("\n")[0].strip()
        axis, _, measure = name.partition("_")
        if name in ("PEN_DOWN", "PEN_UP"):
            points = _read_points(rest, columns)
            if len(points):
                ink.components.append(points)
                ink.is_down.append(name == "PEN_DOWN")
        elif name == "COORD":
            columns = len(first_line.split()) or columns
        elif name == "WRITER_ID" and first_line:
            ink.writers.append((len(ink.components), first_line))
        elif measure in PER_INCH and re.fullmatch(r"\d+(\.\d*)?", first_line):
            ink.per_inch[axis] = float(first_line) * PER_INCH[measure]
    return ink


def cut(ink: Ink, delineation: str) -> list[Stroke]:
    """The pen-down strokes of a segment, scaled; empty if it reaches beyond the ink."""
    strokes = []
    for part in delineation.split(","):
        match = STRETCH.fullmatch(part)
        if match is None:
            return []
        first, from_point, last, to_point = match.groups()
        start, stop = int(first), int(last or first)
        if stop >= len(ink.components):
            return []
        for number in range(start, stop + 1):
            low = int(from_point) if from_point and number == start else 0
            high = int(to_point) + 1 if to_point and number == stop else None
            if ink.is_down[number] and len(points := ink.components[number][low:high]):
                strokes.append(points * ink.scale)
    return strokes


def directives(path: Path) -> list[tuple[str, str]]:
    """Each directive of a file with all that follows it."""
    parts = DIRECTIVE.split(path.read_text("latin-1").replace("\r", "\n"))
    return list(zip(parts[1::2], parts[2::2], strict=True))


def _inlined(
    path: Path, include: Path, including: tuple[Path, ...] = ()
) -> Iterator[tuple[str, str]]:
    """The directives of a file, those of included files in the place of `.INCLUDE`."""
    for name, rest in directives(path):
        if name != "INCLUDE":
            yield name, rest
        elif words := rest.split():
            target = (include / words[0]).resolve()
            inside = target.is_relative_to(include.resolve()) and target not in including
            if inside and target.is_file() and target.suffix not in NOT_INK[1:]:
                yield from _inlined(target, include, (*including, target))


def _read_points(block: str, columns: int) -> Stroke:
    """(n, 2): x and y of a block of coordinates, whose rows have `columns` numbers."""
    try:
        numbers = np.array(block.split(), np.float64)
        return numbers.reshape(-1, columns)[:, :2]
    except ValueError:  # words among them, or a row that is too short
        rows = [match.groups() for match in map(POINT.match, block.split("\n")) if match]
        return np.array(rows, np.float64).reshape(-1, 2)
