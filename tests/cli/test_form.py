from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import cv2
import numpy as np
import openpyxl
import pytest
from form_pictures import BOX, CELLS, blank_form, filled_form, middle_of, seen

from digits.cli import main

TEXTS = {middle_of(BOX, 0.4): "305", **dict(zip(CELLS, "40213", strict=True))}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty form, one filled in, one that is another, and a file that is no picture."""
    folder = tmp_path_factory.mktemp("forms")
    scans = folder / "scans"
    scans.mkdir()
    assert cv2.imwrite(str(folder / "blank.png"), blank_form())
    assert cv2.imwrite(str(scans / "=first.png"), seen(filled_form(blank_form(), TEXTS)))
    assert cv2.imwrite(str(folder / "other.png"), np.full((1000, 800), 230, np.uint8))
    (folder / "broken.png").write_bytes(b"no picture")
    assert main(["form", "learn", str(folder / "blank.png"), "--out", str(folder / "f.json")]) == 0
    return folder


def test_learning_says_what_it_found_and_draws_it(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, check = tmp_path / "form.json", tmp_path / "check.png"
    command = ["form", "learn", str(folder / "blank.png"), "--out", str(out), "--draw", str(check)]
    assert main(command) == 0
    assert capsys.readouterr().out == f"{out}: 7 boxes, 1 line, 2 combs\n"
    assert cv2.imread(str(check)).shape == (1400, 1000, 3)
    assert len(json.loads(out.read_text("utf-8"))["fields"]) == 10


def test_reading_prints_a_row_a_form(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["form", "read", str(folder / "f.json"), str(folder / "scans")]) == 0
    [row] = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert Path(row["picture"]).name == "=first.png"
    assert (row["field 1"], row["field 2"], row["field 3"]) == ("305", "", "40213")
    assert 0 < float(row["field 1 confidence"]) <= 1
    assert row["field 2 confidence"] == row["error"] == ""


def test_what_is_not_the_form_is_a_row_with_the_reason(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "table.csv"
    bad = [str(folder / name) for name in ("other.png", "broken.png", "gone.png")]
    command = ["form", "read", str(folder / "f.json"), *bad, str(folder / "scans")]
    assert main([*command, "--out", str(out)]) == 1
    rows = list(csv.DictReader(io.StringIO(out.read_text("utf-8"))))
    assert [bool(row["error"]) for row in rows] == [True, True, True, False]
    assert "does not show this form" in rows[0]["error"]
    assert rows[3]["field 1"] == "305"
    errors = capsys.readouterr().err.splitlines()
    assert [re.sub(".*/(\\w+)[.]png.*", r"\1", line) for line in errors] == [
        *("other", "broken", "gone")
    ]


def test_a_spreadsheet_has_numbers_and_marks_the_doubtful(folder: Path, tmp_path: Path) -> None:
    form = json.loads((folder / "f.json").read_text("utf-8"))
    form["fields"][0] |= {"name": "=sum", "expect": "1..9"}  # 305 is none of these
    (tmp_path / "form.json").write_text(json.dumps(form), "utf-8")
    (tmp_path / "f.blank.png").write_bytes((folder / "f.blank.png").read_bytes())
    out = tmp_path / "table.xlsx"
    command = [
        "form",
        "read",
        str(tmp_path / "form.json"),
        str(folder / "scans"),
        "--out",
        str(out),
    ]
    assert main(command) == 0
    sheet = openpyxl.load_workbook(out).active
    assert sheet["B1"].value == "=sum"
    assert sheet["B1"].data_type == "s"  # no formula
    assert sheet["C2"].value is None
    assert sheet["D2"].value == 40213
    assert sheet["B2"].fill.fgColor.rgb.endswith("FFF2CC")
    assert "expected 1..9" in sheet["B2"].comment.text


def test_the_review_shows_doubtful_fields_and_needs_no_other_file(
    folder: Path, tmp_path: Path
) -> None:
    form = json.loads((folder / "f.json").read_text("utf-8"))
    form["fields"][0] |= {"name": "<b>sum", "expect": "1..9"}
    (tmp_path / "form.json").write_text(json.dumps(form), "utf-8")
    (tmp_path / "f.blank.png").write_bytes((folder / "f.blank.png").read_bytes())
    page, out = tmp_path / "review.html", tmp_path / "table.csv"
    command = ["form", "read", str(tmp_path / "form.json"), str(folder / "scans")]
    command += [str(folder / "other.png"), "--out", str(out), "--review", str(page)]
    assert main(command) == 1
    html = page.read_text("utf-8")
    assert "&lt;b&gt;sum" in html
    assert "<b>sum" not in html
    assert "expected 1..9" in html
    assert "does not show this form" in html
    sources = re.findall(r'(?:src|href)="([^"]{0,20})', html)
    assert sources
    assert all(each.startswith("data:image/jpeg") for each in sources)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["learn", "{}/blank.png", "--out", "{}/form.txt"], ".json"),
        (["learn", "{}/blank.png", "--out", "{}/gone/f.json"], "a folder that exists"),
        (["learn", "{}/gone.png", "--out", "{}/x.json"], "does not exist"),
        (["learn", "{}/other.png", "--out", "{}/x.json"], "shows no field"),
        (["learn", "{}/blank.png", "--out", "{}/x.json", "--draw", "{}/blank.png"], "itself"),
        (["learn", "{}/f.blank.png", "--out", "{}/f.json"], "itself"),
        (["learn", "{}/blank.png", "--out", "{}/x.json", "--draw", "{}/x.blank.png"], "kept"),
        (["read", "{}/gone.json", "{}/scans"], "digits form learn"),
        (["read", "{}/blank.png", "{}/scans"], "no JSON"),
        (["read", "{}/f.json", "{}/scans", "--out", "{}/t.txt"], ".csv or .xlsx"),
        (["read", "{}/f.json", "{}/scans", "--review", "{}/f.json"], ".html"),
        (["read", "{}/f.json", "{}/scans", "--model", "gone"], "gone"),
    ],
)
def test_a_wrong_call_ends_with_2_and_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    before = sorted(folder.rglob("*"))
    assert main(["form", *(each.format(folder) for each in arguments)]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
    assert sorted(folder.rglob("*")) == before


def test_many_pictures_are_read_by_several_processes_in_order(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = []
    for k in range(13):
        names.append(str(tmp_path / f"{k:02}.png"))
        Path(names[-1]).write_bytes(b"no picture")
    good = next((folder / "scans").iterdir())
    Path(names[5]).write_bytes(good.read_bytes())
    assert main(["form", "read", str(folder / "f.json"), *names]) == 1
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["picture"] for row in rows] == names
    assert [row["field 1"] for row in rows] == [""] * 5 + ["305"] + [""] * 7
