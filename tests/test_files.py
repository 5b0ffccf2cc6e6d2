from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from digits.errors import DigitsError
from digits.files import printable, replacing, write_atomically

POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has neither such files nor such modes")


@pytest.mark.parametrize("content", ["drei ß", b"\x00\xff", ""])
def test_the_file_is_replaced_whole_and_nothing_else_is_left(
    tmp_path: Path, content: str | bytes
) -> None:
    path = tmp_path / "a file"
    path.write_text("something longer that was there before")

    write_atomically(path, content)

    assert path.read_bytes() == (content.encode() if isinstance(content, str) else content)
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_an_error_and_stays_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    (tmp_path / "folder").mkdir()

    for place in ("file/below", "folder", "nowhere/below", "n" * 300):
        with pytest.raises(DigitsError, match="cannot write"):
            write_atomically(tmp_path / place, "new")

    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "folder"]
    assert (tmp_path / "file").read_text() == "old"


def test_the_longest_name_is_written(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 255)
    write_atomically(path, "new")
    assert path.read_text() == "new"


def test_until_the_block_ends_the_old_file_stands_and_after_a_fault_still(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    seen = []

    def fail() -> None:
        with replacing(path) as file:
            file.write(b"new")
            file.flush()
            seen.append(path.read_text())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert [*seen, path.read_text()] == ["old", "old"]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("old", ["old", None])
def test_a_full_disk_leaves_nothing_under_the_name(
    old: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "file"
    if old:
        path.write_text(old)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DigitsError, match=r"cannot write .*file: No space left on device"):
        write_atomically(path, "new")
    assert [each.read_text() for each in tmp_path.iterdir()] == ([old] if old else [])


@POSIX
def test_file_and_folder_are_on_the_disk_before_and_after_the_rename(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = []

    def sync(number: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(number).st_mode)
        synced.append((is_folder, (tmp_path / "file").exists()))

    monkeypatch.setattr(os, "fsync", sync)
    write_atomically(tmp_path / "file", "new")
    assert synced == [(False, False), (True, True)]


@POSIX
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444])
def test_the_mode_is_kept(mode: int, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(mode)
    write_atomically(path, "new")
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("new", mode)


@POSIX
def test_a_link_stays_one_and_its_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    target, link = tmp_path / "folder" / "file", tmp_path / "link"
    link.symlink_to(target)
    for text in ("first", "second"):
        write_atomically(link, text)
        assert link.is_symlink()
        assert target.read_text() == text
    assert list((tmp_path / "folder").iterdir()) == [target]


@POSIX
def test_a_named_pipe_is_written_into_and_stays_one(tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()), daemon=True)
    reader.start()
    write_atomically(pipe, "through")
    reader.join(10)
    assert read == [b"through"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert list(tmp_path.iterdir()) == [pipe]


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="no name for standard output")
def test_standard_output_by_name_goes_where_the_shell_sends_it(tmp_path: Path) -> None:
    code = "from digits.files import write_atomically as w; w('/dev/stdout', 'new\\n')"
    into_pipe = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert into_pipe.stdout == b"new\n"
    path = tmp_path / "file"
    path.write_text("old\n")
    with path.open("ab") as file:
        subprocess.run([sys.executable, "-c", code], stdout=file, check=True)
    assert path.read_text() == "old\nnew\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_device_that_takes_nothing_is_an_error() -> None:
    with pytest.raises(DigitsError, match="cannot write /dev/full: No space left"):
        write_atomically("/dev/full", "new")
    assert stat.S_ISCHR(Path("/dev/full").stat().st_mode)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("größe 数字 7.png", "größe 数字 7.png"),
        ("two\nlines\r.png", "two\\nlines\\r.png"),
        ("\x1b[31mred\x9b\x7f", "\\x1b[31mred\\x9b\\x7f"),
        ("1\u202fPM \u2028\u202egnp", "1\u202fPM \\u2028\\u202egnp"),
        ("\udcff", "\\udcff"),
    ],
)
def test_names_are_printed_on_one_line_and_command_no_terminal(name: str, shown: str) -> None:
    assert printable(name) == shown
