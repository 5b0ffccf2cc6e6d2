"""`digits data strokes`: conversion, the table that is printed, and what is said where it fails."""

from __future__ import annotations

from pathlib import Path

import pytest
from unipen_files import write_distribution

from digits import cli
from digits.data import directories, strokes


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(directories, "cache_directory", lambda: tmp_path / "cache")
    monkeypatch.delenv("DIGITS_DATA", raising=False)
    return tmp_path / "cache"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_distribution(tmp_path / "unpacked" / "train_r01_v07")


def run(*arguments: str | Path) -> int:
    return cli.main(["data", "strokes", *map(str, arguments)])


def test_a_distribution_is_converted_and_counted(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"

    assert run("--data", home, "--from", source.parent) == 0

    where, head, *rows = capsys.readouterr().out.splitlines()
    assert where == str(home / "strokes")
    assert head.split() == ["kind", "samples", "people"]
    assert [row.split() for row in rows[:5]] == [
        ["digits", "18", "3"],
        ["letters", "3", "2"],
        ["symbols", "1", "1"],
        ["words", "2", "2"],
        ["text", "1", "1"],
    ]
    assert rows[5].startswith("3 people: ")
    assert rows[6] == strokes.ATTRIBUTION
    assert "CC BY 4.0" in rows[6]
    assert "10.5281/zenodo.1195803" in rows[6]

    assert run("--data", home) == 0
    assert capsys.readouterr().out.splitlines() == [where, head, *rows]


def test_without_a_directory_the_cache_is_filled(source: Path, cache: Path) -> None:
    assert run("--from", source) == 0
    assert (cache / "strokes" / "writers.npz").is_file()
    assert len(strokes.load("digits")) == 18


def test_tables_that_are_there_are_not_replaced(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    assert run("--data", home, "--from", source) == 0
    held = home / "strokes" / "writers.npz"
    before = held.stat().st_mtime_ns

    assert run("--data", home, "--from", source) == 2
    assert f"{held.parent} holds pen strokes; remove them" in capsys.readouterr().err
    assert held.stat().st_mtime_ns == before


def test_a_damaged_table_is_named_and_the_others_are_counted(
    source: Path, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--from", source) == 0
    (cache / "strokes" / "words.npz").write_bytes(b"nothing")
    capsys.readouterr()

    assert run() == 1

    rows = capsys.readouterr().out.splitlines()
    assert [row.split()[1] for row in rows if row.startswith(("digits", "words", "text"))] == [
        "18", "DAMAGED:", "1",
    ]  # fmt: skip


def test_missing_strokes_say_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 2

    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "there is no download" in error
    assert "https://doi.org/10.5281/zenodo.1195803" in error
    assert "digits data strokes --from FOLDER" in error


def test_a_folder_that_is_no_distribution_is_refused(
    tmp_path: Path, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--from", tmp_path) == 2
    assert "holds no UNIPEN distribution" in capsys.readouterr().err
    assert not cache.exists()


def test_a_place_that_cannot_be_written_to_is_one_line(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_bytes(b"")

    assert run("--data", tmp_path / "file", "--from", source) == 2
    assert "cannot be made" in capsys.readouterr().err


def test_help_names_source_and_licence(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        run("--help")

    words = " ".join(capsys.readouterr().out.split())
    assert strokes.ATTRIBUTION in words
    assert "There is no download" in words
