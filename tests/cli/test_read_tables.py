from __future__ import annotations

import csv
import sys
from pathlib import Path

import openpyxl
import pictures
import pytest

from digits.cli import main

Captured = pytest.CaptureFixture[str]
TEXT = "24 35 72\n57 43 25\n73 52 47\n34 75 23"
ROWS = [line.split() for line in TEXT.splitlines()]


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a table and a number, worked in."""
    for name, text in (("marks.png", TEXT), ("7.png", "7")):
        (tmp_path / name).write_bytes(pictures.png(pictures.page(text).pixels))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(capsys: Captured, *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `digits read`."""
    code = main(["read", *arguments])
    output = capsys.readouterr()
    return code, output.out, output.err


def test_a_table_is_printed(at: Path, capsys: Captured) -> None:
    code, out, err = read(capsys, "marks.png", "--table")
    assert (code, err) == (0, "")
    lines = out.replace("*", "").splitlines()
    assert lines[0] == "marks.png"
    assert [line.split() for line in lines[1:5]] == ROWS


@pytest.mark.parametrize(("ending", "delimiter"), [(".csv", ","), (".tsv", "\t"), (".CSV", ",")])
def test_the_ending_chooses_the_form(
    ending: str, delimiter: str, at: Path, capsys: Captured
) -> None:
    assert read(capsys, "marks.png", "--table", "--out", f"marks{ending}") == (0, "", "")
    lines = (at / f"marks{ending}").read_text("utf-8").splitlines()
    assert list(csv.reader(lines, delimiter=delimiter)) == ROWS


def test_a_workbook_of_a_table_and_one_of_numbers(at: Path, capsys: Captured) -> None:
    assert read(capsys, "marks.png", "--table", "--out", "marks.xlsx") == (0, "", "")
    [sheet] = openpyxl.load_workbook("marks.xlsx")
    assert [[str(cell.value) for cell in row] for row in sheet] == ROWS
    assert read(capsys, "marks.png", "7.png", "--out", "numbers.xlsx") == (0, "", "")
    [sheet] = openpyxl.load_workbook("numbers.xlsx")
    assert sheet.max_row == 1 + 12 + 1
    assert sorted(path.name for path in at.iterdir()) == [
        *("7.png", "marks.png", "marks.xlsx", "numbers.xlsx")
    ]


def test_that_there_is_no_table_is_said_once(at: Path, capsys: Captured) -> None:
    code, out, err = read(capsys, "7.png", "7.png", "--table")
    assert (code, out) == (0, "7.png   (no table)\n7.png   (no table)\n")
    assert err.count("\n") == 1
    assert "no table found in 7.png" in err


def test_one_form_at_a_time(at: Path, capsys: Captured) -> None:
    code, out, err = read(capsys, "7.png", "--json", "--out", "7.xlsx")
    assert (code, out) == (2, "")
    assert "7.xlsx would be a workbook" in err
    with pytest.raises(SystemExit):
        main(["read", "7.png", "--json", "--table"])


def test_a_workbook_needs_openpyxl(
    at: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    code, _, err = read(capsys, "7.png", "--out", "7.xlsx")
    assert (code, err.count("\n")) == (2, 1)
    assert "[tables]" in err
    assert not (at / "7.xlsx").exists()
