"""`digits read` of many pictures, as a process: formats, faults, signals, and going on."""

from __future__ import annotations

import csv
import json
import os
import shlex
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pictures
import pytest

from digits.cli import main

COMMAND = (sys.executable, "-m", "digits")
Captured = pytest.CaptureFixture[str]
TARS = [f"{k}.tar" for k in range(6)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six archives of four pictures, and a folder of three of which one is none."""
    place = tmp_path_factory.mktemp("many")
    (place / "few").mkdir()
    for name in ("few/1.png", "few/7.png"):
        page = pictures.digit_page(Path(name).stem, height=40, width=40)
        (place / name).write_bytes(pictures.png(page))
    (place / "few/3.png").write_bytes(b"PK\x03\x04 no picture")
    for name in TARS:
        with tarfile.open(place / name, "w") as archive:
            for member in ("few/1.png", "few/7.png", "few/3.png", "few/1.png"):
                archive.add(place / member, member)
    return place


@pytest.fixture
def at(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same folder, worked in; outputs go to the path given."""
    monkeypatch.chdir(folder)
    return tmp_path


def read(capsys: Captured, *arguments: str | Path) -> tuple[int, str, str]:
    code = main(["read", *map(str, arguments)])
    output = capsys.readouterr()
    return code, output.out, output.err


def started(out: Path, *options: str, limit: int | None = None) -> subprocess.Popen[str]:
    """The job of all archives as a process; limit: bytes that a file of it may have."""

    def limited() -> None:
        if limit is not None:
            import resource

            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.Popen(
        [*COMMAND, "read", *TARS, "--single", "--jobs", "1", "--out", f"{out}/", *options],
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=limited,
    )


def finished(process: subprocess.Popen[str]) -> tuple[int, str]:
    error = process.communicate(timeout=240)[1]
    assert "Traceback" not in error
    return process.returncode, error


def wait_for_parts(out: Path, count: int, process: subprocess.Popen[str]) -> None:
    """Until so many parts are done, or the process is."""
    journal = out / "_job" / "journal.jsonl"
    while process.poll() is None:
        if journal.exists() and journal.read_bytes().count(b"\n") >= count:
            return
        time.sleep(0.005)


def text(out: Path) -> str:
    return "".join(path.read_text("utf-8") for path in sorted(out.glob("part-*")))


@pytest.fixture(scope="module")
def whole(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The output of the job, not interrupted."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        out = tmp_path_factory.mktemp("whole") / "out"
        assert finished(started(out))[0] == 1
        return text(out)
    finally:
        os.chdir(before)


def test_each_picture_is_in_the_output_in_order(at: Path, whole: str) -> None:
    rows = [json.loads(line) for line in whole.splitlines()]
    members = ("few/1.png", "few/7.png", "few/3.png", "few/1.png")
    assert [row["picture"] for row in rows] == [f"{tar}/{m}" for tar in TARS for m in members]
    assert [row.get("text") for row in rows[:4]] == ["1", "7", None, "1"]
    assert rows[2]["error_class"] == "not an image"


def test_killed_again_and_again_the_output_is_the_same(at: Path, whole: str) -> None:
    out, options = at / "out", []
    for parts in (0, 2, 4):
        process = started(out, *options)
        wait_for_parts(out, parts, process)
        process.kill()
        process.communicate()
        options = ["--resume"]
    assert finished(started(out, "--resume"))[0] == 1
    assert text(out) == whole
    assert not [path for path in out.iterdir() if path.suffix == ".pending"]


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no such signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_it_prints_the_command_that_goes_on(
    at: Path, whole: str, number: signal.Signals, code: int
) -> None:
    for attempt in range(5):  # it may be done before the signal comes, on a busy machine
        out = at / f"an out {attempt}"
        process = started(out)
        wait_for_parts(out, 1, process)
        process.send_signal(number)
        returned, error = finished(process)
        if returned == code:
            break
    assert returned == code
    first = error.splitlines()[0]
    assert first.startswith("digits: interrupted; go on with: ")
    command = shlex.split(first.partition("go on with: ")[2])
    assert command[0] == "digits"
    assert command[-1] == "--resume"
    assert subprocess.run([*COMMAND, *command[1:]], capture_output=True).returncode == 1
    assert text(out) == whole


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such limit")
def test_a_full_disk_is_told_of_and_costs_nothing(at: Path, whole: str) -> None:
    out = at / "out"
    # the listing and the journal fit, a part does not
    code, error = finished(started(out, limit=900))
    assert code == 2
    assert f"cannot write {out}/part-000000.jsonl: File too large; then go on with" in error
    assert finished(started(out, "--resume"))[0] == 1
    assert text(out) == whole


def test_one_file_is_the_parts_in_order(at: Path, capsys: Captured) -> None:
    code, printed, err = read(capsys, "few", TARS[0], "--single", "--csv", "--jobs", "1")
    assert (code, err) == (1, "digits: 2 of 7 pictures not read: 2 not an image\n")
    again = read(capsys, "few", TARS[0], "--single", "--jobs", "1", "--out", at / "x.csv")
    assert again[:2] == (1, "")
    assert "--retry-errors" in again[2]
    assert (at / "x.csv").read_text("utf-8") == printed
    rows = list(csv.DictReader(printed.splitlines()))
    assert [(row["picture"], row["number"], row["error_class"]) for row in rows[:3]] == [
        ("few/1.png", "1", ""), ("few/3.png", "", "not an image"), ("few/7.png", "7", ""),
    ]  # fmt: skip


def test_parquet_holds_what_json_holds(at: Path, capsys: Captured) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    _, printed, _ = read(capsys, "few", "--single", "--json", "--jobs", "1")
    assert read(capsys, "few", "--single", "--out", f"{at}/x.parquet/")[0] == 1
    assert [path.name for path in at.glob("x.parquet/part*")] == ["part-000000.parquet"]
    rows = parquet.read_table(at / "x.parquet").to_pylist()
    for row, line in zip(rows, printed.splitlines(), strict=True):
        expected = json.loads(line)
        assert {name: value for name, value in row.items() if name in expected} == expected
        assert all(value is None for name, value in row.items() if name not in expected)


def test_errors_are_read_again_and_new_pictures_added(
    at: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(at)
    good = pictures.png(pictures.digit_page("7", height=40, width=40))
    for name in ("a", "c"):
        Path(f"{name}.png").write_bytes(good)
    Path("b.png").write_bytes(b"x" * len(good))
    job = ("*.png", "--single", "--jobs", "1", "--out", "x.jsonl")
    assert read(capsys, *job)[0] == 1
    code, _, err = read(capsys, *job)
    assert (code, "holds a job already; go on with --resume" in err) == (2, True)
    Path("b.png").write_bytes(good)
    assert read(capsys, *job, "--retry-errors") == (0, "", "")
    Path("aa.png").write_bytes(good)
    code, _, err = read(capsys, *job, "--resume")
    assert (code, "4 files, 3 before; name the same pictures" in err) == (2, True)
    assert read(capsys, *job, "--extend") == (0, "", "")
    rows = [json.loads(line) for line in Path("x.jsonl").read_text("utf-8").splitlines()]
    assert [(row["picture"], row["text"]) for row in rows] == [
        (f"{name}.png", "7") for name in ("a", "b", "c", "aa")
    ]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["few", "--jobs", "1", "--annotate", "x"], "are for a few pictures"),
        (["-", "--jobs", "1"], "is one picture, of which there is no second try"),
        (["few", "--resume"], "name it with --out"),
        (["few", "--jobs", "1", "--out", "x.xlsx"], "written to .jsonl, .ndjson, .json, .csv"),
        (["few", "--jobs", "1", "--text", "--out", "few/1.png"], "is a picture to be read"),
        (["few", "--engine", "ray", "--out", "x.csv"], "--engine ray writes Parquet to a folder"),
        (["few", "--jobs", "1", "--out", "none/x.csv"], "expected a file in a folder that exists"),
    ],
)
def test_what_does_not_go_together_is_said(
    at: Path, capsys: Captured, arguments: list[str], told: str
) -> None:
    code, out, err = read(capsys, *arguments)
    assert (code, out) == (2, "")
    assert told in err


@pytest.mark.parametrize("option", [["--jobs", "0"], ["--jobs", "x"], ["--time-limit", "0"]])
def test_numbers_that_are_none_are_a_wrong_call(option: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["read", "few", *option])
