from __future__ import annotations

from pathlib import Path

import pytest

from digits.errors import DigitsError
from digits.files import write_atomically


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

    for place in ("file/below", "folder", "nowhere/below"):
        with pytest.raises(DigitsError, match="cannot write"):
            write_atomically(tmp_path / place, "new")

    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "folder"]
    assert (tmp_path / "file").read_text() == "old"
