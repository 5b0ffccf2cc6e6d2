from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pictures
import pytest

from digits.io.result import Outcome
from digits.io.sources import expand

WITHIN = ["within/deep/f.png", "within/document.txt", "within/e.png", "within/scan"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder worked in."""
    for name in (
        *("b.png", "a.JPG", "c.tiff", ".hidden.png", "notes.txt", "d.heic"),
        *("within/e.png", "within/deep/f.png", "only text/g.txt", "a[1].png"),
        *("within/.hidden/h.png",),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "within" / "scan").write_bytes(pictures.encode(".png", np.zeros((3, 3), np.uint8)))
    (tmp_path / "within" / "document.txt").write_bytes(b"%PDF-1.7")
    (tmp_path / "only text" / "list").write_text("P1 7 pictures")
    (tmp_path / "album.png").mkdir()  # a folder, whatever it is called
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(source: object) -> list[object]:
    return [
        each.error if isinstance(each, Outcome) else str(each).replace(os.sep, "/")
        for each in expand(source)  # type: ignore[arg-type]
    ]


@pytest.mark.parametrize(
    ("source", "files"),
    [
        (".", ["a.JPG", "a[1].png", "b.png", "c.tiff", "d.heic", *WITHIN]),
        ("within", WITHIN),
        ("within/", WITHIN),
        (Path("within"), WITHIN),
        ("*.png", ["a[1].png", "b.png"]),
        (Path("?.png"), ["b.png"]),
        ("**/*.png", ["a[1].png", "b.png", "within/deep/f.png", "within/e.png"]),
        ("*", ["a.JPG", "a[1].png", "b.png", "c.tiff", "d.heic", "notes.txt"]),
        ("a[1].png", ["a[1].png"]),
        ("[bc].*", ["b.png", "c.tiff"]),
        ("notes.txt", ["notes.txt"]),
        ("gone.png", ["gone.png"]),
        ("", [""]),
        ("-", ["-"]),
        (["b.png", "within", "b.png"], ["b.png", *WITHIN, "b.png"]),
        ([], []),
    ],
)
def test_folders_and_wildcards_stand_for_files(
    source: object, files: list[str], folder: Path
) -> None:
    assert found(source) == files


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("only text", '"only text" holds no pictures or documents'),
        ("album.png", '"album.png" holds no pictures or documents'),
        ("*.gif", '"*.gif" matches no file'),
        ("gone/*", '"gone/*" matches no file'),
        ("a[2].png", '"a[2].png" matches no file'),
        ("\x1b*\n", '"\\x1b*\\n" matches no file'),
        ("\0/*", '"\\x00/*" '),
        ("n" * 5000 + "*", "matches no file|cannot be opened"),
    ],
)
def test_what_stands_for_no_file_is_an_outcome_with_an_error(
    source: str, problem: str, folder: Path
) -> None:
    [outcome] = expand([source])
    assert isinstance(outcome, Outcome)
    assert (outcome.source, outcome.page, outcome.reading) == (source, 1, None)
    assert outcome.error is not None
    assert any(each in outcome.error for each in problem.split("|"))
    assert outcome.error.isprintable()


def test_all_else_stands_for_itself(tmp_path: Path) -> None:
    array, content = np.zeros((3, 3), np.uint8), b"content"
    with (tmp_path / "file").open("w+b") as file:
        given = [array, content, bytearray(content), memoryview(content), file]
        for source in given:
            assert [id(each) for each in expand(source)] == [id(source)]
        assert [id(each) for each in expand(iter(given))] == [id(each) for each in given]
