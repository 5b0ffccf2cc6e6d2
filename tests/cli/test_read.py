from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
import weakref
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pictures
import pytest
from numpy.typing import NDArray

import digits
from digits.cli import main
from digits.cli.drawings import Names
from digits.cli.read import NOTHING_FOUND, what_was_seen
from digits.errors import PictureError
from digits.io.number import Number
from digits.io.picture import Document
from digits.io.result import UNSURE, Reading, Rejected
from digits.model.store import SHIPPED

TEXT = "2024\n17 305"
COMMAND = (sys.executable, "-m", "digits")
Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with pictures to read, and others that are none."""
    place = tmp_path_factory.mktemp("pictures")
    for name, text in (("page.png", TEXT), ("7.png", "7"), ("größe 数字 7.png", "7")):
        (place / name).write_bytes(pictures.png(pictures.page(text).pixels))
    (place / "blank.png").write_bytes(pictures.png(np.full((90, 120, 3), 255, np.uint8)))
    (place / "broken.png").write_bytes(b"<html>no picture")
    (place / "cut.jpg").write_bytes(pictures.encode(".jpg", pictures.page("7").pixels)[:300])
    (place / "empty.png").write_bytes(b"")
    (place / "one pixel.png").write_bytes(pictures.png(np.uint8([[255]])))
    (place / "folder").mkdir()
    return place


@pytest.fixture
def at(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same folder, worked in."""
    monkeypatch.chdir(folder)
    return folder


def read(capsys: Captured, *arguments: str | Path) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `digits read`."""
    code = main(["read", *map(str, arguments)])
    output = capsys.readouterr()
    return code, output.out, output.err


def process(
    *arguments: str | bytes | Path, **options: object
) -> subprocess.CompletedProcess[bytes]:
    done = subprocess.run(
        [*COMMAND, "read", *arguments],  # type: ignore[list-item]
        capture_output=True,
        timeout=60,
        **options,  # type: ignore[call-overload]
    )
    assert b"Traceback" not in done.stderr
    return done  # type: ignore[no-any-return]


# Forms of the output


def test_table(at: Path, capsys: Captured) -> None:
    code, out, err = read(capsys, "page.png", "blank.png")
    assert (code, err) == (0, f"digits: no digits found in blank.png; {NOTHING_FOUND}\n")
    lines = out.splitlines()
    assert re.fullmatch(r"page\.png   2024   \d+\.\d %", lines[0])
    assert re.fullmatch(r" {8}   17 305   \d+\.\d %  \d+\.\d %", lines[1])
    assert lines[2:] == ["blank.png   (no digits)"]


def test_text(at: Path, capsys: Captured) -> None:
    assert read(capsys, "--text", "page.png", "7.png") == (0, f"{TEXT}\n7\n", "")


def test_json(at: Path, capsys: Captured) -> None:
    code, out, err = read(capsys, "--json", "page.png", "broken.png", "blank.png")
    assert code == 1
    page, broken, blank = map(json.loads, out.splitlines())
    assert list(page) == [
        *("picture", "page", "width", "height", "orientation", "text", "transcript", "numbers"),
        *("signs", "tables", "rejected", "model", "fingerprint", "schema"),
    ]
    height, width = pictures.page(TEXT).pixels.shape[:2]
    assert (page["picture"], page["page"]) == ("page.png", 1)
    assert (page["width"], page["height"]) == (width, height)
    assert page["fingerprint"] == digits.Reader().fingerprint
    assert (page["orientation"], page["model"], page["schema"]) == (0, "default", 2)
    assert page["text"] == TEXT
    assert [number["text"] for number in page["numbers"]] == ["2024", "17", "305"]
    number = page["numbers"][0]
    assert {"text", "value", "confidence", "box", "runner_up", "digits"} <= set(number)
    assert set(number["runner_up"]) == {"text", "confidence"}
    assert {"digit", "confidence", "probabilities", "box"} <= set(number["digits"][0])
    assert len(number["digits"][0]["probabilities"]) == 10
    assert len(number["box"]) == len(number["digits"][0]["box"]) == 4
    assert list(broken) == ["picture", "error", "schema"]
    assert (broken["picture"], broken["schema"]) == ("broken.png", 2)
    assert "is not an image: the first bytes are those of an HTML page" in broken["error"]
    assert broken["error"] in err
    assert (blank["text"], blank["numbers"]) == ("", [])


def test_csv(at: Path, capsys: Captured) -> None:
    code, out, _ = read(capsys, "--csv", "page.png", "broken.png", "blank.png")
    assert code == 1
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["picture"] for row in rows] == ["page.png"] * 3 + ["broken.png"]
    assert [(row["line"], row["number"]) for row in rows[:3]] == [
        *(("1", "2024"), ("2", "17"), ("2", "305"))
    ]
    assert all(0 < float(row["confidence"]) <= 1 and not row["error"] for row in rows[:3])
    assert all(int(row["width"]) > 0 for row in rows[:3])
    assert "HTML" in rows[3]["error"]


def test_only_one_form_at_a_time(at: Path, capsys: Captured) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["read", "--json", "--csv", "7.png"])
    assert stop.value.code == 2
    assert "not allowed with" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["--json", "--text", "--csv"])
def test_pictures_come_in_the_order_of_the_arguments(form: str, at: Path, capsys: Captured) -> None:
    _, first, _ = read(capsys, form, "page.png", "7.png", "7.png")
    _, second, _ = read(capsys, form, "7.png", "7.png", "page.png")
    assert first != second
    assert sorted(first.splitlines()) == sorted(second.splitlines())


# Options


def test_out(at: Path, tmp_path: Path, capsys: Captured) -> None:
    for form in ("--json", "--text", "--csv"):
        _, printed, _ = read(capsys, form, "page.png", "größe 数字 7.png")
        target = tmp_path / "Ergebnis für alle.txt"
        target.write_text("what stood here before")
        assert read(capsys, form, "page.png", "größe 数字 7.png", "--out", target) == (0, "", "")
        assert target.read_text("utf-8") == printed
    assert list(tmp_path.iterdir()) == [target]  # no temporary file is left


@pytest.mark.parametrize("kind", ["itself", "link", "hard link", "folder", "wildcard", "input"])
def test_out_never_replaces_a_picture_that_is_read(
    kind: str, tmp_path: Path, at: Path, capsys: Captured
) -> None:
    picture, out = tmp_path / "b.png", tmp_path / "out"
    shutil.copy(at / "7.png", picture)
    before = picture.read_bytes()
    named: str | Path = picture
    if kind == "link":
        out.symlink_to(picture)
    elif kind == "hard link":
        out.hardlink_to(picture)
    else:
        out = picture
        named = {"folder": tmp_path, "wildcard": tmp_path / "*", "input": "-"}.get(kind, picture)
    if kind == "input":
        with picture.open("rb") as file:
            done = process("-", "--out", out, stdin=file)
        code, err = done.returncode, done.stderr.decode()
    else:
        code, _, err = read(capsys, "gone.png", named, "--out", out)
    assert code == 2
    assert re.fullmatch(r"digits: .* is a picture to be read; name another file .*\n", err)
    assert picture.read_bytes() == before


def test_out_keeps_link_and_mode(tmp_path: Path, at: Path, capsys: Captured) -> None:
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_text("old")
    file.chmod(0o600)
    link.symlink_to(file)
    assert read(capsys, "--text", "7.png", "--out", link)[0] == 0
    assert (link.is_symlink(), file.read_text()) == (True, "7\n")
    assert os.name == "nt" or file.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="no name for standard output")
def test_out_may_be_a_device(folder: Path) -> None:
    done = process("--text", folder / "7.png", "--out", "/dev/stdout")
    assert (done.returncode, done.stdout) == (0, b"7\n")
    assert process(folder / "7.png", "--out", "/dev/null").returncode == 0
    assert not Path("/dev/null").is_file()


@pytest.mark.parametrize("out", ["nowhere/out.txt", "."])
def test_out_where_nothing_can_be_written(out: str, at: Path, capsys: Captured) -> None:
    code, printed, err = read(capsys, "7.png", "--out", out)
    assert (code, printed) == (2, "")
    assert re.fullmatch(r"digits: cannot write .*: expected a file name .*\n", err)


def test_annotate(at: Path, tmp_path: Path, capsys: Captured) -> None:
    target = tmp_path / "drawn" / "here"
    assert read(capsys, "page.png", "broken.png", "7.png", "--annotate", target)[0] == 1
    assert sorted(path.name for path in target.iterdir()) == ["7.png", "page.png"]
    page = pictures.page(TEXT)
    drawn = cv2.imread(str(target / "page.png"))[..., ::-1]
    assert drawn.shape == page.pixels.shape
    assert (drawn != page.pixels).any()


def test_annotate_pictures_of_one_name(at: Path, tmp_path: Path, capsys: Captured) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        shutil.copy(at / "7.png", tmp_path / name / "7.png")
    target = tmp_path / "drawn"
    paths = [tmp_path / "a" / "7.png", tmp_path / "b" / "7.png", tmp_path / "b" / "7.png"]
    assert read(capsys, *paths, "--annotate", target)[0] == 0
    assert sorted(path.name for path in target.iterdir()) == ["7-2.png", "7.png"]


def test_annotate_never_overwrites_a_picture_that_is_read(tmp_path: Path, capsys: Captured) -> None:
    data = pictures.png(pictures.page("7").pixels)
    for name in ("7.png", "7-2.png"):
        (tmp_path / name).write_bytes(data)
    code, _, _ = read(capsys, tmp_path / "7.png", tmp_path / "7-2.png", "--annotate", tmp_path)
    assert code == 0
    assert (tmp_path / "7.png").read_bytes() == (tmp_path / "7-2.png").read_bytes() == data
    assert len(list(tmp_path.iterdir())) == 4


def test_names_of_drawings_differ_by_more_than_case(tmp_path: Path) -> None:
    names = [
        path.name for path in Names(["A/x.png", "b/X.jpg", "-"]).of_pictures(tmp_path).values()
    ]
    assert names == ["x.png", "X-2.png", "picture.png"]


def test_names_of_drawings_fit(tmp_path: Path, at: Path, capsys: Captured) -> None:
    long = ["n" * 251 + ".png", "n" * 250 + "m.bmp", "ß" * 125 + ".png", "n" * 251 + ".PNG"]
    for name in long[:3]:
        (tmp_path / name).write_bytes((at / "7.png").read_bytes())
    target = tmp_path / "drawn"
    code, _, err = read(capsys, *(tmp_path / name for name in long[:3]), "--annotate", target)
    assert (code, err) == (0, "")
    assert len(list(target.iterdir())) == 3
    many = [*long, *[f"{k}/7.png" for k in range(20)]]
    names = [path.name for path in Names(many).of_pictures(target).values()]
    assert len({name.casefold() for name in names}) == len(names) == 24
    assert max(len(os.fsencode(name)) for name in names) <= 255
    assert all(name.endswith(".png") for name in names)


def test_annotate_follows_no_link_to_a_picture_that_is_read(
    tmp_path: Path, at: Path, capsys: Captured
) -> None:
    (tmp_path / "in").mkdir()
    picture = tmp_path / "in" / "7.png"
    shutil.copy(at / "7.png", picture)
    (tmp_path / "7.png").symlink_to(picture)
    before = picture.read_bytes()
    assert read(capsys, picture, "--annotate", tmp_path)[0] == 0
    assert picture.read_bytes() == before
    assert (tmp_path / "7-2.png").is_file()


def test_a_picture_that_is_gone_when_it_is_drawn_is_told(
    at: Path, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_: object) -> None:
        raise PictureError('"7.png" does not exist')

    monkeypatch.setattr(digits.Reading, "draw", gone)
    code, out, err = read(capsys, "7.png", "blank.png", "--annotate", tmp_path)
    assert (code, out) == (1, "7.png   not read\nblank.png   not read\n")
    assert '"7.png" does not exist' in err


def test_annotate_where_nothing_can_be_written(at: Path, capsys: Captured) -> None:
    code, _, err = read(capsys, "7.png", "--annotate", "7.png")
    assert code == 2
    assert re.fullmatch(r"digits: cannot make the folder .*\n", err)


def test_explain(at: Path, tmp_path: Path, capsys: Captured) -> None:
    target = tmp_path / "why"
    assert read(capsys, "page.png", "broken.png", "7.png", "--explain", target)[0] == 1
    assert sorted(path.name for path in target.iterdir()) == ["7.png", "page.png"]
    sheet = cv2.imread(str(target / "7.png"))
    tile = sheet[150:318, 16:184].astype(int)
    assert (np.abs(tile - tile.mean(axis=2, keepdims=True)).max(axis=2) > 20).any()
    assert cv2.imread(str(target / "page.png")).shape[0] > sheet.shape[0]


def test_explain_beside_annotate_in_one_folder(at: Path, tmp_path: Path, capsys: Captured) -> None:
    assert read(capsys, "7.png", "--explain", tmp_path, "--annotate", tmp_path)[0] == 0
    assert sorted(path.name for path in tmp_path.glob("7*.png")) == ["7-2.png", "7.png"]


def test_folders_and_wildcards(tmp_path: Path, at: Path, capsys: Captured) -> None:
    for name in ("b.png", "a.png", "notes.txt"):
        shutil.copy(at / "7.png", tmp_path / name)
    code, out, _ = read(capsys, "--json", tmp_path, tmp_path / "*", tmp_path / "?.gif")
    pictures_read = [json.loads(line)["picture"] for line in out.splitlines()]
    names = [*("a.png", "b.png", "notes.txt") * 2, "?.gif"]
    assert (code, pictures_read) == (1, [str(tmp_path / name) for name in names])


def test_what_to_do_where_nothing_is_found_is_said_once(at: Path, capsys: Captured) -> None:
    for form in ("--json", "--text", "--csv"):
        code, _, err = read(capsys, form, "7.png", "blank.png", "blank.png", "one pixel.png")
        assert (code, err) == (0, f"digits: no digits found in blank.png; {NOTHING_FOUND}\n")
    assert read(capsys, "--single", "blank.png")[2] == ""


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, ""),
        (1, ": what resembles one is too unsure"),
        (12, ": 12 candidates are all too unsure"),
    ],
)
def test_what_was_seen_where_nothing_is_read(count: int, words: str) -> None:
    rejected = (Rejected((4, 4, 9, 16), UNSURE),) * count
    size = {"width": 40, "height": 30}
    assert what_was_seen(Reading("", (), rejected, 0, **size, model="m", fingerprint="f")) == words


def test_names_command_no_terminal(tmp_path: Path, at: Path, capsys: Captured) -> None:
    name = tmp_path / "\x1b[31mtwo\nlines.png"
    shutil.copy(at / "7.png", name)
    shutil.copy(at / "blank.png", tmp_path / "\x1b[32m.png")
    for form in ([], ["--json"], ["--text"], ["--csv"]):
        for picture in (tmp_path, f"{name}.gone", tmp_path / "\x1b*.gone"):
            _, out, err = read(capsys, picture, *form)
            assert "\x1b" not in out + err
            read(capsys, picture, *form, "--out", tmp_path / "out.txt")
            assert (tmp_path / "out.txt").read_text() == out
    code, _, err = read(capsys, "7.png", "--out", "\x1b/7")
    assert (code, "\x1b" in err) == (2, False)


@pytest.mark.parametrize("form", ["--json", "--csv", "--text", "--single"])
def test_no_picture_is_kept_once_the_next_is_opened(
    form: str, at: Path, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[weakref.ref[NDArray[np.uint8]]] = []

    def open_and_watch(document: Document, page: int = 1) -> NDArray[np.uint8]:
        assert [pixels() for pixels in opened] == [None] * len(opened)
        pixels = decode(document, page)
        opened.append(weakref.ref(pixels))
        return pixels

    decode = Document.pixels
    monkeypatch.setattr(Document, "pixels", open_and_watch)
    assert read(capsys, form, *["7.png"] * 4, "--out", tmp_path / "out")[0] == 0
    assert len(opened) == 4


def test_single(at: Path, capsys: Captured) -> None:
    assert read(capsys, "--single", "--text", "7.png") == (0, "7\n", "")
    code, out, _ = read(capsys, "--single", "--json", "blank.png", "one pixel.png", "page.png")
    assert code == 0
    readings = [json.loads(line) for line in out.splitlines()]
    found = [[d for number in r["numbers"] for d in number["digits"]] for r in readings]
    assert [len(each) for each in found] == [1, 1, 1]
    for each in found[:2]:
        assert each[0]["is_digit"] == 0
        assert each[0]["probabilities"] == [0.1] * 10


def test_min_confidence(at: Path, capsys: Captured) -> None:
    assert read(capsys, "--text", "blank.png", "--single", "--min-confidence", "0.5")[1] == "?\n"
    assert read(capsys, "--text", "7.png", "--min-confidence", "0.5")[1] == "7\n"


def test_digits_only(at: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    def with_marks(numbers: list[Number]) -> list[list[Number]]:
        return [[replace(each, text=f"-{each.text[:-1]},{each.text[-1]}")] for each in numbers]

    monkeypatch.setattr("digits.reading.reader.reading_order", with_marks)
    assert read(capsys, "--text", "7.png") == (0, "-,7\n", "")
    assert read(capsys, "--text", "--digits-only", "7.png") == (0, "7\n", "")
    plain = read(capsys, "--text", "--digits-only", "page.png")[1]
    assert sorted(plain.split()) == sorted(["202", "4", "1", "7", "30", "5"])
    page = json.loads(read(capsys, "--json", "--digits-only", "page.png")[1])
    assert [number["text"] for number in page["numbers"]] == plain.split()
    assert (page["transcript"], page["signs"]) == (page["text"], [])


@pytest.mark.parametrize("value", ["1.1", "-0.1", "nan", "much", ""])
def test_min_confidence_out_of_range(value: str, capsys: Captured) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["read", "7.png", f"--min-confidence={value}"])
    assert stop.value.code == 2
    assert f"{value!r} is no probability; expected 0 to 1" in capsys.readouterr().err


def test_a_model_folder_serves_as_a_model(at: Path, tmp_path: Path, capsys: Captured) -> None:
    run = tmp_path / "my run"
    shutil.copytree(SHIPPED / "default" / "classifier", run)
    (run / "curves.csv").write_text("epoch,loss\n")
    _, by_name, _ = read(capsys, "--json", "page.png")
    assert read(capsys, "--json", "page.png", "--model", run) == (0, by_name, "")


def test_no_such_model(at: Path, capsys: Captured) -> None:
    code, out, err = read(capsys, "7.png", "--model", "nonsense")
    assert (code, out) == (2, "")
    assert re.fullmatch(r"digits: no model 'nonsense': .*default.*\n", err)


def test_a_model_with_other_weights_is_refused(at: Path, tmp_path: Path, capsys: Captured) -> None:
    run = tmp_path / "run"
    shutil.copytree(SHIPPED / "default" / "classifier", run)
    with (run / "model.onnx").open("ab") as file:
        file.write(b"x")
    code, out, err = read(capsys, "7.png", "--model", run)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert len(re.findall(r"\b[0-9a-f]{64}\b", err)) == 2


# Pictures that are none


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        ("broken.png", "is not an image"),
        ("cut.jpg", "is damaged|is cut off|truncated|incomplete|ends"),
        ("empty.png", "is empty"),
        ("folder", "holds no pictures or documents"),
        ("folder/*.png", "matches no file"),
        ("missing.png", "does not exist"),
        ("", "."),
        ("two\nlines.png", "does not exist"),
    ],
)
def test_what_cannot_be_read_is_told_and_the_rest_is_read(
    picture: str, message: str, at: Path, capsys: Captured
) -> None:
    code, out, err = read(capsys, "--text", "7.png", picture, "größe 数字 7.png")
    assert (code, out) == (1, "7\n7\n")
    assert err.startswith("digits: ")
    assert err.count("\n") == 1
    assert re.search(message, err)


def test_the_table_tells_what_was_not_read(at: Path, capsys: Captured) -> None:
    code, out, err = read(capsys, "missing.png", "empty.png")
    assert (code, out) == (1, "missing.png   not read\nempty.png   not read\n")
    assert err.count("\n") == 2


def test_help_ends_with_an_example(capsys: Captured) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["read", "--help"])
    assert stop.value.code == 0
    out = capsys.readouterr().out
    for option in (
        "--json",
        "--text",
        "--csv",
        "--out",
        "--annotate",
        "--explain",
        "--single",
        "--model",
        "--digits-only",
    ):
        assert option in out
    assert "Example: digits read" in out.strip().splitlines()[-1]


@pytest.mark.parametrize("arguments", [[], ["--no-such-option", "7.png"]])
def test_a_wrong_call(arguments: list[str], capsys: Captured) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["read", *arguments])
    assert stop.value.code == 2
    assert re.search("digits( read)?: error: ", capsys.readouterr().err)


# As a process of its own


def test_standard_input(folder: Path) -> None:
    data = (folder / "page.png").read_bytes()
    done = process("--json", "-", folder / "7.png", input=data)
    assert (done.returncode, done.stderr) == (0, b"")
    first, second = map(json.loads, done.stdout.splitlines())
    assert (first["picture"], first["text"], second["text"]) == ("-", TEXT, "7")
    nothing = process("--text", "-", stdin=subprocess.DEVNULL)
    assert (nothing.returncode, nothing.stdout) == (1, b"")
    assert nothing.stderr.count(b"\n") == 1


@pytest.mark.parametrize("form", ["--json", "--csv", "--text", None])
def test_letters_that_the_output_has_not(form: str | None, folder: Path, tmp_path: Path) -> None:
    ascii_only = os.environ | {"PYTHONIOENCODING": "ascii"}
    picture = folder / "größe 数字 7.png"
    arguments = [picture, "fehlt für immer.png", *([form] if form else [])]
    done = process(*arguments, env=ascii_only)
    assert done.returncode == 1
    assert done.stderr.count(b"\n") == 1
    if form == "--json":
        found = [json.loads(line)["picture"] for line in done.stdout.splitlines()]
        assert found == [str(picture), "fehlt für immer.png"]
    else:
        assert b"7" in done.stdout
    out = tmp_path / "out.txt"
    assert process(*arguments, "--out", out, env=ascii_only).returncode == 1
    if form != "--text":
        assert "fehlt" in out.read_text("utf-8")


@pytest.mark.skipif(sys.platform != "linux", reason="names there are always text")
def test_a_name_that_is_no_text(folder: Path, tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/\xff\xfe 7.png"
    with open(name, "wb") as file:  # noqa: PTH123
        file.write((folder / "7.png").read_bytes())
    for form in ("--json", "--csv", "--text"):
        assert process(name, form, cwd=tmp_path).returncode == 0
        assert process(name, form, "--out", "out", "--annotate", ".", cwd=tmp_path).returncode == 0


@pytest.mark.skipif(os.name == "nt", reason="Windows closes pipes otherwise")
def test_a_pipe_that_is_closed_ends_it_quietly(folder: Path) -> None:
    arguments = [*COMMAND, "read", "--text", *[folder / "7.png"] * 50]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdout.readline() == b"7\n"
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(60) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk to write to")
def test_a_full_disk(folder: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*COMMAND, "read", folder / "7.png"], stdout=full, stderr=subprocess.PIPE, timeout=60
        )
    assert done.returncode == 2
    assert re.fullmatch(rb"digits: .*No space left.*\n", done.stderr)
