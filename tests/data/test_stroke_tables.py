"""Conversion of a UNIPEN distribution into tables: sizes, thinning, what is left out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from unipen_files import write_distribution, write_person

from digits.data import stroke_tables, strokes
from digits.data.unipen import Sample
from digits.errors import DataError


def height(table: strokes.Strokes, index: int) -> int:
    return int(np.ptp(np.concatenate(table.sample(index))[:, 1]))


def convert(tmp_path: Path) -> Path:
    write_distribution(tmp_path / "source")
    stroke_tables.convert(tmp_path / "source", tmp_path / "tables")
    return tmp_path / "tables"


def test_a_distribution_becomes_tables_that_load(tmp_path: Path) -> None:
    folder = convert(tmp_path)

    tables = {kind: strokes.load(kind, folder) for kind in strokes.KINDS}

    assert {kind: sorted(table.label.tolist()) for kind, table in tables.items()} == {
        "digits": sorted("123456" * 3),
        "letters": ["B", "L", "a"],
        "symbols": [","],
        "words": ["12", "b12"],
        "text": ["12 34 56"],
    }
    assert tables["letters"].context.tolist() == [label == "L" for label in tables["letters"].label]
    assert {len(rows) for rows in tables["digits"].by_writer.values()} == {6}


def test_people_are_numbered_and_nowhere_named(tmp_path: Path) -> None:
    folder = convert(tmp_path)

    parts = [strokes.people(part, folder).tolist() for part in strokes.PARTS]

    assert sorted([*parts[0], *parts[1], *parts[2]]) == [0, 1, 2]
    assert 2 in parts[0]  # of a contributor that may share people
    for path in folder.iterdir():
        assert b"nn_Other" not in path.read_bytes()
        if path.suffix == ".npz":
            with np.load(path) as file:
                texts = [file[name] for name in file.files if file[name].dtype.kind == "U"]
            assert "ann" not in " ".join(str(text).lower() for each in texts for text in each)


def test_digits_of_every_person_are_as_high_as_the_unit(tmp_path: Path) -> None:
    folder = convert(tmp_path)

    digits = strokes.load("digits", folder)

    assert [height(digits, i) for i in range(len(digits))] == [1000] * 18
    for index in range(len(digits)):
        assert np.concatenate(digits.sample(index)).min(axis=0).tolist() == [0, 0]
        (stroke,) = digits.sample(index)
        assert stroke[0, 1] == 1000  # begins below, as the pen did: y is down
    letters = strokes.load("letters", folder)
    assert height(letters, letters.label.tolist().index("a")) == 570


def test_a_line_has_the_height_of_the_persons_words_or_digits(tmp_path: Path) -> None:
    text = strokes.load("text", convert(tmp_path))

    assert text.unit == 250
    assert height(text, 0) == 250
    assert len(text.sample(0)) == 6


def test_a_line_that_nothing_tells_about_is_measured_by_its_own_strokes(tmp_path: Path) -> None:
    write_person(tmp_path / "source", "abc", "ann", 30, [("8", "12 345")])
    stroke_tables.convert(tmp_path / "source", tmp_path / "tables")

    assert height(strokes.load("text", tmp_path / "tables"), 0) == 250


def test_few_samples_are_measured_by_themselves_or_left_out(tmp_path: Path) -> None:
    write_person(tmp_path / "source", "abc", "ann", 30, [("7", "12"), ("1a", "7"), ("1d", "+")])
    stroke_tables.convert(tmp_path / "source", tmp_path / "tables")

    for kind in ("digits", "words"):
        assert height(strokes.load(kind, tmp_path / "tables"), 0) == 1000
    assert len(strokes.load("symbols", tmp_path / "tables")) == 0


def test_low_letters_tell_the_height_of_tall_ones(tmp_path: Path) -> None:
    labels = [("1c", "a")] * 5 + [("1a", "1")]
    write_person(tmp_path / "source", "abc", "ann", 100, labels)
    stroke_tables.convert(tmp_path / "source", tmp_path / "tables")

    assert height(strokes.load("digits", tmp_path / "tables"), 0) == pytest.approx(1000, abs=10)


@pytest.mark.parametrize(
    ("label", "expected"),
    [("7", 1.0), ("Ab", 1.0), ("a", 0.57), ("go", 1.15), ("July", 1.5), ("10 a", 1.0), ("bi", 1.0),
     ("i", None), ("it's", None), (",", None), ("", None)],
)  # fmt: skip
def test_letters_tell_how_high_their_ink_is(label: str, expected: float | None) -> None:
    assert stroke_tables.relative_height(label) == expected


def test_ink_that_is_listed_twice_is_kept_once(tmp_path: Path) -> None:
    root = tmp_path / "source"
    for contributor in ("abc", "abd"):  # the same ink under two names
        write_person(root, contributor, "ann", 60, [("1a", digit) for digit in "12345"])
    stroke_tables.convert(root, tmp_path / "tables")

    digits = strokes.load("digits", tmp_path / "tables")

    assert len(digits) == 5
    assert digits.by_writer.keys() == {0}


def box(width: int, height: int) -> list[NDArray[np.int64]]:
    return [np.array([[0, 0], [width, height]])]


@pytest.mark.parametrize(
    ("label", "ink", "expected"),
    [
        ("7", box(500, 1000), True),
        ("7", box(100, 200), False),  # a speck
        ("7", box(500, 3500), False),
        (".", box(0, 0), True),
        (".", box(3500, 0), False),
        ("1024", box(2500, 1000), True),
        ("1024", box(300, 1000), False),  # most of it is missing
        ("1024", box(20_000, 1000), False),
        ("1024", box(2500, 50), False),
        ("x" * 99, box(40_000, 1000), False),  # beyond int16
    ],
)
def test_ink_must_have_the_size_of_its_label(
    label: str, ink: list[NDArray[np.int64]], expected: bool
) -> None:
    assert stroke_tables.is_plausible(label, ink, 1000) is expected


def distance(points: NDArray[np.float64], line: NDArray[np.int64]) -> float:
    """The farthest that any point is from a line of straight pieces."""
    starts, along = line[:-1].astype(float), np.diff(line, axis=0).astype(float)
    offset = points[:, None] - starts
    share = (offset * along).sum(2) / np.maximum((along**2).sum(1), 1e-9)
    nearest = starts + np.clip(share, 0, 1)[..., None] * along
    return float(np.hypot(*np.moveaxis(points[:, None] - nearest, 2, 0)).min(1).max())


def test_thinned_strokes_keep_ends_and_form() -> None:
    angle = np.linspace(0, 1.5 * np.pi, 200)
    arc = 500 * np.stack([1 + np.cos(angle), 1 + np.sin(angle)], axis=1)

    thinned = stroke_tables.thin(arc, 4.0)

    assert len(thinned) < 40
    assert thinned[[0, -1]].tolist() == np.rint(arc[[0, -1]]).tolist()
    assert distance(arc, thinned) < 5


def test_a_stroke_that_ends_where_it_began_stays_closed() -> None:
    angle = np.linspace(0, 2 * np.pi, 100)
    ring = np.rint(500 * np.stack([1 + np.cos(angle), 1 + np.sin(angle)], axis=1))

    thinned = stroke_tables.thin(ring, 4.0)

    assert thinned[0].tolist() == thinned[-1].tolist() == ring[0].tolist()
    assert len(thinned) > 8


@pytest.mark.parametrize("points", [[[3.2, 4.9]], [[1, 1], [1, 1]], [[0, 0], [0.2, 0.1], [9, 9]]])
def test_short_strokes_stay(points: list[list[float]]) -> None:
    thinned = stroke_tables.thin(np.array(points, float), 4.0)

    assert thinned[[0, -1]].tolist() == np.rint([points[0], points[-1]]).tolist()
    assert len(thinned) == len(np.unique(np.rint(points), axis=0))


def test_the_steps_of_a_coarse_grid_are_smoothed() -> None:
    stairs = np.array([[i, i // 2 * 2.0] for i in range(20)])

    (line,) = stroke_tables.scaled([stairs], height=18, unit=1000, step=2)

    assert distance(line.astype(float), np.array([[0, 0], [19, 18]]) * 1000 // 18) < 40


def test_corners_stay_where_points_are_few() -> None:
    seven = np.array([[0, 0], [60, 0], [20, 100.0]])

    smoothed = stroke_tables.smooth(seven, 2)

    assert np.abs(smoothed - seven).max() == 1
    assert smoothed[[0, -1]].tolist() == seven[[0, -1]].tolist()


def test_the_grid_is_that_of_all_samples_of_an_ink() -> None:
    first, second = (np.array([[0, 0], [1, dy], [2, dy]]) for dy in (6.0, -4.0))
    samples = [
        Sample("character", "1", [stroke], ink, "abc", "abc/ann", False, False)
        for stroke, ink in ((first, "a"), (second, "a"), (first, "b"), (first * [1, 0], "c"))
    ]

    steps = stroke_tables.grid_steps(samples)

    assert [steps[ink] for ink in "abc"] == [4, 6, 0]


def test_converted_tables_come_with_sums_and_their_source(tmp_path: Path) -> None:
    folder = convert(tmp_path)

    sums = json.loads((folder / "strokes.json").read_text("utf-8"))

    assert sums["source"] == strokes.ATTRIBUTION
    assert sorted(sums["sha256"]) == sorted([*strokes.KINDS, "writers"])
    assert sums["sha256"] != strokes.SHA256


def test_the_same_distribution_gives_the_same_files(tmp_path: Path) -> None:
    folder = convert(tmp_path)
    stroke_tables.convert(tmp_path / "source", tmp_path / "again")

    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()


def test_a_distribution_without_segments_makes_no_tables(tmp_path: Path) -> None:
    for name in ("data", "include"):
        (tmp_path / "source" / name).mkdir(parents=True)

    with pytest.raises(DataError, match="holds no segments of UNIPEN"):
        stroke_tables.convert(tmp_path / "source", tmp_path / "tables")
    assert not (tmp_path / "tables").exists()
