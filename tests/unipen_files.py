"""Small UNIPEN files, as a published distribution has them, for tests to read and convert."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

Point = tuple[float, float]


def pen_down(points: Iterable[Point]) -> str:
    return ".PEN_DOWN\n" + "".join(f"\t{x:g}\t{y:g}\n" for x, y in points) + ".PEN_UP\n"


def bow(x: float, y: float, height: float, bend: float = 0.5) -> list[Point]:
    """A stroke upwards from (x, y), bent to the right in its middle by `bend` of its height."""
    up = [i / 8 for i in range(9)]
    return [(x + height * bend * 4 * each * (1 - each), y + height * each) for each in up]


def segment(level: str, delineation: str, label: str, quality: str = "?") -> str:
    return f'.SEGMENT {level} {delineation} {quality} "{label}"\n'


def write(path: Path, *parts: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(parts), "latin-1", newline="")
    return path


def write_person(
    root: Path, contributor: str, writer: str, size: float, labels: Sequence[tuple[str, str]]
) -> None:
    """One person's ink file, and a file that lists it: in turn a category and a label.

    A label is written as one bow a character, `size` high, or 0.57 of that for "a"; a blank is
    none. No two bows of a person, or of people of other sizes, are alike. Labels of several
    characters are words, in category 8 texts.
    """
    components, listed, x, count = [], {}, 0.0, 0
    for category, label in labels:
        first = count
        for character in label.replace(" ", ""):
            height, bend = size * (0.57 if character == "a" else 1), 0.3 + count / 50 + size / 1000
            components.append(pen_down(bow(x, 100, height, bend)))
            x, count = x + size, count + 1
        level = "TEXT" if category == "8" else "CHARACTER" if len(label) == 1 else "WORD"
        listed.setdefault(category, []).append(segment(level, f"{first}-{count - 1}", label))
        x += size
    ink = f"{contributor}/data/{writer}.dat"
    write(root / "include" / ink, f".WRITER_ID {writer}\n", ".COORD X Y\n", *components)
    for category, lines in listed.items():
        path = root / "data" / category / contributor / f"{writer}.dat"
        write(path, f".VERSION 1.0\n.INCLUDE {ink}\n", *lines)


def write_distribution(root: Path) -> Path:
    """Three people of two contributors, one of whom is large: 6 digits, 3 letters and so on."""
    digits = [("1a", digit) for digit in "123456"]
    more = [("2", "a"), ("1d", ","), ("7", "12"), ("8", "12 34 56")]
    write_person(root, "abc", "Ann_Other", 50, digits + more)
    write_person(root, "abc", "ben", 400, [*digits, ("1b", "B"), ("3", "L")])
    write_person(root, "sta", "sue", 80, [*digits, ("7", "b12")])
    return root
