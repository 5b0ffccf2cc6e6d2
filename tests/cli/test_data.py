from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from mirror_server import TINY, TINY_FILES
from numpy.typing import NDArray

from digits.cli import data
from digits.data import files, mnist
from digits.errors import DigitsError


def run(*arguments: str | Path) -> int:
    parser = argparse.ArgumentParser()
    data.add_arguments(parser)
    return data.run(parser.parse_args([str(argument) for argument in arguments]))


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with two tiny files in the place of MNIST's four."""
    monkeypatch.setattr(files, "FILES", TINY_FILES)
    directory = tmp_path / "data"
    directory.mkdir()
    for name, content in TINY.items():
        (directory / name).write_bytes(content)
    return directory


def test_fetch_prints_where_the_files_are(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("fetch", "--data", tiny) == 0
    assert capsys.readouterr().out == f"{tiny}\n"


def test_verify_prints_count_and_sum_of_each_file(
    tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("verify", "--data", tiny) == 0

    where, *lines = capsys.readouterr().out.splitlines()
    assert where == str(tiny)
    for line, file in zip(lines, TINY_FILES, strict=True):
        assert line.split() == [file.name, "64", file.sha256, "ok"]


def test_verify_tells_damage_by_exit_code_1(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tiny / TINY_FILES[0].name).write_bytes(TINY[TINY_FILES[0].name][:-1])

    assert run("verify", "--data", tiny) == 1

    output = capsys.readouterr().out
    assert "DAMAGED" in output
    assert "cut short" in output
    assert f"{TINY_FILES[1].sha256}  ok" in output


def test_verify_tells_a_missing_file_by_exit_code_2_and_fetches_nothing(
    tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tiny / TINY_FILES[1].name).unlink()

    assert run("verify", "--data", tiny) == 2

    assert "MISSING" in capsys.readouterr().out
    assert not (tiny / TINY_FILES[1].name).exists()


def test_show_draws_a_sheet_of_ten_rows(
    mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)

    assert run("show", "--part", "test") == 0
    assert run("show", "--part", "test", "--out", "same.png") == 0
    assert run("show", "--part", "test", "--seed", "1", "--out", "other.png") == 0

    assert capsys.readouterr().out.splitlines() == ["mnist-test.png", "same.png", "other.png"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "mnist-test.png",
        "other.png",
        "same.png",
    ]
    sheet = cv2.imread("mnist-test.png")
    assert sheet.shape[0] > 10 * 56
    assert Path("mnist-test.png").read_bytes() == Path("same.png").read_bytes()
    assert (sheet != cv2.imread("other.png")).any()


def test_show_says_when_the_sheet_cannot_be_written(
    mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]], tmp_path: Path
) -> None:
    with pytest.raises(DigitsError, match=r"cannot write .*sheet\.png: No such file"):
        run("show", "--part", "test", "--out", tmp_path / "absent" / "sheet.png")


@pytest.mark.parametrize("arguments", [(), ("burn",), ("show", "--part", "validation")])
def test_misuse_ends_with_exit_code_2(arguments: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit, match="2"):
        run(*arguments)


def test_the_default_directory_is_the_one_that_load_uses(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DIGITS_DATA", str(tiny))

    assert run("verify") == 0
    assert capsys.readouterr().out.splitlines()[0] == str(mnist.home_directory())


def test_pages_are_written_with_their_truth_and_a_sheet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "pages"
    assert run("pages", "--out", out, "--count", "3", "--seed", "4") == 0
    assert capsys.readouterr().out == f"{out}\n"

    truth = [json.loads(line) for line in (out / "truth.jsonl").read_text("utf-8").splitlines()]
    assert [page["picture"] for page in truth] == [f"page_0000{i}.png" for i in range(3)]
    for page in truth:
        assert set(page) == {"picture", "layout", "numbers", "ignore_boxes"}
        picture = cv2.imread(str(out / page["picture"]))
        assert picture.shape == (512, 512, 3)
        for number in page["numbers"]:
            assert number["digits"]
    assert cv2.imread(str(out / "sheet.png")) is not None


def test_pages_of_one_seed_are_the_same_files(tmp_path: Path) -> None:
    for name in ("first", "again"):
        assert run("pages", "--out", tmp_path / name, "--count", "2") == 0
    for file in (tmp_path / "first").iterdir():
        assert file.read_bytes() == (tmp_path / "again" / file.name).read_bytes()


def test_pages_overwrite_nothing(tmp_path: Path) -> None:
    (tmp_path / "page_00000.png").write_bytes(b"mine")
    with pytest.raises(DigitsError, match="not empty; name a new folder"):
        run("pages", "--out", tmp_path)
    assert (tmp_path / "page_00000.png").read_bytes() == b"mine"


@pytest.mark.parametrize("count", ["0", "-1", "many"])
def test_a_count_that_is_none_is_refused(
    count: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        run("pages", "--out", tmp_path / "pages", "--count", count)
    assert "is no number of pages; expected 1 or more" in capsys.readouterr().err
