"""digits read: documents page by page, folders, lists of paths, and frames."""

from __future__ import annotations

import csv
import io
import json
import struct
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pdf_files
import pictures
import pytest

import digits
from digits.cli import main
from digits.cli.read import NOTHING_FOUND

Captured = pytest.CaptureFixture[str]
PAGE = pictures.page("7").pixels
BLANK = np.full_like(PAGE, 250)
FIVE = pictures.page("5").pixels


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder worked in: a document of three pages, the second of which is broken."""
    tiff = bytearray(pictures.tiff_of_pages([PAGE, BLANK, FIVE]))
    samples = tiff.index(struct.pack("<HHI", 277, 3, 1), 8 + len(PAGE.tobytes()))
    tiff[samples + 8] = 2  # samples a pixel of the second page
    (tmp_path / "three.tif").write_bytes(tiff)
    (tmp_path / "within").mkdir()
    (tmp_path / "within" / "7").write_bytes(pictures.png(PAGE))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(capsys: Captured, *arguments: str | Path) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `digits read`."""
    code = main(["read", *map(str, arguments)])
    output = capsys.readouterr()
    return code, output.out, output.err


def process(*arguments: str, data: bytes) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "digits", "read", *arguments]
    return subprocess.run(command, input=data, capture_output=True, timeout=120, check=False)


def test_every_page_is_read_and_a_broken_one_is_told(at: Path, capsys: Captured) -> None:
    problem = '"three.tif", page 2, is a TIFF of 2 samples a pixel; expected 1, 3 or 4; save as PNG'
    code, out, err = read(capsys, "--json", "three.tif")
    first, second, third = map(json.loads, out.splitlines())
    assert (code, err) == (1, f"digits: {problem}\n")
    assert [(each["page"], each.get("text")) for each in (first, second, third)] == [
        *((1, "7"), (2, None), (3, "5"))
    ]
    assert second["error"] == problem
    _, out, _ = read(capsys, "three.tif")
    assert [line.split("   ")[:2] for line in out.splitlines()] == [
        *(["three.tif, page 1", "7"], ["three.tif, page 2", "not read"]),
        ["three.tif, page 3", "5"],
    ]
    _, out, _ = read(capsys, "--csv", "three.tif")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [(row["page"], row["number"]) for row in rows] == [("1", "7"), ("2", ""), ("3", "5")]


@pytest.mark.parametrize("route", ["--single", "--number"])
def test_pages_of_one_digit_or_number(route: str, at: Path, capsys: Captured) -> None:
    assert read(capsys, "--text", route, "three.tif")[1] == "7\n5\n"


def test_the_page_is_named_where_nothing_is_found(at: Path, capsys: Captured) -> None:
    (at / "blank.tif").write_bytes(pictures.tiff_of_pages([PAGE, BLANK, BLANK]))
    code, _, err = read(capsys, "blank.tif")
    assert code == 0
    assert err.startswith("digits: no digits found in blank.tif, page 2")
    assert (err.count("\n"), NOTHING_FOUND in err) == (1, True)


@pytest.mark.parametrize("option", ["--annotate", "--explain"])
def test_each_page_has_a_drawing_that_replaces_no_picture(
    option: str, at: Path, capsys: Captured
) -> None:
    other = at / "three-page-3.png"
    other.write_bytes(pictures.png(PAGE))
    before = other.read_bytes()
    assert read(capsys, "three.tif", "three-page-3.png", "three.tif", option, at)[0] == 1
    names = {each.name for each in at.glob("three*.png")}
    assert names == {
        *("three-page-1.png", "three-page-3.png", "three-page-3-2.png", "three-page-3-3.png")
    }
    assert other.read_bytes() == before


def test_drawings_show_their_page(at: Path, capsys: Captured) -> None:
    read(capsys, "three.tif", "--annotate", "drawn")
    for page, pixels in ((1, PAGE), (3, FIVE)):
        drawn = cv2.imread(f"drawn/three-page-{page}.png")[..., ::-1]
        np.testing.assert_array_equal(drawn, digits.read(pixels).draw())


def test_a_document_on_standard_input(at: Path) -> None:
    pytest.importorskip("pypdfium2")
    content = pdf_files.pdf([pdf_files.scan(PAGE, 100), pdf_files.scan(FIVE, 100)])
    done = process("-", "--json", "--annotate", str(at / "drawn"), data=content)
    assert (done.returncode, done.stderr) == (0, b"")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(each["picture"], each["page"], each["text"]) for each in found] == [
        *(("-", 1, "7"), ("-", 2, "5"))
    ]
    names = sorted(each.name for each in (at / "drawn").iterdir())
    assert names == ["picture-page-1.png", "picture-page-2.png"]


def test_folders_within_are_read_by_content(at: Path, capsys: Captured) -> None:
    (at / "within" / "notes.txt").write_text("no picture")
    (at / "within" / ".hidden").write_bytes(pictures.png(PAGE))
    _, out, _ = read(capsys, "--json", ".")
    found = [(each["picture"], each.get("text")) for each in map(json.loads, out.splitlines())]
    assert found == [("three.tif", t) for t in ("7", None, "5")] + [(str(Path("within/7")), "7")]


def test_drawings_of_the_last_call_are_no_pictures(at: Path, capsys: Captured) -> None:
    options = ["--annotate", "within/drawn", "--explain", at / "within" / "why"]
    for _ in range(2):
        assert read(capsys, "--text", "within", *options)[1] == "7\n"
    assert "7" in read(capsys, "--text", "within/drawn", *options)[1]  # unless they are named


# Lists


@pytest.mark.parametrize(
    "content",
    [
        b"within/7\nthree.tif\n",
        b"within/7\r\n\r\nthree.tif",
        b"within/7\0three.tif\0",
        b"\xef\xbb\xbfwithin/7\nthree.tif\n",
        "within/7\r\nthree.tif\r\n".encode("utf-16"),
    ],
)
def test_a_list_of_paths(content: bytes, at: Path, capsys: Captured) -> None:
    (at / "list").write_bytes(content)
    _, out, _ = read(capsys, "--text", "--files-from", "list")
    assert out == "7\n7\n5\n"


def test_a_list_on_standard_input_may_name_folders(at: Path) -> None:
    done = process("--text", "--files-from", "-", data=b"within\ngone.png\n")
    assert (done.returncode, done.stdout) == (1, b"7\n")
    assert b'"gone.png" does not exist' in done.stderr


@pytest.mark.parametrize(
    ("content", "problem"),
    [(None, "cannot read the list list: No such file"), (b"\n \n", "list names no picture")],
)
def test_a_list_that_names_nothing(
    content: bytes | None, problem: str, at: Path, capsys: Captured
) -> None:
    if content is not None:
        (at / "list").write_bytes(content)
    code, out, err = read(capsys, "--files-from", "list")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert problem in err


def test_pictures_come_from_one_place(capsys: Captured) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["read", "7.png", "--files-from", "list"])
    assert stop.value.code == 2
    assert "not allowed with" in capsys.readouterr().err


# Frames


def test_frames_are_read_when_asked_for(at: Path, capsys: Captured) -> None:
    five = pictures.page("5").pixels
    shape = np.maximum(PAGE.shape, five.shape)
    film = [
        np.pad(each, [(0, a - b) for a, b in zip(shape, each.shape, strict=True)], mode="edge")
        for each in (PAGE, five)
    ]
    (at / "film.gif").write_bytes(pictures.animation(".gif", film))
    told = 'digits: "film.gif" has 2 frames; only the first is read; frames=True or --frames reads'
    code, out, err = read(capsys, "--text", "film.gif")
    assert (code, out, err.count("\n")) == (0, "7\n", 1)
    assert err.startswith(told)
    assert read(capsys, "--text", "--frames", "film.gif") == (0, "7\n5\n", "")
