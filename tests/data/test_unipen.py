"""Reading UNIPEN files: components, delineations, included files, labels and people."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from unipen_files import pen_down, segment, write

from digits.data import unipen
from digits.data.unipen import Sample
from digits.errors import DataError

STROKES = [[(0, 0), (1, 10), (2, 20)], [(5, 0), (6, 10)], [(9, 0), (9, 5), (9, 9)]]
INK = "".join(map(pen_down, STROKES))


def read(root: Path) -> list[Sample]:
    return [each for group in unipen.groups(root) for each in unipen.read_group(group, root)]


def lists(root: Path, *parts: str, category: str = "1a", contributor: str = "abc") -> Path:
    """A file that lists segments, and ends with its own ink unless it includes some."""
    return write(root / "data" / category / contributor / "one.dat", *parts)


def test_a_segment_is_a_label_and_its_strokes_with_y_down(tmp_path: Path) -> None:
    lists(tmp_path, segment("CHARACTER", "0-1", "4"), segment("CHARACTER", "2", "1"), INK)

    four, one = read(tmp_path)

    assert (four.label, four.level, four.contributor) == ("4", "character", "abc")
    assert [s.tolist() for s in four.strokes] == [[[0, 0], [1, -10], [2, -20]], [[5, 0], [6, -10]]]
    assert [s.tolist() for s in one.strokes] == [[[9, 0], [9, -5], [9, -9]]]


@pytest.mark.parametrize(
    ("delineation", "lengths"),
    [
        ("0", [3]),
        ("0-2", [3, 2, 3]),
        ("0,2", [3, 3]),
        ("0:1-1:0", [2, 1]),
        ("2:1", [2]),
        ("0:0-0:1,2", [2, 3]),
        ("2-0", []),
        ("1-3", []),
        ("99", []),
    ],
)
def test_a_delineation_names_components_and_points(
    tmp_path: Path, delineation: str, lengths: list[int]
) -> None:
    ink = unipen.read_ink(lists(tmp_path, INK), tmp_path / "include")

    assert [len(stroke) for stroke in unipen.cut(ink, delineation)] == lengths


def test_what_was_cut_through_is_marked(tmp_path: Path) -> None:
    lists(tmp_path, segment("CHARACTER", "0-1", "4"), segment("CHARACTER", "0:0-0:1", "1"), INK)

    assert [sample.cut for sample in read(tmp_path)] == [False, True]


def test_pen_up_blocks_with_points_count_and_empty_blocks_do_not(tmp_path: Path) -> None:
    ink = ".PEN_DOWN\n.PEN_UP\n\n.PEN_DOWN\n1 1\n.PEN_UP\n2 2\n3 3\n.PEN_DOWN\n4 4\n"
    lists(tmp_path, segment("CHARACTER", "0-2", "7"), ink)

    (seven,) = read(tmp_path)

    assert [stroke.tolist() for stroke in seven.strokes] == [[[1, -1]], [[4, -4]]]


def test_other_columns_are_dropped_and_resolutions_make_axes_alike(tmp_path: Path) -> None:
    head = ".COORD X Y T P\n.X_POINTS_PER_INCH 200\n.Y_POINTS_PER_MM 4\n.X_DIM 9999\n"
    lists(tmp_path, head, segment("CHARACTER", "0", "1"), ".PEN_DOWN\n0 0 7 7\n200 101.6 8 7\n")

    (one,) = read(tmp_path)

    np.testing.assert_allclose(one.strokes[0], [[0, 0], [1, -1]])


@pytest.mark.parametrize("resolution", ["", "none", "-5", "0"])
def test_a_resolution_that_is_none_leaves_the_units_of_the_tablet(
    tmp_path: Path, resolution: str
) -> None:
    head = f".X_POINTS_PER_INCH {resolution}\n.Y_POINTS_PER_INCH 200\n"
    lists(tmp_path, head, segment("CHARACTER", "0", "1"), INK)

    assert read(tmp_path)[0].strokes[0].tolist() == [[0, 0], [1, -10], [2, -20]]


def test_words_among_coordinates_and_short_rows_are_passed_over(tmp_path: Path) -> None:
    ink = ".PEN_DOWN\n1 1\nnonsense\n2\n3 -3.5 extra\n\n.COMMENT all\n"
    lists(tmp_path, segment("CHARACTER", "0", "1"), ink)

    assert read(tmp_path)[0].strokes[0].tolist() == [[1, -1], [3, 3.5]]


def test_ink_is_included_also_through_other_files_and_with_returns(tmp_path: Path) -> None:
    include = tmp_path / "include"
    write(include / "abc/all.dat", ".INCLUDE abc/first.dat\r\n", ".INCLUDE abc/second.dat\r\n")
    write(include / "abc/first.dat", pen_down(STROKES[0]).replace("\n", "\r\n"))
    write(include / "abc/second.dat", pen_down(STROKES[1]))
    lists(tmp_path, ".INCLUDE abc/all.dat\n", segment("CHARACTER", "0-1", "4"))

    assert [len(stroke) for stroke in read(tmp_path)[0].strokes] == [3, 2]


def test_what_includes_itself_ends_and_nothing_outside_is_read(tmp_path: Path) -> None:
    root = tmp_path / "root"
    write(tmp_path / "secret.dat", INK)
    write(root / "include/abc/loop.dat", ".INCLUDE abc/loop.dat\n", pen_down(STROKES[0]))
    lists(
        root, ".INCLUDE\n.INCLUDE ../../secret.dat\n.INCLUDE abc/none.dat\n.INCLUDE abc/loop.dat\n",
        segment("CHARACTER", "0", "1"), segment("CHARACTER", "1", "2"),
    )  # fmt: skip

    assert [(sample.label, len(sample.strokes[0])) for sample in read(root)] == [("1", 3)]


def test_a_segment_of_two_categories_counts_once_and_keeps_its_context(tmp_path: Path) -> None:
    write(tmp_path / "include/abc/ink.dat", INK)
    include = ".INCLUDE abc/ink.dat\n"
    lists(tmp_path, include, segment("CHARACTER", "0", "1"), segment("CHARACTER", "1", "2"))
    lists(tmp_path, include, segment("CHARACTER", "1", "2"), category="3")

    assert [(sample.label, sample.context) for sample in read(tmp_path)] == [
        ("1", False),
        ("2", True),
    ]


def test_labels_lose_their_escapes_and_bad_or_broken_segments_are_left_out(tmp_path: Path) -> None:
    lists(
        tmp_path, segment("CHARACTER", "0", r"\""), segment("WORD", "0-1", r"12\\ \n  7", "OK"),
        segment("CHARACTER", "0", "8", "BAD"), segment("CHARACTER", "x-y", "9"),
        segment("CHARACTER", "0", " "), ".SEGMENT CHARACTER 0 ?\n", ".SEGMENT\n", INK,
    )  # fmt: skip

    assert [sample.label for sample in read(tmp_path)] == ['"', "12\\ n 7"]


def test_each_stroke_belongs_to_the_writer_named_last_before_it(tmp_path: Path) -> None:
    first, second, third = map(pen_down, STROKES)
    labels = [segment("CHARACTER", str(i), str(i)) for i in range(3)]
    lists(tmp_path, *labels, first, ".WRITER_ID Ann\n", second, ".WRITER_ID Ben\n", third)

    assert [sample.person for sample in read(tmp_path)] == ["abc/ann", "abc/ann", "abc/ben"]


def test_a_person_is_one_in_all_collections_of_a_house(tmp_path: Path) -> None:
    one = segment("CHARACTER", "0", "1")
    lists(tmp_path, ".WRITER_ID Ann_Other\n", one, INK, contributor="apa")
    lists(tmp_path, ".WRITER_ID annother\n", one, INK, contributor="apb")
    lists(tmp_path, ".WRITER_ID annother\n", one, INK, contributor="sta")
    lists(tmp_path, one, INK, contributor="sta", category="1b")

    people = [sample.person for sample in read(tmp_path)]

    assert sorted(people) == ["apple/annother", "apple/annother", "sta/annother", "sta/one"]


def test_the_distribution_is_found_two_folders_down(tmp_path: Path) -> None:
    root = tmp_path / "unpacked" / "train_r01_v07"
    (root / "data").mkdir(parents=True)
    with pytest.raises(DataError, match="holds no UNIPEN distribution; expected"):
        unipen.find_root(tmp_path)

    (root / "include").mkdir()
    for folder in (tmp_path, tmp_path / "unpacked", root):
        assert unipen.find_root(folder) == root


def test_a_folder_that_is_none_holds_no_distribution(tmp_path: Path) -> None:
    (tmp_path / "unipen.tgz").write_bytes(b"")
    for source in (tmp_path / "unipen.tgz", tmp_path / "absent"):
        with pytest.raises(DataError, match="unpacked, with data and include"):
            unipen.find_root(source)
