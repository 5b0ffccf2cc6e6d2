from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import cv2
import pictures
import pytest

from digits.cli import main


@pytest.fixture
def marks(tmp_path: Path) -> Path:
    path = tmp_path / "marks.png"
    assert cv2.imwrite(str(path), pictures.page("12 305", height=40).pixels)
    return path


def test_what_is_not_as_expected_is_marked_everywhere(
    marks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["read", str(marks), "--expect", "0..20", "--json"]) == 0
    out, err = capsys.readouterr()
    numbers = json.loads(out)["numbers"]
    assert [(each["text"], each["is_expected"]) for each in numbers] == [
        ("12", True),
        ("305", False),
    ]
    assert err == f"digits: {marks}: not as expected: 305\n"
    assert main(["read", str(marks), "--expect", "0..20", "--csv"]) == 0
    rows = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert [row["expected"] for row in rows] == ["yes", "no"]
    assert main(["read", str(marks), "--expect", "0..20"]) == 0
    assert capsys.readouterr().out.rstrip().endswith("%!")


def test_lists_and_check_digits(
    marks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = tmp_path / "ids.txt"
    ids.write_text("12\n305\n", "utf-8")
    assert main(["read", str(marks), "--list", str(ids), "--check", "luhn", "--json"]) == 0
    numbers = json.loads(capsys.readouterr().out)["numbers"]
    assert [each["is_expected"] for each in numbers] == [False, False]
    assert main(["read", str(marks), "--list", str(ids), "--json"]) == 0
    numbers = json.loads(capsys.readouterr().out)["numbers"]
    assert [each["is_expected"] for each in numbers] == [True, True]


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--expect", "["], "regular expression"),
        (["--expect", "9..1"], "LOW..HIGH"),
        (["--list", "no such file"], "no such file"),
        (["--single", "--expect", "7"], "--number"),
        (["--number", "--sum", "last"], "--sum"),
    ],
)
def test_mistakes_of_the_call_are_told(
    marks: Path, options: list[str], word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["read", str(marks), *options]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("digits: ")
    assert word in err
    assert err.count("\n") == 1


def test_totals_find_what_does_not_add_up(marks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["read", str(marks), "--sum", "last", "--text"]) == 0
    out, err = capsys.readouterr()
    assert out == "12 305\n"
    assert err == f"digits: {marks}: not as expected: 12 305\n"
